"""Folder of a backup. Files are copied and then read again, or hard-linked.

Files that never change are in the folder ``archive``, all others in the ``state-…`` folder of the
run that copied them. So a killed run does not change the previous backup.
"""

import datetime as dt
import errno
import fcntl
import hashlib
import os
import secrets
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Final

import msgspec

from data.errors import CommuniqueError
from data.files import sync
from scheduler.home.backup.contents import UNFINISHED_FILE, BackupRefused, StoredFile

STATE_PREFIX: Final = "state-"
"""Prefix for the name of a run's folder, which contains the files that may change."""

IGNORED_NAMES: Final = frozenset(["lost+found"])
"""Names that an empty folder may contain, because file systems create them."""

CHUNK_BYTES: Final = 1 << 20
"""Number of bytes copied per step."""


class CopyDamaged(CommuniqueError):
    """Raised if a copy differs from the original when it is read again."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"{path} differs from the data written to it: check its disk, or use another one"
        )
        self.path = path


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Context manager that locks a folder against other runs.

    Raises BackupRefused if another process has the lock, and OSError if the folder can't be opened.
    """
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as error:
        raise BackupRefused(
            folder, "another process is using the folder; try again later"
        ) from error
    finally:
        os.close(handle)


def cause_of(error: OSError) -> str:
    """Return the reason why a file can't be read or written, and how to fix it."""
    where = f"{error.filename}: " if error.filename else ""
    match error.errno:
        case errno.ENOSPC | errno.EDQUOT:
            return f"{where}the disk is full: free space on it"
        case errno.EACCES | errno.EPERM | errno.EROFS:
            return f"{where}{error.strerror}: run this as the owner, or name another folder"
    return f"{where}{error.strerror or error}"


def sha256_of_file(path: Path) -> str:
    """Return the SHA-256 of a file. Raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def copy_file(source: Path, target: Path, *, size: int | None = None, mode: int = 0o600) -> str:
    """Copy a file, or its first ``size`` bytes, durably, and return the SHA-256 of the copy.

    ``target`` appears only when it is complete. Raises CopyDamaged and OSError.
    """
    with source.open("rb") as file:
        return write_file(_pieces(file, size), target, mode)


def write_file(pieces: Iterable[bytes], target: Path, mode: int = 0o600) -> str:
    """Write a file durably from pieces of its content, read it again, and return its SHA-256.

    ``target`` appears only when it is complete. Raises CopyDamaged and OSError.
    """
    digest = hashlib.sha256()
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.name[:200]}.{secrets.token_hex(4)}")
    try:
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            for piece in pieces:
                digest.update(piece)
                file.write(piece)
            file.flush()
            os.fchmod(handle, mode)
            os.fsync(handle)
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
    sync(target.parent)
    with target.open("rb") as file:
        if hasattr(os, "posix_fadvise"):
            # The file must be read from the disk and not from the system's cache.
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        if hashlib.file_digest(file, "sha256").digest() != digest.digest():
            raise CopyDamaged(target)
    return digest.hexdigest()


def _pieces(file: IO[bytes], size: int | None) -> Iterator[bytes]:
    left = size
    while piece := file.read(CHUNK_BYTES if left is None else min(CHUNK_BYTES, left)):
        yield piece
        left = None if left is None else left - len(piece)


def link_or_copy(source: Path, target: Path, *, mode: int = 0o600) -> str | None:
    """Create a hard link to a file that never changes, or a copy if links are impossible.

    Returns the SHA-256 of a copy, or None for a link. Raises CopyDamaged and OSError.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    with suppress(OSError):
        # This is another file system, or links are unsupported or too many.
        os.link(source.resolve(), target)
        return None
    return copy_file(source, target, mode=mode)


class BackupFolder:
    """The backup in the folder ``path``.

    ``before`` contains its files before this run, and ``files`` the files of this run.

    ``copied`` and ``linked`` are the numbers of new or changed files that were copied and linked.
    ``copied_bytes`` is the total size of the copied files. All methods raise OSError if a file
    can't be read or written.
    """

    def __init__(self, path: Path, before: Mapping[str, StoredFile]) -> None:
        self.path = path
        self.before = before
        self.files: dict[str, StoredFile] = {}
        self.copied = self.linked = self.copied_bytes = 0
        self._state = ""

    def begin(self, at: dt.datetime, attempt: int) -> None:
        """Start an attempt, and delete files from earlier attempts or killed runs."""
        self.files = {}
        self._delete({one.at for one in self.before.values()}, kept=True)
        self._state = f"{STATE_PREFIX}{at:%Y%m%dT%H%M%S}-{attempt}-{os.getpid()}"
        (self.path / self._state).mkdir(mode=0o700)

    def finish(self) -> None:
        """Delete files that the backup no longer needs."""
        self._delete({one.at for one in self.files.values()}, kept=False)

    def new(self, name: str) -> Path:
        """Create an empty file that only its owner can read, and return its path.

        The caller writes the content and then calls ``take``.
        """
        target = self.path / self._state / name
        os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        return target

    def keep(self, name: str, path: Path) -> None:
        """Add a file that never changes, as a hard link or a copy.

        Raises FileNotFoundError if the file has been deleted.
        """
        stat = path.stat()
        target = self.path / name
        if known := self._unchanged(name, stat):
            self.files[name] = known
        elif has(target, stat.st_size, stat.st_mtime_ns):
            # A killed run has already copied this file.
            self._note(name, target, sha256_of_file(target), stat)
        else:
            target.unlink(missing_ok=True)
            made = link_or_copy(path, target)
            self.copied += made is not None
            self.linked += made is None
            self.copied_bytes += stat.st_size if made else 0
            self._note(name, target, made or sha256_of_file(target), stat)

    def copy(self, name: str, path: Path, size: int | None = None) -> None:
        """Add a file, or its first ``size`` bytes. An unchanged file is not copied again."""
        stat = path.stat()
        target = self.path / self._state / name
        if known := self._unchanged(name, stat, size):
            target.parent.mkdir(parents=True, exist_ok=True)
            with suppress(OSError):
                os.link(self.path / known.at, target)
                self.files[name] = msgspec.structs.replace(known, at=f"{self._state}/{name}")
                return
        self._note(name, target, copy_file(path, target, size=size), stat)
        self.copied += 1
        self.copied_bytes += self.files[name].bytes

    def take(self, name: str, target: Path, stat: os.stat_result) -> None:
        """Add a file that ``new`` created. The file counts as copied if its content changed."""
        digest = sha256_of_file(target)
        self._note(name, target, digest, stat)
        known = self.before.get(name)
        if known is None or known.sha256 != digest:
            self.copied += 1
            self.copied_bytes += self.files[name].bytes

    def write(self, name: str, content: bytes) -> None:
        """Add a file with the given content."""
        target = self.path / self._state / name
        self._note(name, target, write_file([content], target), None)

    def _unchanged(
        self, name: str, stat: os.stat_result, size: int | None = None
    ) -> StoredFile | None:
        """Return the stored copy of a file, or None if the file has changed since it was stored.

        If ``size`` is given, only the first ``size`` bytes of the file count.
        """
        known = self.before.get(name)
        now = stat.st_size if size is None else size, stat.st_mtime_ns
        if known and (known.bytes, known.changed) == now and has(self.path / known.at, known.bytes):
            return known
        return None

    def _note(self, name: str, target: Path, digest: str, stat: os.stat_result | None) -> None:
        """Record a file of the backup under its name in HOME.

        The permissions and the time in ``stat`` are recorded too.
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
        """Delete all files except the ``used`` files.

        With ``kept``, files that never change are not deleted.
        """
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


def has(path: Path, size: int, changed: int | None = None) -> bool:
    """Return whether a file exists with this size and, if given, this modification time.

    ``changed`` is the time in nanoseconds since 1970.
    """
    with suppress(OSError):
        found = path.stat()
        return found.st_size == size and changed in {None, found.st_mtime_ns}
    return False
