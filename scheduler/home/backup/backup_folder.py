"""The folder of a backup, which stores files that differ from the previous backup."""

from __future__ import annotations

import datetime as dt
import errno
import fcntl
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import msgspec

from data.errors import CommuniqueError
from scheduler.home.backup.contents import UNFINISHED_FILE
from scheduler.home.backup.copying import copy_file, digest_of, link_or_copy, write_file
from scheduler.home.backup.manifest import StoredFile

STATE_PREFIX: Final = "state-"
"""Prefix of the folder of one run, which holds the files that may change."""

IGNORED_NAMES: Final = frozenset(["lost+found"])
"""Names that may be in an otherwise empty folder: file systems create them."""


class BackupRefused(CommuniqueError):
    """A backup, or a home directory from one, can't be written to the given folder."""

    exit_code = 2

    def __init__(self, to: Path, cause: str) -> None:
        super().__init__(f"{to}: {cause}")
        self.to = to
        self.cause = cause


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Lock a folder against other runs. Raises BackupRefused and OSError."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as error:
        raise BackupRefused(folder, "another process is using it; try again later") from error
    finally:
        os.close(handle)


def cause_of(error: OSError) -> str:
    """Why a file can't be read or written, and how to fix it."""
    where = f"{error.filename}: " if error.filename else ""
    match error.errno:
        case errno.ENOSPC | errno.EDQUOT:
            return f"{where}the disk is full: free space on it"
        case errno.EACCES | errno.EPERM | errno.EROFS:
            return f"{where}{error.strerror}: run this as the owner, or name another folder"
    return f"{where}{error.strerror or error}"


class BackupFolder:
    """The folder ``path`` with the files ``before``; ``files`` are the files of this run.

    ``copied`` and ``linked`` count new or changed files, of ``copied_bytes``. All methods raise
    OSError.
    """

    def __init__(self, path: Path, before: Mapping[str, StoredFile]) -> None:
        self.path = path
        self.before = before
        self.files: dict[str, StoredFile] = {}
        self.copied = self.linked = self.copied_bytes = 0
        self._state = ""

    def begin(self, at: dt.datetime, attempt: int) -> None:
        """Start an attempt, and delete what earlier attempts or killed runs left."""
        self.files = {}
        self._delete({one.at for one in self.before.values()}, kept=True)
        self._state = f"{STATE_PREFIX}{at:%Y%m%dT%H%M%S}-{attempt}-{os.getpid()}"
        (self.path / self._state).mkdir(mode=0o700)

    def finish(self) -> None:
        """Delete files that the backup no longer needs."""
        self._delete({one.at for one in self.files.values()}, kept=False)

    def new(self, name: str) -> Path:
        """An empty file, readable for its owner only, to write to; then call ``take``."""
        target = self.path / self._state / name
        os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        return target

    def keep(self, name: str, path: Path) -> None:
        """Add a file that never changes, as a hard link or a copy.

        Raises FileNotFoundError if the file is gone.
        """
        stat = path.stat()
        known = self.before.get(name)
        if known and is_same(known, stat) and still_has(self.path / known.at, known):
            self.files[name] = known
            return
        target = self.path / name
        if is_copy(target, stat):
            # A killed run copied this file already.
            digest = digest_of(target)
        else:
            target.unlink(missing_ok=True)
            made = link_or_copy(path, target)
            self.copied += made is not None
            self.linked += made is None
            self.copied_bytes += stat.st_size if made else 0
            digest = made or digest_of(target)
        self.note(name, target, digest, stat)

    def copy(self, name: str, path: Path) -> None:
        """Add the current contents of a file; an unchanged file is not copied again."""
        self.copy_part(name, path, None)

    def copy_part(self, name: str, path: Path, size: int | None) -> None:
        """Add the first ``size`` bytes of a file, or all of it; see ``copy``."""
        stat = path.stat()
        target = self.path / self._state / name
        known = self.before.get(name)
        if known and is_same(known, stat, size) and still_has(self.path / known.at, known):
            target.parent.mkdir(parents=True, exist_ok=True)
            with suppress(OSError):
                os.link(self.path / known.at, target)
                self.files[name] = msgspec.structs.replace(known, at=f"{self._state}/{name}")
                return
        digest = copy_file(path, target, size=size)
        self.copied += 1
        self.note(name, target, digest, stat)
        self.copied_bytes += self.files[name].bytes

    def take(self, name: str, target: Path, stat: os.stat_result) -> None:
        """Add a file created by ``new``; it counts as copied if its contents changed."""
        digest = digest_of(target)
        self.note(name, target, digest, stat)
        known = self.before.get(name)
        if known is None or known.sha256 != digest:
            self.copied += 1
            self.copied_bytes += self.files[name].bytes

    def write(self, name: str, content: bytes) -> None:
        """Add a file with this content."""
        target = self.path / self._state / name
        self.note(name, target, write_file(content, target), None)

    def note(self, name: str, target: Path, digest: str, stat: os.stat_result | None) -> None:
        """Record a file of the backup as the file ``name`` of HOME.

        It keeps the permissions and the time in ``stat``.
        """
        if stat and target.stat().st_mtime_ns != stat.st_mtime_ns:
            os.utime(target, ns=(stat.st_atime_ns, stat.st_mtime_ns))
        self.files[name] = StoredFile(
            target.relative_to(self.path).as_posix(),
            target.stat().st_size,
            digest,
            stat.st_mode & 0o777 if stat else 0o600,
            stat.st_mtime_ns if stat else 0,
        )

    def _delete(self, used: set[str], *, kept: bool) -> None:
        """Delete everything but ``used`` files; files that never change are kept if ``kept``."""
        states = {place.split("/", 1)[0] for place in used}
        for path in self.path.iterdir():
            if path.name.startswith(STATE_PREFIX) and path.name not in states:
                shutil.rmtree(path)
            elif UNFINISHED_FILE.fullmatch(path.name):
                path.unlink()
        for folder, _, names in os.walk(self.path / "archive"):
            for name in names:
                path = Path(folder, name)
                is_used = kept or path.relative_to(self.path).as_posix() in used
                if UNFINISHED_FILE.fullmatch(name) or not is_used:
                    path.unlink()


def is_same(known: StoredFile, stat: os.stat_result, size: int | None = None) -> bool:
    """Whether a file, or its first ``size`` bytes, is unchanged since it was copied."""
    size = stat.st_size if size is None else size
    return (known.bytes, known.changed) == (size, stat.st_mtime_ns)


def still_has(path: Path, known: StoredFile) -> bool:
    """Whether a backup still has a file, judged by its size."""
    with suppress(OSError):
        return path.stat().st_size == known.bytes
    return False


def is_copy(path: Path, stat: os.stat_result) -> bool:
    """Whether a complete copy of a file exists already, judged by size and time."""
    with suppress(OSError):
        copy = path.stat()
        return (copy.st_size, copy.st_mtime_ns) == (stat.st_size, stat.st_mtime_ns)
    return False
