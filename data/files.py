"""Atomic and durable writing of files. Files whose content would not change are not written."""

import errno
import fcntl
import math
import os
import secrets
import stat
import time
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

MAX_SYNCS = 16
"""Maximum number of threads that sync files at the same time."""

PIECE_BYTES = 1 << 20
"""Default size in bytes of the pieces in which a file is read."""

LOCK_POLL_SECONDS: Final = 0.02
"""Time in seconds between two attempts to take a lock that another process holds."""

MAX_LOCK_ATTEMPTS: Final = 1000
"""Maximum number of attempts to take a lock that other processes are only testing. A test takes
microseconds."""


class FileWriter:
    """Writes files in one folder, each completely or not at all.

    A file is first written under a temporary name. ``flush`` syncs all pending files at once, so
    that it waits for the disk only once, and then renames them. Only one process may write to a
    folder at a time. Methods raise OSError.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        # Paths are strings because there are very many.
        self._waiting: dict[str, str] = {}
        self._unsynced: set[Path] = set()
        self._known: set[str] = set()

    @property
    def waiting(self) -> int:
        """Return the number of files that wait for the next flush."""
        return len(self._waiting)

    def write(self, file: str, content: bytes) -> bool:
        """Write ``content`` to the file named ``file`` at the next flush.

        Returns False if the file already has this content.
        """
        path = f"{self.folder}/{file}"
        if same(path, content):
            return False
        folder = path.rpartition("/")[0]
        if folder not in self._known:
            self._make(Path(folder))
        temporary = str(incomplete(Path(path)))
        try:
            put(temporary, content)
        except OSError:
            Path(temporary).unlink(missing_ok=True)
            raise
        self._waiting[path] = temporary
        return True

    def remove(self, file: str) -> None:
        """Delete a file immediately, and folders that become empty."""
        path = self.folder / file
        path.unlink(missing_ok=True)
        for above in path.relative_to(self.folder).parents[:-1]:
            try:
                (self.folder / above).rmdir()
            except OSError:
                # The folder is not empty.
                return
            self._known.discard(f"{self.folder}/{above.as_posix()}")

    def flush(self) -> bool:
        """Sync all waiting files and rename them to their final names.

        If syncing fails, no file changes.
        """
        try:
            files = list(self._waiting.values())
            with ThreadPoolExecutor(MAX_SYNCS) as pool:
                # Parallel syncs take the time of one, because a disk commits many files together.
                shares = [files[start::MAX_SYNCS] for start in range(MAX_SYNCS)]
                deque(pool.map(_sync_all, filter(None, shares)), maxlen=0)
            for path, temporary in self._waiting.items():
                os.replace(temporary, path)  # noqa: PTH105 - strings are faster
            self._unsynced.update({Path(path).parent for path in self._waiting})
        except OSError:
            self.drop()
            raise
        self._waiting.clear()
        for folder in sorted(self._unsynced):
            sync(folder)
        self._unsynced.clear()
        return True

    def drop(self) -> None:
        """Discard all files that wait for the next flush."""
        for temporary in self._waiting.values():
            Path(temporary).unlink(missing_ok=True)
        self._waiting.clear()

    def _make(self, folder: Path) -> None:
        if str(folder) in self._known:
            return
        if not folder.is_dir():
            self._make(folder.parent)
            folder.mkdir(exist_ok=True)
            self._unsynced.add(folder.parent)
        self._known.add(str(folder))


def write_files(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write files in a folder, by their relative paths, like a `FileWriter`. Raises OSError."""
    writer = FileWriter(folder)
    for path, content in files.items():
        writer.write(path, content)
    writer.flush()


def write_at(handle: int, content: bytes, offset: int) -> None:
    """Write bytes to an open file at an offset. Raises OSError, maybe after a part is written."""
    rest = memoryview(content)
    while rest:
        # If the disk is almost full, only a part is written, and the next call raises the error.
        written = os.pwrite(handle, rest, offset)
        if not written:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        rest, offset = rest[written:], offset + written


def same(path: str, content: bytes) -> bool:
    """Return whether a file has exactly this content. Sizes are compared first."""
    try:
        if os.stat(path).st_size != len(content):  # noqa: PTH116 - strings are faster
            return False
        return Path(path).read_bytes() == content
    except FileNotFoundError:
        return False


def incomplete(path: Path) -> Path:
    """Return the path of a file while it is being written.

    The name is fixed, so the next run overwrites a file that a crash left behind.
    """
    return path.with_name(f".{path.name}.part")


def files_below(folder: Path) -> Iterator[Path]:
    """Yield the files in a folder and its subfolders. Raises OSError if a folder can't be read.

    Links to folders are not followed. ``Path.rglob`` skips unreadable folders instead.
    """
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            yield from files_below(path)
        elif path.is_file():
            yield path


def read_regular(path: Path, most: int = -1) -> bytes:
    """Read up to ``most`` bytes of a regular file. Raises OSError for any other file."""
    # Reading a pipe or device may never end, so open it without blocking and check its type first.
    with open(path, "rb", opener=lambda name, how: os.open(name, how | os.O_NONBLOCK)) as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(
                errno.EINVAL, "the path is a pipe or a device, not a regular file", str(path)
            )
        return file.read(most)


def pieces_of(path: Path, size: int = PIECE_BYTES) -> Iterator[bytes]:
    """Yield the content of a file in pieces of at most ``size`` bytes. Raises OSError."""
    with path.open("rb") as file:
        while piece := file.read(size):
            yield piece


def is_held(path: Path) -> bool:
    """Return whether a process holds the exclusive lock on a file or folder. Takes no lock."""
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Context manager that holds the exclusive lock on a lock file, and creates the file.

    Waits until no other process holds the lock. Raises OSError.
    """
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def take_lock(handle: int, seconds: float) -> None:
    """Take an exclusive lock, even while other processes test it.

    Raises BlockingIOError if another process still holds the lock after ``seconds``.
    """
    end = time.monotonic() + seconds
    while True:
        try:
            return _take_at_once(handle)
        except BlockingIOError:
            if time.monotonic() >= end:
                raise
        time.sleep(LOCK_POLL_SECONDS)


def _take_at_once(handle: int) -> None:
    for _ in range(MAX_LOCK_ATTEMPTS):
        with suppress(BlockingIOError):
            return fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # A check (is_held) takes a shared lock, so this succeeds during checks, but not
        # if another process holds the lock.
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        # Otherwise, two processes that want the lock would block each other.
        fcntl.flock(handle, fcntl.LOCK_UN)
        time.sleep(0.001)
    raise BlockingIOError


def put(path: str, content: bytes) -> None:
    """Write bytes to a file."""
    with os.fdopen(open_emptied(path), "wb", buffering=0) as file:
        rest = memoryview(content)
        # If the disk is almost full, only a part is written, and the next call raises the error.
        while rest:
            rest = rest[file.write(rest) :]


def write_secret(path: Path, text: str) -> None:
    """Write a new file that only its owner can read, like ``write_new``."""
    write_new(path, text, rights=0o600)


def write_new(path: Path, text: str, *, rights: int = 0o666) -> None:
    """Write a new file completely or not at all.

    Raises FileExistsError if the file already exists, and OSError.
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    how = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    try:
        with os.fdopen(os.open(temporary, how, rights), "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        # Creating a link fails if another process created the file in the meantime; renaming would
        # replace it.
        os.link(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
    sync(path.parent)


def was_written_since(path: Path, began: float) -> bool:
    """Return whether a file was written at ``began`` (seconds since 1970) or later."""
    # Some file systems store whole seconds.
    return path.stat().st_mtime >= math.floor(began)


def rewrite(path: Path, text: str) -> None:
    """Replace the content of a file completely or not at all, and keep its permissions.

    A symbolic link remains a link. Raises OSError.
    """
    path = path.resolve()
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with suppress(FileNotFoundError):
            # The file may contain a secret, so other users must never be able to read it.
            rights = path.stat().st_mode
            os.close(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
            temporary.chmod(rights)
        put(str(temporary), text.encode())
        sync(temporary)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    sync(path.parent)


def open_emptied(path: str) -> int:
    """Open a file for writing and empty it. A symbolic link is replaced; its target is kept."""
    how = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW
    try:
        return os.open(path, how, 0o666)
    except OSError as error:
        # FreeBSD uses EMLINK.
        if error.errno not in {errno.ELOOP, errno.EMLINK}:
            raise
        Path(path).unlink()
        return os.open(path, how, 0o666)


def sync(path: str | Path) -> None:
    """Sync a file, or the entries of a folder, to disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _sync_all(paths: Iterable[str]) -> None:
    for path in paths:
        sync(path)
