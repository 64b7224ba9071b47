"""Backup of a home directory to a folder while the service runs.

Later runs copy only changes. The order of copying ensures that the store is never newer than the
archive. A store in SQLite is copied first; by then the archive contains all records to which the
store refers. Next come the files that people write, then the log and the records (archive_files).
This run starts again if a source is renamed in the meantime, or if records to which the store
refers are removed from the archive. A store in PostgreSQL is copied after the log and before the
records.
"""

import datetime as dt
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import msgspec

from data.archive.log.notes import REMOVAL
from data.archive.requisite_cache import REQUISITES_FILE
from data.archive.warc.archive_record import uuid_of
from data.archive.warc.index import INDEX_FILE
from data.archive.warc.reader import DOT_OPEN
from data.archive.warc.warc_file import NAME, cdxj_path, listed_at, own_files
from data.clock import utc_now
from data.errors import ArchiveError, CommuniqueError, StoreError
from data.sqlite_file import files_of
from data.store.open import MISSING, is_nothing
from data.store.sqlite.copy import StoreCopy, check_integrity, copy_store, read_copy, source_moves
from data.text.masking import masked
from data.wording import OnStepProgress, counted
from scheduler.home.backup.archive_files import (
    LogState,
    full_files,
    has_leaf,
    log_state,
    logged_part,
    origin_of,
)
from scheduler.home.backup.backup_folder import IGNORED_NAMES, BackupFolder, cause_of, held
from scheduler.home.backup.contents import (
    UNFINISHED_FILE,
    BackupRefused,
    Manifest,
    NotDumped,
    dump,
    is_text,
    read_manifest,
    write_manifest,
)
from scheduler.home.backup.contents import own_files as files_of_people
from scheduler.home.errors import DUMP_FILE
from scheduler.home.home import Home

MAX_ATTEMPTS: Final = 3
"""Maximum number of attempts per run. A new attempt starts if the home directory changed in the
meantime."""

KEY_FILE: Final = re.compile(r"log\.key.*")
"""Pattern that matches the names of the log's key files."""

CDXJ_FILE: Final = re.compile(r"communique-\d{14}-[0-9a-f]{8}(?:\.open)?\.cdxj(?:\.open)?")
"""Pattern that matches the names of CDXJ files."""

KEPT_TILES: Final = "restore them from this backup, which still has them"

LOST_TILES: Final = (
    "this backup does not have them; restore them from another copy of the log, such as "
    "HOME/site/log or the bucket of `archive.target`, then run `communique mirror verify`"
)

DAY: Final = dt.timedelta(days=1)


class NotBackedUp(CommuniqueError):
    """Raised if a backup could not be completed. The previous backup is unchanged."""

    def __init__(self, to: Path, cause: str) -> None:
        super().__init__(
            f"the backup in {to} was not finished ({cause}); the previous backup there is "
            "unchanged, and the next run reuses the copied files"
        )
        self.to = to
        self.cause = cause


class BackedUp(msgspec.Struct, frozen=True):
    """Result of a run: the size of the backup, and the files that this run copied.

    The backup has ``files`` files with ``bytes`` bytes in total. This run ``copied`` and ``linked``
    new or changed files, and wrote ``copied_bytes``. ``problems`` are faults of the home directory
    itself: all existing files were copied.
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


def back_up(home: Home, to: Path, on_progress: OnStepProgress | None = None) -> BackedUp:
    """Back up a home directory to the folder ``to``, which is created if it does not exist.

    ``on_progress`` is called with the name of a step, its progress, and its total. Raises
    BackupRefused if the folder can't be used, and NotBackedUp if the backup could not be completed.
    """
    to = to.absolute()
    if to.resolve().is_relative_to(home.path):
        cause = (
            f"the folder is inside {home.path}; choose a folder outside, preferably on another disk"
        )
        raise BackupRefused(to, cause)
    try:
        to.mkdir(parents=True, exist_ok=True)
        with held(to):
            return BackupRun(home, to, on_progress or (lambda _what, _done, _of: None)).run()
    except (FileExistsError, NotADirectoryError) as error:
        raise BackupRefused(to, "the path is not a folder; choose another one") from error
    except OSError as error:
        raise NotBackedUp(to, cause_of(error)) from error
    except (ArchiveError, NotDumped, StoreError) as error:
        raise NotBackedUp(to, str(error)) from error


class ChangedMeanwhile(Exception):
    """Raised if the copied store refers to a record or source that was removed or renamed.

    The change happened during the run, so the run starts again.
    """


class BackupRun:
    """One run of a backup, by a process that holds the lock of the folder ``to``."""

    def __init__(self, home: Home, to: Path, on_progress: OnStepProgress) -> None:
        self._home = home
        self._on_progress = on_progress
        self._before = open_backup(home, to)
        self._folder = BackupFolder(to, self._before.files)
        self._problems: list[str] = []
        self._is_last = False

    def run(self) -> BackedUp:
        """Copy the home directory, check the copy, and make the backup valid."""
        folder = self._folder
        for attempt in range(MAX_ATTEMPTS):
            at = utc_now()
            self._problems = []
            self._is_last = attempt == MAX_ATTEMPTS - 1
            folder.begin(at, attempt)
            try:
                copy, state = self._copy_sqlite() if self._is_sqlite else self._copy_postgresql()
            except ChangedMeanwhile:
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
        copied = self._folder.files.get(self._home.database.name)
        if copied and not self._is_last:
            then = source_moves(self._folder.path / copied.at)
            if then != source_moves(self._home.database):
                # A source was renamed after the store was copied.
                raise ChangedMeanwhile
        # These files are finished. The log, which is read next, has leaves for all their records.
        full = full_files(self._home.archive)
        state = self._copy_log()
        self._copy_records(full, state)
        self._check(copy, state)
        return copy, state

    def _copy_postgresql(self) -> tuple[StoreCopy, LogState]:
        """Copy the log, then the database.

        The database contains the leaves that are not in the log yet.
        """
        full = full_files(self._home.archive)
        state = self._copy_log()
        if self._home.archive.is_dir():
            try:
                # Imported here: the libraries for PostgreSQL may not be installed.
                from data.archive.log.shared_log import LeafTable  # noqa: PLC0415
            except ImportError as error:
                raise StoreError(masked(self._home.store_url), MISSING) from error
            state.given = LeafTable(self._home.store_url).end()
        if shutil.which("pg_dump"):
            target = self._folder.new(DUMP_FILE)
            dump(self._home.store_url, target)
            self._folder.take(DUMP_FILE, target, target.stat())
        else:
            self._problems.append(
                "the store is in PostgreSQL and not in this backup, because pg_dump is not"
                " installed: install it, or copy the database while nothing uses it, and keep both"
                " copies together"
            )
        self._copy_files()
        self._copy_records(full, state)
        return StoreCopy(), state

    def _copy_store(self) -> StoreCopy:
        database = self._home.database
        self._home.check_store()
        if is_nothing(database):
            return StoreCopy()
        target = self._folder.new(database.name)
        copy_store(database, target, lambda done, of: self._on_progress("store", done, of))
        check_integrity(target)
        found = read_copy(target)
        self._folder.take(database.name, target, database.stat())
        return found

    def _copy_log(self) -> LogState:
        """Copy the current log, except tiles that never change. Raises OSError."""
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
        """Keep the previous backup's copies of tiles that disappeared from the log."""
        before = self._before.files
        kept = [name for name in lost if name in before]
        self._folder.files.update({name: before[name] for name in kept})
        others = [name for name in lost if name not in before]
        for names, cure in ((kept, KEPT_TILES), (others, LOST_TILES)):
            if names:
                what = counted(len(names), "file of the log", "files of the log")
                self._problems.append(
                    f"{what} missing from {self._home.path}, for example {names[0]}: {cure}"
                )

    def _copy_records(self, full: Mapping[str, Path], state: LogState) -> None:
        """Copy the records that the log covers.

        Files in ``full``, which were already finished, are copied completely. Raises
        ChangedMeanwhile if a file disappears, and OSError if a file can't be copied.
        """
        archive = self._home.archive
        if not archive.is_dir():
            return
        never_change = [archive / "log" / name for name in state.full]
        never_change += [one for path in full.values() for one in (path, cdxj_path(path))]
        for done, path in enumerate(never_change):
            self._on_progress("archive", done, len(never_change))
            with self._unless_gone(path):
                self._folder.keep(path.relative_to(self._home.path).as_posix(), path)
        for path in own_files(archive):
            if path.name not in full:
                with self._unless_gone(path):
                    one = logged_part(self._home.path, path, state)
                    if one.size:
                        name = f"archive/{one.name}{DOT_OPEN}"
                        self._folder.copy(name, one.path, one.size)
                        self._folder.write(cdxj_path(Path(name)).as_posix(), one.lines)
        for path in self._others():
            self._folder.copy(f"archive/{path.name}", path)
        self._keep_lost()
        self._on_progress("archive", len(never_change), len(never_change))

    @contextmanager
    def _unless_gone(self, path: Path) -> Iterator[None]:
        """Context manager that starts the run again if a file of the archive disappears.

        In the last attempt, the missing file is reported as a problem.
        """
        try:
            yield
        except FileNotFoundError as error:
            if not self._is_last:
                raise ChangedMeanwhile from error
            self._problems.append(f"{path} is gone")

    def _others(self) -> Iterator[Path]:
        """Yield the files of other programs in the archive's folder."""
        caches = {
            path.name for one in (INDEX_FILE, REQUISITES_FILE) for path in files_of(Path(one))
        }
        for path in sorted(self._home.archive.iterdir()):
            name = path.name
            is_ours = NAME.fullmatch(name.removesuffix(DOT_OPEN)) or CDXJ_FILE.fullmatch(name)
            if (
                not is_ours
                and name not in caches
                and not UNFINISHED_FILE.fullmatch(name)
                and path.is_file()
            ):
                yield path

    def _keep_lost(self) -> None:
        """Keep the previous backup's copies of WARC files that disappeared without a removal."""
        files = self._folder.files
        gone = [
            name
            for name in self._before.files
            if NAME.fullmatch(name.removeprefix("archive/"))
            and not {name, f"{name}{DOT_OPEN}"} & files.keys()
        ]
        removals = listed_at(self._home.archive, REMOVAL) if gone else ()
        if any(one.at >= self._before.at - DAY for one in removals):
            return
        for name in gone:
            for one in (name, cdxj_path(Path(name)).as_posix()):
                if one in self._before.files:
                    files[one] = self._before.files[one]
            self._problems.append(
                f"{name} is gone from {self._home.path}, although nothing was removed from the "
                "archive: restore it from this backup, which still has it"
            )

    def _copy_files(self) -> None:
        found = [*files_of_people(self._home)]
        for done, (name, path) in enumerate(found):
            self._on_progress("files", done, len(found))
            if KEY_FILE.fullmatch(name) and (self._home.archive / "log").is_dir():
                # The key is copied together with the log that it signs.
                continue
            if not is_text(name):
                self._problems.append(f"{name!r} is left out: its name is not valid UTF-8")
                continue
            # A file that is deleted during the backup is not copied.
            with suppress(FileNotFoundError):
                self._folder.copy(name, path)
        self._on_progress("files", len(found), len(found))

    def _check(self, copy: StoreCopy, state: LogState) -> None:
        """Check that the archive contains all records to which the store refers.

        Raises ChangedMeanwhile if one is missing: records may have been removed during the run.
        """
        sizes = {
            name.removeprefix("archive/").removesuffix(DOT_OPEN): file.bytes
            for name, file in self._folder.files.items()
        }
        lost = {
            one.file
            for one in copy.captures
            if one.file and (one.end > sizes.get(one.file, 0) or one.leaf >= state.leaves)
        }
        wrong = [f"the store refers to records in archive/{one} that are missing" for one in lost]
        if copy.journal_end:
            try:
                if not has_leaf(self._home.path, state, uuid_of(copy.journal_end)):
                    wrong.append("the last record of the journal is missing in the log")
            except ArchiveError as error:
                wrong.append(str(error))
        if wrong and not self._is_last:
            raise ChangedMeanwhile
        self._problems += [f"{one}: see `communique mirror verify`" for one in sorted(wrong)]


def open_backup(home: Home, to: Path) -> Manifest:
    """Return the manifest of the backup in a folder, or of a new empty backup.

    Raises OSError, and BackupRefused, for example if the folder contains other files.
    """
    known = read_manifest(to)
    if known is None:
        if {one.name for one in to.iterdir()} - IGNORED_NAMES:
            raise BackupRefused(to, "the folder contains other files; choose an empty folder")
        with suppress(PermissionError):
            # A backup contains secrets. Some file systems do not support permissions.
            to.chmod(0o700)
        known = Manifest(str(home.path), utc_now())
        write_manifest(to, known)
        return known
    # A new home directory must not replace the backup of a lost one.
    is_same = known.log == origin_of(home.path) if known.log else known.home == str(home.path)
    if not is_same:
        cause = (
            f"the folder holds a backup of {known.home}, which is another HOME or has a new "
            "archive; restore that backup, or choose another folder"
        )
        raise BackupRefused(to, cause)
    return known
