"""Files that nobody sees half written, and that stay as they are while their content does."""

from __future__ import annotations

import errno
import os
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeAlias

State: TypeAlias = tuple[int, int, int]
"""What changes when a file does: inode, size, time of the last change in nanoseconds."""


@dataclass(frozen=True, slots=True)
class Copy:
    """Bytes of a file that lies at ``path`` as its ``state`` says, from ``begin`` on."""

    path: str
    state: State
    begin: int
    size: int

    def __len__(self) -> int:
        return self.size

    @contextmanager
    def opened(self) -> Iterator[int]:
        """The file, open to be read. Raises OSError where it is another by now."""
        handle = os.open(self.path, os.O_RDONLY)
        try:
            if state_of(os.fstat(handle)) != self.state:
                raise OSError(errno.ESTALE, "changed while it was published", self.path)
            yield handle
        finally:
            os.close(handle)

    def read(self) -> bytes:
        """The bytes."""
        with self.opened() as handle:
            return os.pread(handle, self.size, self.begin)


Bytes: TypeAlias = bytes | Copy

AT_ONCE = 16
"""Files that the disk is asked to keep at the same time."""


TICK = 0.01
"""Seconds within which two changes of a file may leave the same time in it."""

MOST = 1000
"""Parts of a file that the system takes at once."""


class Write(Protocol):
    """Has a file written, whose content may come in parts; what it returns says nothing here."""

    def __call__(self, file: str, /, *content: Bytes) -> object:
        """Put ``content`` at ``file``."""


class Checkpoint(Protocol):
    """Called between files: where very many wait, has all that was done until now kept.

    ``settle`` notes what was done, so that whoever goes on later finds it.
    """

    def __call__(self, settle: Callable[[], None], /) -> None:
        """Keep what was done, if it is much."""


class Writer:
    """Writes files below one folder, each whole or not at all, whatever happens meanwhile.

    A file goes to a temporary name beside its own; ``flush`` syncs all that waits and only then
    gives them their names, so that the disk is waited for once. One process writes to a folder at
    a time. Raises OSError.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        # By their paths as text: there are very many.
        self._waiting: dict[str, tuple[str, State]] = {}
        self._unsynced: set[Path] = set()
        self._known: set[str] = set()
        self._last = 0.0

    @property
    def waiting(self) -> int:
        """How many files wait for the next flush."""
        return len(self._waiting)

    def write(self, file: str, *content: Bytes) -> bool:
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
            self._waiting[path] = temporary, put(temporary, content)
        except OSError:
            Path(temporary).unlink(missing_ok=True)
            raise
        self._last = time.monotonic()
        return True

    def holds(self, file: str, *content: Bytes) -> bool:
        """Whether ``file`` holds just this content."""
        return same(f"{self.folder}/{file}", content)

    def state(self, file: str) -> State:
        """The state of a file, as it will be after the next flush."""
        path = f"{self.folder}/{file}"
        if path in self._waiting:
            return self._waiting[path][1]
        return state_of(os.stat(path))  # noqa: PTH116 - text is quicker

    def flush(self) -> bool:
        """Give all that waits its name, once it would survive a loss of power.

        Where that fails, every file stays as it was.
        """
        try:
            files = [temporary for temporary, _ in self._waiting.values()]
            with ThreadPoolExecutor(AT_ONCE) as pool:
                # Together: a disk commits many files in the time of one.
                shares = [files[start::AT_ONCE] for start in range(AT_ONCE)]
                deque(pool.map(sync_all, filter(None, shares)), maxlen=0)
            for path, (temporary, _) in self._waiting.items():
                os.replace(temporary, path)  # noqa: PTH105 - text is quicker
            self._unsynced.update({Path(path).parent for path in self._waiting})
        except OSError:
            self.drop()
            raise
        self._waiting.clear()
        # Whoever changes a file from here on leaves another time in it, so that it shows.
        time.sleep(max(self._last + TICK - time.monotonic(), 0))
        for folder in sorted(self._unsynced):
            sync(folder)
        self._unsynced.clear()
        return True

    def drop(self) -> None:
        """Forget all that waits."""
        for temporary, _ in self._waiting.values():
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


def state_of(found: os.stat_result) -> State:
    """The state of a file."""
    return found.st_ino, found.st_size, found.st_mtime_ns


def same(path: str, content: Sequence[Bytes]) -> bool:
    """Whether a file holds just this content; the size is asked first."""
    try:
        if os.stat(path).st_size != sum(map(len, content)):  # noqa: PTH116 - text is quicker
            return False
        held = Path(path).read_bytes()
    except FileNotFoundError:
        return False
    return held == b"".join([one.read() if isinstance(one, Copy) else one for one in content])


def put(path: str, content: Sequence[Bytes]) -> State:
    """Write a file, its parts as they are: joining them would cost as much as writing them.

    Returns the state that it is left in.
    """
    handle = opened_anew(path)
    try:
        some: list[bytes] = []
        for part in content:
            if isinstance(part, Copy):
                write_out(handle, some)
                some = []
                copy(part, handle)
            else:
                some.append(part)
        write_out(handle, some)
        return state_of(os.fstat(handle))
    finally:
        os.close(handle)


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


def write_out(handle: int, parts: Sequence[bytes]) -> None:
    """Write parts of a file one after the other."""
    for start in range(0, len(parts), MOST):
        some = parts[start : start + MOST]
        written = os.writev(handle, some)
        if written < sum(map(len, some)):
            # A disk that is nearly full takes a part; the next call says why.
            rest = memoryview(b"".join(some))[written:]
            while rest:
                rest = rest[os.write(handle, rest) :]


def copy(part: Copy, handle: int) -> None:
    """Have the system copy bytes from file to file; where it can't, do so."""
    begin, end = part.begin, part.begin + part.size
    with part.opened() as source:
        try:
            while begin < end and (
                copied := os.copy_file_range(source, handle, end - begin, begin)
            ):
                begin += copied
        except (AttributeError, OSError):
            # Another system, or a file system that can't. A full disk says so again below.
            pass
        write_out(handle, [os.pread(source, end - begin, begin)])


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
