"""A HOME: the folder that holds all of one installation, and the locks on it."""

from __future__ import annotations

import fcntl
import logging
import os
import re
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from data.archive.journal.journaled_store import journaled
from data.archive.journal.orders import Orders
from data.errors import CommuniqueError, HomeInUse, SettingsError, StoreError
from data.network.addresses import may_be_public
from data.network.bucket import Bucket, open_bucket
from data.settings import Settings
from data.settings.load import load_settings
from data.store import is_blank, open_store, store_exists
from data.store.journal_protocol import JournalStore
from data.store.protocol import Store
from data.text.redaction import redacted
from data.wording import counted

if TYPE_CHECKING:
    from data.archive.archive import Archive
    from data.archive.log.shared_log import SharedLog
    from data.archive.log.tree_log import TreeLog


class NoHome(CommuniqueError):
    """There is no HOME where one is to be read."""

    exit_code = 2

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"there is no HOME at {path}; name the right folder with --home or COMMUNIQUE_HOME, or"
            " make one by `communique add URL --save`"
        )
        self.path = path


RESTORING = "restore.unfinished"
"""The file of a HOME of which `communique restore` has not written all."""


class HalfRestored(CommuniqueError):
    """A HOME was not written to its end."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"{path} was not restored to its end: run `communique restore` once more with the same "
            "backup, which goes on, or empty the folder"
        )
        self.path = path


DUMP = "store.dump"
"""A database as a file, which `communique restore` leaves in HOME for pg_restore."""


class StoreNotBack(CommuniqueError):
    """The database of a HOME that was restored is still a file."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"the store of {path} is still in its file {DUMP}: bring it back by pg_restore into an "
            "empty database, which store.url names, and delete that file then"
        )
        self.path = path


class UnwritableHome(CommuniqueError):
    """Nothing can be written into a home directory."""

    def __init__(self, path: Path, place: Path) -> None:
        super().__init__(
            f"nothing can be kept in {path}: {place} can't be written; run Communique as its owner,"
            " or choose another --home"
        )
        self.path = path


class LostStore(StoreError):
    """The store of a HOME is missing or empty, though an archive or a site was made from it."""

    def __init__(self, url: str, *, has_journal: bool) -> None:
        beside = "the archive has its journal" if has_journal else "a site was published from it"
        ways = ["restore a backup (`communique restore`)"]
        if has_journal:
            ways.insert(0, "rebuild it from the archive (`communique mirror rebuild`)")
        super().__init__(
            redacted(url),
            f"it is missing or empty, but {beside}: {', '.join(ways)}, or start a new one "
            "(`communique collect --new-store`)",
        )
        self.has_journal = has_journal


OLDER: Final = (
    "the store was older than the archive: it now obeys %s (hide, remove, redact, or undo) that it "
    "lacked; run `communique publish` if the site was published meanwhile"
)

log = logging.getLogger(__name__)

SOURCE_LOCK: Final = "source-"
"""Prefix of the name of a source's lock; its id follows."""

VISIT: Final = "a visit to this source"
"""The holder that the lock of a source names during a visit."""

FOLDERS = ("sources", "watches", "tokens", "locks")
PLACES = ("communique.toml", "topics.toml", *FOLDERS)
"""What people write into a HOME, and its locks; where it is missing, all is as by default."""

NO_FOLDER = "it is none: move it away"
NOWHERE = "it leads nowhere: bring back what it leads to (a disk to be mounted?), or delete it"


@dataclass(frozen=True, slots=True)
class Home:
    """The folder and its settings.

    It holds communique.toml, sources/, watches/, tokens/, samples/ (golden tests of sources),
    topics.toml (a user's own taxonomy), communique.db, archive/ (what servers answered), log.key
    (signs the log of the archive), witness/ and witness.key (what it signed of others' logs), site/
    (what is published) and logs.
    """

    path: Path
    settings: Settings

    @property
    def sources(self) -> Path:
        """The folder of the user's own source files."""
        return self.path / "sources"

    @property
    def watches(self) -> Path:
        """The folder of watches, one file each."""
        return self.path / "watches"

    @property
    def tokens(self) -> Path:
        """The folder of tokens, of which each file holds a digest."""
        return self.path / "tokens"

    @property
    def samples(self) -> Path:
        """The folder of golden tests of sources, one folder a source."""
        return self.path / "samples"

    @property
    def site(self) -> Path:
        """The folder that is published."""
        return self.path / "site"

    @property
    def topics(self) -> Path:
        """The user's own taxonomy, if there is one."""
        return self.path / "topics.toml"

    @property
    def crawl_log(self) -> Path:
        """What crawls wrote to their standard error."""
        return self.path / "crawl.log"

    @property
    def archive(self) -> Path:
        """The folder of what servers answered."""
        return self.path / "archive"

    @property
    def uploaded(self) -> Path:
        """Which files of the archive were copied to a bucket."""
        return self.path / "uploaded.txt"

    @property
    def log_key(self) -> Path:
        """The file of the key that the log of the archive is signed with."""
        return self.path / "log.key"

    def told(self, text: str) -> str:
        """A text as everybody may read it: no secret of an address, and HOME for where that is."""
        place = rf"(?<![\w./-]){re.escape(str(self.path))}(?![\w.-])"
        return re.sub(place, "HOME", redacted(text))

    @property
    def is_reachable(self) -> bool:
        """Whether others may reach the site, hubs for one, as far as its address says."""
        host = urlsplit(self.settings.site.url).hostname or ""
        return self.settings.network.allow_private or may_be_public(host)

    @property
    def bucket(self) -> Bucket | None:
        """Where the site is published to besides. Raises BucketError."""
        target = self.settings.site.target
        return open_bucket(target, self.settings.bucket) if target else None

    def open_archive(self) -> Archive:
        """The archive of this HOME, in which nothing is made before its first record."""
        # Imported here: what only reads needs none of its libraries.
        from data.archive.archive import Archive  # noqa: PLC0415
        from spiders.download.settings import ROBOTS_POLICY, user_agent  # noqa: PLC0415

        network = self.settings.network
        return Archive(
            self.archive,
            self.settings.archive,
            agent=user_agent(network),
            robots=ROBOTS_POLICY,
            operator=network.contact,
            log=partial(self.shared_log, signs=not self.has_fleet)
            if self.settings.store.url
            else None,
        )

    def log(self) -> TreeLog:
        """The log of the archive, for those who read it."""
        from data.archive.log.tree_log import log_of  # noqa: PLC0415

        return self.shared_log(signs=False) if self.settings.store.url else log_of(self.path)

    def shared_log(self, *, signs: bool, database: str = "") -> SharedLog:
        """The log of all machines on a database, that of this HOME; see there what ``signs`` means.

        Where workers visit, publications sign it and nothing else does.
        """
        # Imported here: the libraries for PostgreSQL may not be installed.
        from data.archive.log.leaf_table import LeafTable  # noqa: PLC0415
        from data.archive.log.shared_log import SharedLog  # noqa: PLC0415

        leaves = LeafTable(database or self.store_url)
        return SharedLog(self.archive / "log", self.log_key, leaves, signs=signs)

    def store(self, *, patience: float = 30.0, archive: Archive | None = None) -> Store:
        """The store of this HOME, opened. Raises StoreError.

        A writer waits ``patience`` seconds for another. With the archive on, what the store decides
        is written there too: into the ``archive`` that is given, or one that is opened for it.
        Closing the store closes it.
        """
        store = self.plain_store(patience=patience)
        if not self.settings.archive.enabled:
            if store.journal_end():
                # Should the archive be on again, its journal begins with all that is there then.
                # A store that can only be read takes no decision meanwhile.
                with suppress(StoreError):
                    store.forget_journal()
            # Nothing is archived, but an archive of before keeps the orders that follow.
            return journaled(store, None, self.orders) if self.archive.is_dir() else store
        opens = (lambda: archive) if archive else self.open_archive
        return journaled(store, opens, self.orders)

    def plain_store(self, *, patience: float = 30.0) -> JournalStore:
        """The store without the journal of the archive, created if HOME is new.

        A store that is older than its archive obeys the orders that it lacks first. Raises
        LostStore in place of creating another store for a HOME that had one, and StoreError.
        """
        self.check_store()
        store = open_store(self.store_url, patience=patience)
        # Another process may have written to both since the store was blank.
        if is_blank(store) and self.has_journal(committed=True) and is_blank(store):
            store.close()
            raise LostStore(self.store_url, has_journal=True)
        try:
            lacking = self.orders.obey(store)
        except CommuniqueError:
            store.close()
            raise
        if lacking:
            log.warning(OLDER, counted(lacking, "order"))
        return store

    @property
    def orders(self) -> Orders:
        """The orders that the store obeys, whether its journal goes on or not."""
        return Orders(self.archive)

    def check_writable(self) -> None:
        """Raise UnwritableHome if nothing can be written into the folder, or it can't be made."""
        place = next(one for one in (self.path, *self.path.parents) if one.exists())
        if not os.access(place, os.W_OK | os.X_OK):
            raise UnwritableHome(self.path, place)

    def check_store(self) -> None:
        """Raise LostStore if the store is missing, but an archive or a site was made from it."""
        if not self.archive.is_dir() and not self.is_published:
            return
        if store_exists(self.store_url):
            return
        journal = self.has_journal()
        # Another process may have created the store, and begun the journal, since it was missing.
        if store_exists(self.store_url):
            return
        if journal or (self.is_published and not self.settings.store.url):
            raise LostStore(self.store_url, has_journal=journal)

    def has_journal(self, *, committed: bool = False) -> bool:
        """Whether the archive holds a journal; see data.archive.journal.scan.holds_journal."""
        # Imported here: the libraries of the archive take long to load, and this is rarely needed.
        from data.archive.journal.scan import holds_journal  # noqa: PLC0415

        return bool(self.orders.read()) or holds_journal(self.archive, committed=committed)

    @property
    def is_published(self) -> bool:
        """Whether a site was published here; its folder alone may be a disk that is mounted."""
        return (self.site / "feeds").exists()

    @property
    def database(self) -> Path:
        """The file of the store, where it is one."""
        return self.path / "communique.db"

    @property
    def has_store(self) -> bool:
        """Whether a store is there already: to open one that is not would make it."""
        return bool(self.settings.store.url) or self.database.exists()

    @property
    def store_url(self) -> str:
        """The URL of the store of this HOME; it may hold a password."""
        return self.settings.store.url or f"sqlite:{self.database}"

    @property
    def has_fleet(self) -> bool:
        """Whether workers on many machines make the visits."""
        return self.settings.run.executor == "procrastinate"

    @property
    def shares_site(self) -> bool:
        """Whether whichever of several services may publish: all of them to one place."""
        return self.has_fleet and bool(self.settings.site.target)

    def may_sign(self) -> bool:
        """Whether this HOME, one of many, can sign the log of all. Raises ArchiveError."""
        if not self.settings.archive.enabled:
            return True
        with closing(self.shared_log(signs=False)) as log:
            return log.may_sign()

    @property
    def alive(self) -> Path:
        """The file that a worker on this machine touches while it can work.

        Workers in several containers may share a HOME.
        """
        return self.path / f"worker-{os.uname().nodename}.alive"

    @contextmanager
    def lock(self, name: str, holder: str, *, wait: bool = False) -> Iterator[None]:
        """Hold the lock ``name`` of this HOME; the system lets go of it when the process ends.

        Raises HomeInUse, naming who holds it, unless told to ``wait``.
        """
        folder = self.path / "locks"
        folder.mkdir(exist_ok=True)
        with (folder / name).open("a+", encoding="utf-8") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX) if wait else _take(file.fileno())
            except BlockingIOError as error:
                file.seek(0)
                raise HomeInUse(str(self.path), file.read() or "another process") from error
            # On a full disk the lock is held all the same; whoever is refused is not told by whom.
            with suppress(OSError):
                file.truncate(0)
                os.write(file.fileno(), f"{holder} (process {os.getpid()})".encode())
            yield


GLANCES: Final = 1000
"""How often a lock is tried that others look at; a look takes microseconds."""


def _take(handle: int) -> None:
    """Hold a lock alone, whoever looks at it. Raises BlockingIOError where another one holds it."""
    for _ in range(GLANCES):
        with suppress(BlockingIOError):
            return fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # Who looks shares it (data.files.is_held), and so it can be shared; who holds it does not.
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        # Two who want it would else wait for each other.
        fcntl.flock(handle, fcntl.LOCK_UN)
        time.sleep(0.001)
    raise BlockingIOError


def default_home() -> Path:
    """Where a HOME lies if nobody says otherwise (XDG Base Directory Specification)."""
    base = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(base) / "communique"


def open_home(path: Path) -> Home:
    """The HOME at ``path``, made if it is not there.

    Raises SettingsError.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        cause = f"the folder can't be made ({error.strerror})"
        raise SettingsError(str(path), "--home", cause) from error
    return home_at(path)


def home_at(path: Path) -> Home:
    """The HOME at ``path`` as it is, or as it would be; nothing is made.

    Raises SettingsError, HalfRestored and StoreNotBack.
    """
    path = path.resolve()
    check_places(path)
    if (path / RESTORING).exists():
        raise HalfRestored(path)
    home = Home(path, load_settings(path / "communique.toml"))
    if home.settings.store.url and (path / DUMP).exists():
        raise StoreNotBack(path)
    return home


def check_places(path: Path) -> None:
    """Raise SettingsError where what people wrote can't be reached, as if they wrote nothing."""
    for one in (path / name for name in PLACES):
        if one.is_symlink() and not one.exists():
            raise SettingsError(str(one), "link", NOWHERE)
        if one.name in FOLDERS and one.exists() and not one.is_dir():
            raise SettingsError(str(one), "folder", NO_FOLDER)
