"""Files that nobody sees half written, and that stay as they are while their content does."""

from __future__ import annotations

import errno
import fcntl
import os
import secrets
import stat
from collections import deque
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

AT_ONCE = 16
"""Files that the disk is asked to keep at the same time."""


class Writer:
    """Writes files below one folder, each whole or not at all, whatever happens meanwhile.

    A file goes to a temporary name beside its own; ``flush`` syncs all that waits and only then
    gives them their names, so that the disk is waited for once. One process writes to a folder at
    a time. Raises OSError.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        # By their paths as text: there are very many.
        self._waiting: dict[str, str] = {}
        self._unsynced: set[Path] = set()
        self._known: set[str] = set()

    @property
    def waiting(self) -> int:
        """How many files wait for the next flush."""
        return len(self._waiting)

    def write(self, file: str, content: bytes) -> bool:
        """Put ``content`` at ``file`` by the next flush; False where it was there already."""
        path = f"{self.folder}/{file}"
        if same(path, content):
            return False
        folder, _, name = path.rpartition("/")
        if folder not in self._known:
            self._make(Path(folder))
        # A name that a crash leaves behind is taken again by the next run.
        temporary = f"{folder}/.{name}.part"
        try:
            put(temporary, content)
        except OSError:
            Path(temporary).unlink(missing_ok=True)
            raise
        self._waiting[path] = temporary
        return True

    def remove(self, file: str) -> None:
        """Delete a file at once, and the folders that this leaves empty."""
        path = self.folder / file
        path.unlink(missing_ok=True)
        for above in path.relative_to(self.folder).parents[:-1]:
            try:
                (self.folder / above).rmdir()
            except OSError:
                # Something else is in it.
                return
            self._known.discard(f"{self.folder}/{above.as_posix()}")

    def flush(self) -> bool:
        """Give all that waits its name, once it would survive a loss of power.

        Where that fails, every file stays as it was.
        """
        try:
            files = list(self._waiting.values())
            with ThreadPoolExecutor(AT_ONCE) as pool:
                # Together: a disk commits many files in the time of one.
                shares = [files[start::AT_ONCE] for start in range(AT_ONCE)]
                deque(pool.map(sync_all, filter(None, shares)), maxlen=0)
            for path, temporary in self._waiting.items():
                os.replace(temporary, path)  # noqa: PTH105 - text is quicker
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
        """Forget all that waits."""
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


def same(path: str, content: bytes) -> bool:
    """Whether a file holds just this content; the size is asked first."""
    try:
        if os.stat(path).st_size != len(content):  # noqa: PTH116 - text is quicker
            return False
        return Path(path).read_bytes() == content
    except FileNotFoundError:
        return False


def read_regular(path: Path, most: int = -1) -> bytes:
    """What a file holds, up to ``most`` bytes. Raises OSError, also for what is no file."""
    # A pipe or a device is opened without waiting, and asked what it is: reading may never end.
    with open(path, "rb", opener=_at_once) as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(errno.EINVAL, "it is a pipe or a device", str(path))
        return file.read(most)


def _at_once(path: str, how: int) -> int:
    """Open a file, be it a pipe that nobody writes to."""
    return os.open(path, how | os.O_NONBLOCK)


def is_held(path: Path) -> bool:
    """Whether a process holds the lock of a file or folder for itself; it is not taken."""
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False


def put(path: str, content: bytes) -> None:
    """Write a file."""
    with os.fdopen(opened_anew(path), "wb", buffering=0) as file:
        rest = memoryview(content)
        # A disk that is nearly full takes a part; the next call says why.
        while rest:
            rest = rest[file.write(rest) :]


def write_secret(path: Path, text: str) -> None:
    """Write a new file for its owner only; see ``write_new``."""
    write_new(path, text, rights=0o600)


def write_new(path: Path, text: str, *, rights: int = 0o666) -> None:
    """Write a new file, whole or not at all: nobody sees a part of it.

    Raises FileExistsError where one is there, which stays as it is, and OSError.
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    how = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    try:
        with os.fdopen(os.open(temporary, how, rights), "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        # A second process that makes one at the same time shall not replace it.
        os.link(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
    sync(path.parent)


def rewrite(path: Path, text: str) -> None:
    """Write a file that a person may write too, whole or not at all; its rights stay as they are.

    A link stays a link. Raises OSError.
    """
    path = path.resolve()
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with suppress(FileNotFoundError):
            # It may hold what nobody else shall read, be it for a moment.
            rights = path.stat().st_mode
            os.close(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
            temporary.chmod(rights)
        put(str(temporary), text.encode())
        sync(temporary)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    sync(path.parent)


def opened_anew(path: str) -> int:
    """A file to write to, emptied; a link at its place goes, and what it leads to stays."""
    how = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW
    try:
        return os.open(path, how, 0o666)
    except OSError as error:
        # FreeBSD says EMLINK.
        if error.errno not in {errno.ELOOP, errno.EMLINK}:
            raise
        Path(path).unlink()
        return os.open(path, how, 0o666)


def sync_all(paths: Iterable[str]) -> None:
    """Make files durable, one after the other."""
    for path in paths:
        sync(path)


def sync(path: str | Path) -> None:
    """Make a file, or the names in a folder, durable."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
