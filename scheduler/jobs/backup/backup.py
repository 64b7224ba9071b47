"""Copies a HOME into a folder while the service runs, and only what is new the next time.

What is copied when keeps the store from being ahead of the archive: the store first, of which the
archive holds all that it points to by then; then the files that people write; then the log and the
records (archive_files). Where a source was renamed meanwhile, or something went that the store
points to, as records were taken out of the archive, all begins anew.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import msgspec

from data.archive.log.removals import REMOVAL
from data.archive.warc.index import FILE as INDEX
from data.archive.warc.reader import OPEN, uuid_of
from data.archive.warc.warc_file import NAME, cdxj_path, listed_at, own_files
from data.clock import utc_now
from data.errors import ArchiveError, CommuniqueError, StoreError
from data.sqlite_file import files_of
from data.store import MISSING, is_nothing
from data.store.sqlite.copy import StoreCopy, check_integrity, copy_store, read_copy, source_moves
from data.text.redaction import redacted
from data.wording import counted
from scheduler.home import DUMP, Home
from scheduler.jobs.backup.archive_files import (
    LogState,
    full_files,
    growing_file,
    has_leaf,
    log_state,
    origin_of,
)
from scheduler.jobs.backup.backup_folder import (
    NO_MATTER,
    BackupFolder,
    BackupRefused,
    cause_of,
    held,
)
from scheduler.jobs.backup.contents import LEFT, is_text
from scheduler.jobs.backup.contents import own_files as files_of_people
from scheduler.jobs.backup.database_dump import NotDumped, can_dump, dump
from scheduler.jobs.backup.manifest import Manifest, read_manifest, write_manifest

Told = Callable[[str, int, int], object]

ATTEMPTS: Final = 3

KEY: Final = re.compile(r"log\.key.*")

CDXJ: Final = re.compile(r"communique-\d{14}-[0-9a-f]{8}(?:\.open)?\.cdxj(?:\.open)?")
"""The names of indexes of our files of records."""

KEPT_TILES: Final = "put back what is missing from this backup, which still holds it"

LOST_TILES: Final = (
    "this backup has none of it; take what is missing from another copy of the log, as "
    "HOME/site/log or the bucket of `archive.target` may be, then see `communique mirror verify`"
)

DAY: Final = dt.timedelta(days=1)

POSTGRESQL: Final = (
    "the store is in PostgreSQL and not in this backup, as pg_dump is not on this machine: install "
    "it, or copy the database while nothing runs on it, and keep both copies together"
)

ANOTHER: Final = (
    "it holds a backup of {}, which is another HOME or has another archive by now; restore that "
    "one, or name another folder"
)


class NotBackedUp(CommuniqueError):
    """A backup was not written to its end; what was there before still is."""

    def __init__(self, to: Path, cause: str) -> None:
        super().__init__(
            f"the backup in {to} was not finished ({cause}); one that was there before is as it "
            "was, and the next run goes on with what is copied"
        )
        self.to = to
        self.cause = cause


class BackedUp(msgspec.Struct, frozen=True):
    """What a backup holds, and what this run did for it.

    Of ``files`` with so many ``bytes``, ``copied`` and ``linked`` were new or had changed, of
    ``copied_bytes``. ``problems`` are those of HOME itself: all that is there was copied.
    """

    to: str
    at: dt.datetime
    store: str
    schema: str
    leaves: int
    files: int
    bytes: int
    copied: int
    linked: int
    copied_bytes: int
    problems: Sequence[str] = ()


def back_up(home: Home, to: Path, told: Told | None = None) -> BackedUp:
    """Copy a HOME into the folder ``to``, made if it is not there.

    ``told`` is called with what is done, how much of it is, and how much there is. Raises
    BackupRefused, NotBackedUp and NoBackup.
    """
    to = to.absolute()
    if to.resolve().is_relative_to(home.path):
        cause = f"it is inside {home.path}; name a folder outside, on another disk at best"
        raise BackupRefused(to, cause)
    try:
        to.mkdir(parents=True, exist_ok=True)
        with held(to):
            return Backup(home, to, told or (lambda _what, _done, _of: None)).run()
    except (FileExistsError, NotADirectoryError) as error:
        raise BackupRefused(to, "it is no folder; name another one") from error
    except OSError as error:
        raise NotBackedUp(to, cause_of(error)) from error
    except (ArchiveError, NotDumped, StoreError) as error:
        raise NotBackedUp(to, str(error)) from error


class Moved(Exception):
    """Something that the copied store points to went while its archive was copied."""


class Backup:
    """One run of a backup, by a process that holds the folder ``to``."""

    def __init__(self, home: Home, to: Path, told: Told) -> None:
        self._home = home
        self._told = told
        self._before = begun(home, to)
        self._folder = BackupFolder(to, self._before.files)
        self._problems: list[str] = []
        self._is_last = False

    def run(self) -> BackedUp:
        """Copy all, check it, and have it count."""
        folder = self._folder
        for attempt in range(ATTEMPTS):
            at = utc_now()
            self._problems = []
            self._is_last = attempt == ATTEMPTS - 1
            folder.begin(at, attempt)
            try:
                copy, state = self._copy_sqlite() if self._is_sqlite else self._copy_postgresql()
            except Moved:
                continue
            break
        manifest = Manifest(
            str(self._home.path),
            at,
            finished=True,
            store="sqlite" if self._is_sqlite else "postgresql",
            schema=copy.schema,
            log=state.origin,
            leaves=state.leaves,
            files=dict(sorted(folder.files.items())),
        )
        write_manifest(folder.path, manifest)
        folder.finish()
        return BackedUp(
            to=str(folder.path),
            at=at,
            store=manifest.store,
            schema=manifest.schema,
            leaves=manifest.leaves,
            files=len(manifest.files),
            bytes=sum(one.bytes for one in manifest.files.values()),
            copied=folder.copied,
            linked=folder.linked,
            copied_bytes=folder.copied_bytes,
            problems=self._problems,
        )

    @property
    def _is_sqlite(self) -> bool:
        return self._home.store_url.startswith("sqlite:")

    def _copy_sqlite(self) -> tuple[StoreCopy, LogState]:
        copy = self._copy_store()
        self._copy_files()
        self._check_names()
        # Nothing is written to these any more: all of it is in the log that is read then.
        full = full_files(self._home.archive)
        state = self._copy_log()
        self._copy_records(full, state)
        self._check(copy, state)
        return copy, state

    def _copy_postgresql(self) -> tuple[StoreCopy, LogState]:
        """The log comes before the database here, which has the leaves that wait for it."""
        full = full_files(self._home.archive)
        state = self._copy_log()
        if self._home.archive.is_dir():
            try:
                # Imported here: the libraries for PostgreSQL may not be installed.
                from data.archive.log.leaf_table import LeafTable  # noqa: PLC0415
            except ImportError as error:
                raise StoreError(redacted(self._home.store_url), MISSING) from error
            state.given = LeafTable(self._home.store_url).end()
        if can_dump():
            target = self._folder.new(DUMP)
            dump(self._home.store_url, target)
            self._folder.take(DUMP, target, target.stat())
        else:
            self._problems.append(POSTGRESQL)
        self._copy_files()
        self._copy_records(full, state)
        return StoreCopy(), state

    def _copy_store(self) -> StoreCopy:
        nothing = StoreCopy()
        database = self._home.database
        self._home.check_store()
        if is_nothing(database):
            return nothing
        target = self._folder.new(database.name)
        copy_store(database, target, lambda done, of: self._told("store", done, of))
        check_integrity(target)
        found = read_copy(target)
        self._folder.take(database.name, target, database.stat())
        return found

    def _copy_log(self) -> LogState:
        """Copy the log as it is now, but for its tiles that never change. Raises OSError."""
        state = log_state(self._home.path)
        if state.problem:
            self._problems.append(state.problem)
        for name, content in state.keys.items():
            self._folder.write(name, content)
        for name, content in state.files.items():
            self._folder.write(f"archive/log/{name}", content)
        self._keep_lost_tiles([f"archive/log/{name}" for name in state.lost])
        return state

    def _keep_lost_tiles(self, lost: Sequence[str]) -> None:
        """Keep files of the log that never change and went, where the backup before has them."""
        before = self._before.files
        kept = [name for name in lost if name in before]
        self._folder.files.update({name: before[name] for name in kept})
        for names, cure in (
            (kept, KEPT_TILES),
            ([name for name in lost if name not in before], LOST_TILES),
        ):
            if names:
                what = counted(len(names), "file of the log", "files of the log")
                self._problems.append(
                    f"{what} missing from {self._home.path}, {names[0]} for one: {cure}"
                )

    def _copy_records(self, full: Mapping[str, Path], state: LogState) -> None:
        """Copy the records that a log knows; those in files that were ``full``, whole.

        Raises Moved, OSError.
        """
        archive = self._home.archive
        if not archive.is_dir():
            return
        never_change = [archive / "log" / name for name in state.full]
        never_change += [one for path in full.values() for one in (path, cdxj_path(path))]
        for done, path in enumerate(never_change):
            self._told("archive", done, len(never_change))
            with self._unless_gone(path):
                self._folder.keep(path.relative_to(self._home.path).as_posix(), path)
        for path in own_files(archive):
            if path.name not in full:
                with self._unless_gone(path):
                    self._copy_growing(path, state)
        for path in self._others():
            self._folder.copy(f"archive/{path.name}", path)
        self._keep_lost()
        self._told("archive", len(never_change), len(never_change))

    def _copy_growing(self, path: Path, state: LogState) -> None:
        """Copy what is in the log of a file of records that grows, and its lines of CDXJ."""
        one = growing_file(self._home.path, path, state)
        if one.size:
            name = f"archive/{one.name}{OPEN}"
            self._folder.copy_part(name, one.path, one.size)
            self._folder.write(cdxj_path(Path(name)).as_posix(), one.lines)

    @contextmanager
    def _unless_gone(self, path: Path) -> Iterator[None]:
        """Have all begin anew where a file of the archive goes; the last attempt tells it."""
        try:
            yield
        except FileNotFoundError as error:
            if not self._is_last:
                raise Moved from error
            self._problems.append(f"{path} is gone")

    def _others(self) -> Iterator[Path]:
        """What others put into the folder of the archive."""
        caches = {path.name for path in files_of(Path(INDEX))}
        for path in sorted(self._home.archive.iterdir()):
            name = path.name
            is_ours = NAME.fullmatch(name.removesuffix(OPEN)) or CDXJ.fullmatch(name)
            if not is_ours and name not in caches and not LEFT.fullmatch(name) and path.is_file():
                yield path

    def _keep_lost(self) -> None:
        """Keep files of records that went though nothing was taken out of the archive."""
        files = self._folder.files
        gone = [
            name
            for name in self._before.files
            if NAME.fullmatch(name.removeprefix("archive/"))
            and not {name, f"{name}{OPEN}"} & files.keys()
        ]
        if not gone or self._is_removal_told():
            return
        for name in gone:
            for one in (name, cdxj_path(Path(name)).as_posix()):
                if one in self._before.files:
                    files[one] = self._before.files[one]
            self._problems.append(
                f"{name} is gone from {self._home.path}, though nothing was taken out of the "
                "archive: put it back from this backup, which still holds it"
            )

    def _is_removal_told(self) -> bool:
        """Whether records were taken out of the archive since the backup before."""
        told = listed_at(self._home.archive, REMOVAL)
        return any(one.at >= self._before.at - DAY for one in told)

    def _copy_files(self) -> None:
        found = [*files_of_people(self._home)]
        for done, (name, path) in enumerate(found):
            self._told("files", done, len(found))
            if KEY.fullmatch(name) and (self._home.archive / "log").is_dir():
                # It comes with the log that it signs.
                continue
            if not is_text(name):
                self._problems.append(f"{name!r} is left out: its name is no text in UTF-8")
                continue
            # One that goes at this moment is in no backup.
            with suppress(FileNotFoundError):
                self._folder.copy(name, path)
        self._told("files", len(found), len(found))

    def _check_names(self) -> None:
        """Raise Moved where a source was renamed between its store and its file."""
        copied = self._folder.files.get(self._home.database.name)
        if copied and not self._is_last:
            then = source_moves(self._folder.path / copied.at)
            if then != source_moves(self._home.database):
                raise Moved

    def _check(self, copy: StoreCopy, state: LogState) -> None:
        """Hold the store against the archive: it points to nothing that is not there.

        Raises Moved where it does, as it may be since records were taken out meanwhile.
        """
        sizes = {
            name.removeprefix("archive/").removesuffix(OPEN): file.bytes
            for name, file in self._folder.files.items()
        }
        lost = {
            one.file
            for one in copy.captures
            if one.file and (one.end > sizes.get(one.file, 0) or one.leaf >= state.leaves)
        }
        wrong = [f"the store points to records in archive/{one} that are not there" for one in lost]
        if copy.journal_end:
            try:
                if not has_leaf(self._home.path, state, uuid_of(copy.journal_end)):
                    wrong.append("the log lacks the last record of the journal")
            except ArchiveError as error:
                wrong.append(str(error))
        if wrong and not self._is_last:
            raise Moved
        self._problems += [f"{one}: see `communique mirror verify`" for one in sorted(wrong)]


def begun(home: Home, to: Path) -> Manifest:
    """The backup that a folder holds, or an empty one.

    Raises BackupRefused where it holds something else, NoBackup and OSError.
    """
    known = read_manifest(to)
    if known is None:
        if {one.name for one in to.iterdir()} - NO_MATTER:
            raise BackupRefused(to, "it holds something else; name an empty folder")
        with suppress(PermissionError):
            # It holds secrets. Some file systems know no rights.
            to.chmod(0o700)
        known = Manifest(str(home.path), utc_now())
        write_manifest(to, known)
        return known
    # A HOME that was begun anew shall not take the place of the one that was lost.
    is_same = known.log == origin_of(home.path) if known.log else known.home == str(home.path)
    if not is_same:
        raise BackupRefused(to, ANOTHER.format(known.home))
    return known
