"""Home directory (HOME): the folder of one installation, its settings, and its locks."""

from __future__ import annotations

import fcntl
import logging
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from data.access.request_keys import RequestKeys
from data.archive.journal.journal import Journal
from data.archive.journal.orders import Orders
from data.errors import CommuniqueError, HomeInUse, SettingsError, StoreError
from data.files import take_lock
from data.network.addresses import may_be_public
from data.network.bucket import Bucket, open_bucket
from data.network.request_signer import RequestSigner
from data.settings import Settings
from data.settings.load import load_settings
from data.sqlite_file import files_of
from data.store.core.store import Store
from data.store.open import is_blank, open_store, store_exists
from data.text.masking import masked
from data.text.urls import host_of
from data.wording import counted
from scheduler.home.errors import (
    DUMP_FILE,
    UNFINISHED_RESTORE_FILE,
    DatabaseNotRestored,
    HalfRestored,
    LostStore,
    UnwritableHome,
)
from scheduler.home.home_paths import HomePaths

if TYPE_CHECKING:
    from data.archive.archive import Archive
    from data.archive.log.shared_log import SharedLog
    from data.archive.log.tree_log import TreeLog
    from data.network.client import Outbound

log = logging.getLogger(__name__)

SOURCE_LOCK: Final = "source-"
"""Prefix for the name of a source's lock. The id of the source follows."""

VISIT_LOCK_HOLDER: Final = "a visit to this source"
"""Text that identifies a visit as the holder of a source's lock."""

HOME_FOLDERS = ("sources", "watches", "searches", "tokens", "locks")
HOME_ENTRIES = ("communique.toml", "topics.toml", *HOME_FOLDERS)
"""Files and folders that people write, and the folder of locks. Defaults apply if one is
missing.
"""

NO_FOLDER = "it is not a folder: move it away"
BROKEN_LINK_MESSAGE = (
    "its target is missing: restore the target (or mount its disk), or delete the link"
)

FILES_LOCK_SECONDS: Final = 10.0
"""Maximum time in seconds that a change of a file waits for another change to finish."""


@dataclass(frozen=True, slots=True)
class Home(HomePaths):
    """The folder of one installation, and its settings.

    The folder contains communique.toml, sources/, watches/, searches/, tokens/, samples/ (golden
    tests of sources), topics.toml (the user's taxonomy), communique.db (the store), archive/
    (server responses), log.key (signs the archive's log), bot.key (signs requests),
    witness/ and witness.key (for signing the logs of other instances), site/ (the published files),
    and logs.
    """

    settings: Settings

    def public_text(self, text: str) -> str:
        """Return a text for public display.

        Secrets in URLs are masked, and the folder's path is replaced by HOME.
        """
        place = rf"(?<![\w./-]){re.escape(str(self.path))}(?![\w.-])"
        return re.sub(place, "HOME", masked(text))

    @property
    def is_reachable(self) -> bool:
        """Return whether other servers, such as hubs, may be able to reach the site's address."""
        host = host_of(self.settings.site.url)
        return self.settings.network.allow_private or may_be_public(host)

    @property
    def bucket(self) -> Bucket | None:
        """Return the bucket to which the site is also published, or None.

        Raises BucketError if its settings are invalid or the library for buckets is missing.
        """
        target = self.settings.site.target
        return open_bucket(target, self.settings.bucket) if target else None

    def request_keys(self) -> RequestKeys:
        """Return the private keys that sign requests."""
        return RequestKeys(self.path / "bot.key", self.store_url if self.settings.store.url else "")

    def request_signer(self) -> RequestSigner | None:
        """Return the signer of requests, or None if requests are not signed.

        Creates the first key. Raises CommuniqueError if the key can't be used.
        """
        if not self.settings.network.sign:
            return None
        keys = self.request_keys()
        keys.load()
        return RequestSigner(self.settings.site.url.rstrip("/"), keys.load)

    def outbound(self) -> Outbound:
        """Return the HTTP client for addresses that are not in the settings."""
        # Imported here: most commands make no requests.
        from data.network.client import Outbound  # noqa: PLC0415
        from spiders.download.settings import user_agent  # noqa: PLC0415

        return Outbound(user_agent(self.settings), self.settings.network.allow_private)

    def open_archive(self) -> Archive:
        """Return the archive of this home directory.

        The first record creates the archive's folder.
        """
        # Imported here: commands that only read do not need the libraries of the archive.
        from data.archive.archive import Archive  # noqa: PLC0415
        from spiders.download.settings import ROBOTS_POLICY, user_agent  # noqa: PLC0415

        network = self.settings.network
        return Archive(
            self.archive,
            self.settings.archive,
            agent=user_agent(self.settings),
            robots=ROBOTS_POLICY,
            operator=network.contact,
            log=partial(self.shared_log, signs=not self.has_fleet) if self.has_shared_log else None,
        )

    def log(self, *, signs: bool = False) -> TreeLog:
        """Return the log of the archive, by default only for reading."""
        from data.archive.log.tree_log import log_of  # noqa: PLC0415

        return self.shared_log(signs=signs) if self.has_shared_log else log_of(self.path)

    def log_signed_later(self) -> SharedLog | None:
        """Return the log if it is signed only during publishing, or None if each visit signs it."""
        return self.shared_log(signs=True) if self.has_fleet else None

    def shared_log(self, *, signs: bool, database: str = "") -> SharedLog:
        """Return the log that all machines on a database share. See SharedLog for ``signs``.

        In a fleet, the log is signed only during publishing.
        """
        # Imported here: the libraries for PostgreSQL may not be installed.
        from data.archive.log.shared_log import LeafTable, SharedLog  # noqa: PLC0415

        leaves = LeafTable(database or self.store_url)
        return SharedLog(self.archive / "log", self.log_key, leaves, signs=signs)

    def store(self, *, patience: float = 30.0, archive: Archive | None = None) -> Store:
        """Return the store of this home directory. Raises StoreError if it can't be opened.

        A write waits at most ``patience`` seconds for another writer. If the archive is enabled,
        decisions of the store are also written to the archive: to ``archive``, or to an archive
        that is opened and closed with the store.
        """
        store = self.plain_store(patience=patience)
        if not self.settings.archive.enabled:
            if store.journal_end():
                # If the archive is enabled again later, its journal begins with a snapshot. Until
                # then, a read-only store makes no decisions.
                with suppress(StoreError):
                    store.forget_journal()
            if self.archive.is_dir():
                # The archive is disabled, but an existing archive still stores new removal orders.
                store.journal = self.orders
            return store
        store.journal = Journal((lambda: archive) if archive else self.open_archive, self.orders)
        return store

    def plain_store(self, *, patience: float = 30.0) -> Store:
        """Open the store without attaching it to the journal in the archive.

        A new home directory gets a new store. A store that is older than its archive first applies
        the missing removal orders. Raises StoreError if the store can't be opened, and LostStore if
        the home directory once had a store that is now missing.
        """
        self.check_store()
        store = open_store(self.store_url, patience=patience)
        # Another process may have written to the store and the archive since the first check.
        if is_blank(store) and self.has_journal(committed=True) and is_blank(store):
            store.close()
            raise LostStore(self.store_url, has_journal=True)
        try:
            lacking = self.orders.obey(store)
        except CommuniqueError:
            store.close()
            raise
        if lacking:
            log.warning(
                "the store was older than the archive: %s to hide, remove, redact or undo were"
                " applied now; run `communique publish` if the site was published since then",
                counted(lacking, "order"),
            )
        return store

    @property
    def orders(self) -> Orders:
        """Return the file of removal orders, which is used even without a journal."""
        return Orders(self.archive)

    def check_writable(self) -> None:
        """Raise UnwritableHome if the folder can't be written to or created."""
        place = next(one for one in (self.path, *self.path.parents) if one.exists())
        if not os.access(place, os.W_OK | os.X_OK):
            raise UnwritableHome(self.path, place)

    def check_restored(self) -> None:
        """Raise HalfRestored or DatabaseNotRestored if a restore has not been completed."""
        if (self.path / UNFINISHED_RESTORE_FILE).exists():
            raise HalfRestored(self.path)
        if self.settings.store.url and (self.path / DUMP_FILE).exists():
            raise DatabaseNotRestored(self.path)

    def check_store(self) -> None:
        """Raise LostStore if the store is missing and an archive or a site was created from it."""
        if not self.archive.is_dir() and not self.is_published:
            return
        if store_exists(self.store_url):
            return
        journal = self.has_journal()
        # Another process may have created the store since the first check.
        if store_exists(self.store_url):
            return
        if journal or (self.is_published and not self.settings.store.url):
            raise LostStore(self.store_url, has_journal=journal)

    def has_journal(self, *, committed: bool = False) -> bool:
        """Return whether the archive has a journal.

        See data.archive.journal.scan.holds_journal.
        """
        # Imported here: the libraries of the archive load slowly and are rarely needed.
        from data.archive.journal.scan import holds_journal  # noqa: PLC0415

        return bool(self.orders.read()) or holds_journal(self.archive, committed=committed)

    @property
    def has_store(self) -> bool:
        """Return whether the store exists. Opening a missing store would create it."""
        return bool(self.settings.store.url) or self.database.exists()

    @property
    def store_files(self) -> Sequence[Path]:
        """Return the existing files of the store. A store in PostgreSQL has no files here.

        A pipe or device is no file: reading it could take forever.
        """
        files = () if self.settings.store.url else files_of(self.database)
        return [one for one in files if one.is_file()]

    @property
    def store_url(self) -> str:
        """Return the URL of the store, which may contain a password."""
        return self.settings.store.url or f"sqlite:{self.database}"

    @property
    def has_fleet(self) -> bool:
        """Return whether several machines make visits. Each has a part of the archive."""
        return self.settings.run.executor == "procrastinate"

    @property
    def has_shared_log(self) -> bool:
        """Return whether the newest leaves of the archive's log are in the database."""
        return bool(self.settings.store.url)

    def may_sign(self) -> bool:
        """Return whether this home directory can sign the shared log.

        Raises ArchiveError if the log or its key can't be read.
        """
        if not self.settings.archive.enabled:
            return True
        with closing(self.shared_log(signs=False)) as log:
            return log.may_sign()

    @contextmanager
    def lock(
        self, name: str, holder: str, *, wait: bool = False, seconds: float = 0.0
    ) -> Iterator[None]:
        """Context manager that holds a lock of this home directory.

        The lock is released when the process ends, at the latest. If another process holds the
        lock, this method waits for ``seconds`` and then raises HomeInUse with the name of that
        holder. It waits without a limit if ``wait`` is set.
        """
        folder = self.path / "locks"
        folder.mkdir(exist_ok=True)
        with (folder / name).open("a+", encoding="utf-8") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX) if wait else take_lock(file.fileno(), seconds)
            except BlockingIOError as error:
                file.seek(0)
                raise HomeInUse(str(self.path), file.read() or "another process") from error
            # On a full disk, the lock works, but other processes can't see who holds it.
            with suppress(OSError):
                file.truncate(0)
                os.write(file.fileno(), f"{holder} (process {os.getpid()})".encode())
            yield

    def files_lock(self) -> AbstractContextManager[None]:
        """Context manager that prevents changes of source and watch files by other processes.

        Otherwise, if two processes read, change and write a file, one change could be lost. Raises
        HomeInUse if another process holds the lock for FILES_LOCK_SECONDS.
        """
        return self.lock("files", "a change of a source or watch file", seconds=FILES_LOCK_SECONDS)


def default_home() -> Path:
    """Return the default path of the home directory (XDG Base Directory Specification)."""
    base = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(base) / "communique"


def open_home(path: Path) -> Home:
    """Return the home directory at ``path``, and create it if it does not exist.

    Raises SettingsError if the settings are invalid.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        cause = f"the folder can't be created ({error.strerror})"
        raise SettingsError(str(path), "--home", cause) from error
    return home_at(path)


def home_at(path: Path) -> Home:
    """Return the home directory at ``path``, even if it does not exist. Creates nothing.

    Raises SettingsError if the settings are invalid. Raises HalfRestored or DatabaseNotRestored if
    a restore of the folder was not completed.
    """
    path = path.resolve()
    check_places(path)
    if (path / UNFINISHED_RESTORE_FILE).exists():
        raise HalfRestored(path)
    home = Home(path, load_settings(path / "communique.toml"))
    home.check_restored()
    return home


def check_places(path: Path) -> None:
    """Raise SettingsError if files that people write can't be accessed.

    Otherwise, such files would be ignored.
    """
    for one in (path / name for name in HOME_ENTRIES):
        if one.is_symlink() and not one.exists():
            raise SettingsError(str(one), "link", BROKEN_LINK_MESSAGE)
        if one.name in HOME_FOLDERS and one.exists() and not one.is_dir():
            raise SettingsError(str(one), "folder", NO_FOLDER)
