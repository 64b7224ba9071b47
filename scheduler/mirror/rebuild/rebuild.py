"""Rebuild a lost home directory from its archive alone: sources, settings, store, site."""

import datetime as dt
import os
import re
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Final

import msgspec
import tomlkit
from tomlkit.exceptions import ParseError

from data.archive.journal.orders import ORDERS_FILE
from data.archive.journal.removal import noted_removals, write_removal_notes
from data.archive.journal.replay import JournalReplay
from data.archive.journal.scan import JournalEntry, Scan
from data.archive.log.keys import LogKey
from data.archive.log.notes import SET_ASIDE, Removal, leaves_of
from data.archive.log.tree_log import TreeLog, copy_unsigned, log_of
from data.archive.requisite_cache import REQUISITES_FILE
from data.archive.verification.tree import Leaves
from data.archive.warc.index import INDEX_FILE
from data.archive.warc.reader import DOT_OPEN, Damage
from data.errors import ArchiveError, CommuniqueError, PublishError, StoreError
from data.export.destination import workplace
from data.files import sync
from data.store.core.store import Store
from data.store.open import open_store
from data.store.unit_of_work import decisions
from data.text.masking import masked
from data.wording import OnStepProgress
from feeds.publishing.publish import publish
from scheduler.home.errors import FolderNotEmpty
from scheduler.home.home import Home, home_at, open_home
from scheduler.home.home_publication import missing_secrets, publish_proofs, settle_topics
from scheduler.mirror.rebuild.restored_parts import (
    DamagedPlace,
    JournalReader,
    Rebuilt,
    apply_orders,
    restore_attachment_texts,
    restore_sightings,
    unreadable_captures,
)
from scheduler.mirror.reextract import queue_unread, without_file

BATCH_SIZE: Final = 200
"""Number of journal records that are written per transaction."""

HOME_FILE: Final = re.compile(
    r"communique\.toml|topics\.toml|sources/[a-z0-9][a-z0-9-]{0,63}\.toml"
)
"""Pattern for the names of home directory files that a journal restores. Other files are
ignored."""

DATABASE_TABLES: Final = ("store", "run")
"""Tables of communique.toml that are not restored. Other machines may still use the database in
these tables, and `communique migrate` moves the rebuilt store to a database."""

REBUILT_SETTINGS_NOTE: Final = (
    "Rebuilt from the archive: the store is communique.db, so [store] and [run] were left out. "
    "`communique migrate` moves the store into a database again."
)

PUBLISHING_DECISIONS: Final = (
    decisions.Paged,
    decisions.DayClosed,
    decisions.HealthChanged,
    decisions.RhythmFound,
    decisions.InFeeds,
    decisions.SitePublished,
)
"""Kinds of decisions that a publication records."""

HIDING_DECISIONS: Final = (
    decisions.Hidden,
    decisions.Unhidden,
    decisions.SourceRemoved,
    decisions.SourceRestored,
)
"""Events that change archive pages, because releases are hidden or shown again."""


class NotRebuilt(CommuniqueError):
    """Raised if a rebuild failed. No partial files were left behind."""

    def __init__(self, path: Path, cause: str) -> None:
        super().__init__(f"{path} could not be rebuilt ({cause}); no partial files were left")
        self.path = path
        self.cause = cause


def rebuild(
    archive: Path,
    target: Path,
    *,
    key: Path | None = None,
    on_progress: OnStepProgress | None = None,
) -> Rebuilt:
    """Write a home directory to ``target`` from the archive in the folder ``archive``.

    ``key`` is the file of the key that signed the log. ``on_progress`` is called with the name of a
    step, its progress, and its total. Raises FolderNotEmpty, ArchiveError if the archive has no
    journal or the key belongs to another log, and NotRebuilt for errors such as a full disk. After
    an error or a kill, ``target`` is still empty.
    """
    if target.exists() and any(target.iterdir()):
        raise FolderNotEmpty(target, "; name a new folder with --to")
    if not archive.is_dir():
        raise ArchiveError(
            str(archive), "the archive is missing; use the home directory that contains it"
        )
    report = on_progress or (lambda _what, _done, _of: None)
    # The log is read first: the records of its leaves exist by then.
    log = TreeLog(archive / "log", archive.parent / "log.key")
    leaves = Leaves(log)
    removed: Sequence[Removal] = ()
    with suppress(ArchiveError):
        removed = noted_removals(archive, log.key_chain())
    leaves.set_aside(
        {
            number
            for one in removed
            if one.kind == SET_ASIDE
            for number in leaves_of(one, leaves.size - 1)
        }
    )
    gone = {number for one in removed for number in leaves_of(one, leaves.size)}
    found = Scan(archive, leaves, gone, lambda done, of: report("records", done, of))
    if not found.history.entries:
        raise ArchiveError(
            str(archive), "the archive has no journal, so its store can't be rebuilt"
        )
    if key and (archive / "log").is_dir():
        LogKey(key, archive / "log").check()
    target = target.absolute()
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.exists():
            # At the end, the finished folder is renamed to this path.
            target.rmdir()
        with workplace(target) as folder:
            home = open_home(folder / target.name)
            damages = copy_archive(archive, home.archive, signed=key is not None)
            if key:
                shutil.copyfile(key, home.log_key)
                home.log_key.chmod(0o600)
                # With this key, the signed notes about removals remain valid.
                removed = []
            done = Rebuilding(home, found, damages, removed, report).run()
            # The store and the site are on disk by now.
            home.path.rename(target)
            sync(target.parent)
    except (OSError, StoreError) as error:
        where = f"{error.filename}: {error.strerror}" if isinstance(error, OSError) else error
        raise NotRebuilt(target, str(where)) from error
    return msgspec.structs.replace(done, home=str(target))


class Rebuilding:
    """One run of ``rebuild``, in a home directory that already contains its archive."""

    def __init__(
        self,
        home: Home,
        found: Scan,
        damages: Iterable[Damage],
        removed: Sequence[Removal],
        on_progress: OnStepProgress,
    ) -> None:
        self._home = home
        self._found = found
        self._removed = removed
        self._on_progress = on_progress
        self._damaged = [*damages, *found.damages]
        self._reader = JournalReader(home.archive, found, self._damaged)
        self._begin = self._reader.write_snapshot(home.database)
        # Home.store refuses to create a store if the archive has a journal.
        self._store = open_store(home.store_url)
        self._replay = JournalReplay(self._store)
        self._files_lost: list[str] = []
        self._secrets_cut: list[str] = []
        self._errors: list[PublishError] = []
        self._feeds = 0

    def run(self) -> Rebuilt:
        """Write the store, the files and the site."""
        entries = self._found.history.entries
        try:
            self._write(entries)
            unseen = restore_sightings(
                self._store, self._home.archive, self._found, self._replay.seen_in
            )
            apply_orders(self._store, self._found, self._reader, self._home.archive)
            # The lost store has already sent the alerts for these events, or they are too old.
            self._store.forget_events()
            self._store.keep_journal_end(entries[-1].record_id)
            if not self._found.is_whole:
                # For files without a decision in the journal, use the last archived content.
                for name, (_, record) in self._found.kept.items():
                    self._replay.files.setdefault(name, decisions.FileKept(name, record, record))
            self._write_files()
            home = home_at(self._home.path)
            restore_attachment_texts(home, self._store)
            sum(self._store.enter_queued())
            ids = {one.id for one in self._store.by_first_seen()}
            lost = self._replay.lost | (self._replay.seen_in.keys() - ids)
            unread: Sequence[str] = ()
            if not self._found.is_whole:
                unread = queue_unread(home, self._store, lost)
                self._files_lost += without_file(home, self._store)
            with closing(home.store()) as store:
                self._publish(store, entries[-1].at)
            self._publish_log()
            unreadable = [*unreadable_captures(self._store, self._found), *unseen]
            return Rebuilt(
                home=str(self._home.path),
                records=self._found.records,
                journal=len(entries),
                aside=len(self._found.history.aside),
                sources=len(self._store.sources()),
                releases=len(ids),
                feeds=self._feeds,
                damaged=[DamagedPlace(one.file, one.offset, one.cause) for one in self._damaged],
                missing=self._found.history.missing,
                releases_lost=sorted(lost),
                leaves_lost=len(self._found.lost),
                unreadable=[
                    msgspec.structs.replace(one, url=self._shown(one.url)) for one in unreadable
                ],
                unread=[*map(self._shown, unread)],
                refused=[*map(self._shown, self._replay.refused)],
                files_lost=self._files_lost,
                secrets_cut=self._secrets_cut,
                unpublished=[str(error) for error in self._errors],
            )
        finally:
            self._store.close()

    def _shown(self, text: str) -> str:
        """Return a text without secrets: those that are known, and values of secret parameters."""
        return self._store.secrets().masked(masked(text))

    def _write(self, entries: Sequence[JournalEntry]) -> None:
        """Write the store, and publish the site at each time when archive pages were completed.

        Archive pages never change after their completion.
        """
        for _, recorded in self._reader.read(entries[: self._begin]):
            self._replay.note_files(recorded)
        done = self._begin
        for some, publish_at in self._steps(entries[self._begin :]):
            self._replay.write(decision for recorded in some for decision in recorded)
            done += len(some)
            if publish_at:
                self._write_files()
                self._publish(self._store, publish_at, from_journal=True)
            self._on_progress("journal", done, len(entries))

    def _steps(
        self, entries: Sequence[JournalEntry]
    ) -> Iterator[tuple[list[Sequence[decisions.AnyDecision]], dt.datetime | None]]:
        """Yield batches of decisions, each with the time to publish after the batch, or None.

        An archive page shows releases as they were when the page was completed, or when one of them
        was hidden. So the site is published at these times, before the next change. Nothing is
        published before the last complete publication.
        """
        waiting: list[Sequence[decisions.AnyDecision]] = []
        cut: dt.datetime | None = None
        hidden = False
        for number, (entry, recorded) in enumerate(self._reader.read(entries), start=self._begin):
            if cut and not all(isinstance(one, PUBLISHING_DECISIONS) for one in recorded):
                yield waiting, cut
                waiting, cut = [], None
            waiting.append(recorded)
            pages = any(isinstance(one, decisions.Paged) for one in recorded)
            hidden = hidden or any(isinstance(one, HIDING_DECISIONS) for one in recorded)
            if hidden and any(isinstance(one, decisions.SitePublished) for one in recorded):
                pages, hidden = True, False
            if number == self._found.rewritten or (pages and number > self._found.rewritten):
                cut = entry.at
            if len(waiting) >= BATCH_SIZE and not cut:
                yield waiting, None
                waiting = []
        # The complete site is published at the end.
        yield waiting, None

    def _write_files(self) -> None:
        """Write the current files to the home directory, and delete all other files."""
        self._files_lost, self._secrets_cut = [], []
        for name, kept in self._replay.files.items():
            path = self._home.path / name
            if not HOME_FILE.fullmatch(name):
                continue
            if not kept.digest:
                path.unlink(missing_ok=True)
                continue
            content = self._reader.file(kept.record)
            if content is None:
                self._files_lost.append(name)
                continue
            if kept.secrets_cut:
                self._secrets_cut.append(name)
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(with_own_store(content) if name == "communique.toml" else content)

    def _publish_log(self) -> None:
        """Publish the last signed state of the log, or first sign its leaves with a new key."""
        log = log_of(self._home.path)
        try:
            if log.checkpoint() is None:
                log.integrate()
            if self._removed:
                with closing(self._home.open_archive()) as archive:
                    write_removal_notes(archive, self._removed)
        except ArchiveError as error:
            self._errors.append(PublishError(str(self._home.site / "log"), str(error)))
        else:
            self._errors += publish_proofs(self._home, everything=True)

    def _publish(self, store: Store, now: dt.datetime, *, from_journal: bool = False) -> None:
        # Open the home directory again, because its settings and topics may have changed.
        home = home_at(self._home.path)
        settle_topics(home, self._store)
        # A removed user and password leave no trace in the file.
        if lacking := [one for one in self._secrets_cut if one.startswith("sources/")]:
            self._errors = [*missing_secrets(lacking)]
            return
        done = publish(
            store,
            home.site,
            home.settings.site,
            cache=home.path / "rendered.db",
            now=now,
            from_journal=from_journal,
        )
        self._errors = [*done.errors]
        self._feeds = len(self._store.facets())


def copy_archive(source: Path, target: Path, *, signed: bool) -> list[Damage]:
    """Copy an archive and return the damage in its log. Files that never change are hard-linked.

    The log is copied first, because a record without a leaf can be repaired, but a leaf without its
    record can't. Unless ``signed`` is set, the log gets another key and only its leaves are copied.
    """
    target.mkdir(exist_ok=True)
    damages = []
    if (source / "log").is_dir():
        try:
            if signed:
                shutil.copytree(source / "log", target / "log", dirs_exist_ok=True)
            else:
                copy_unsigned(source / "log", target / "log")
        except ArchiveError as error:
            damages.append(Damage(f"log/{error.path}", 0, error.cause))
    for path in sorted(source.iterdir()):
        if not path.is_file() or path.name.startswith((INDEX_FILE, REQUISITES_FILE)):
            continue
        if path.name.endswith(DOT_OPEN) or path.name == ORDERS_FILE:
            shutil.copyfile(path, target / path.name)
            continue
        try:
            os.link(path, target / path.name)
        except OSError:
            # A hard link can't cross file systems.
            shutil.copyfile(path, target / path.name)
    return damages


def with_own_store(content: bytes) -> bytes:
    """Return the text of communique.toml without the tables about a database.

    If the text is invalid or has no such tables, it is returned unchanged.
    """
    try:
        settings = tomlkit.parse(content)
    except (ParseError, ValueError):
        # Opening the home directory reports the error.
        return content
    named = [name for name in DATABASE_TABLES if name in settings]
    for name in named:
        settings.remove(name)
    if not named:
        return content
    return f"# {REBUILT_SETTINGS_NOTE}\n{tomlkit.dumps(settings)}".encode()
