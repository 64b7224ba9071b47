"""Files that nobody sees half written, and that stay as they are while their content does."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Protocol, TypeAlias

Bytes: TypeAlias = bytes | memoryview

AT_ONCE = 16
"""Files that the disk is asked to keep at the same time."""


MOST = 1000
"""Parts of a file that the system takes at once."""


class Write(Protocol):
    """Has a file written, whose content may come in parts; what it returns says nothing here."""

    def __call__(self, file: str, /, *content: Bytes) -> object:
        """Put ``content`` at ``file``."""


class Pace(Protocol):
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
        self._waiting: dict[Path, Path] = {}
        self._unsynced: set[Path] = set()
        self._known: set[Path] = set()

    @property
    def waiting(self) -> int:
        """How many files wait for the next flush."""
        return len(self._waiting)

    def write(self, file: str, *content: Bytes) -> bool:
        """Put ``content`` at ``file`` by the next flush; False where it was there already."""
        if self.holds(file, *content):
            return False
        path = self.folder / file
        self._make(path.parent)
        # A name that a crash leaves behind is taken again by the next run.
        temporary = path.with_name(f".{path.name}.part")
        try:
            put(temporary, content)
        except OSError:
            temporary.unlink(missing_ok=True)
            raise
        self._waiting[path] = temporary
        return True

    def holds(self, file: str, *content: Bytes) -> bool:
        """Whether ``file`` holds just this content."""
        return same(self.folder / file, content)

    def flush(self) -> bool:
        """Give all that waits its name, once it would survive a loss of power.

        Where that fails, every file stays as it was.
        """
        try:
            with ThreadPoolExecutor(AT_ONCE) as pool:
                # Together: a disk commits many files in the time of one.
                deque(pool.map(sync, self._waiting.values()), maxlen=0)
                deque(pool.map(os.replace, self._waiting.values(), self._waiting), maxlen=0)
            self._unsynced.update(path.parent for path in self._waiting)
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
            temporary.unlink(missing_ok=True)
        self._waiting.clear()

    def _make(self, folder: Path) -> None:
        if folder in self._known:
            return
        if not folder.is_dir():
            self._make(folder.parent)
            folder.mkdir(exist_ok=True)
            self._unsynced.add(folder.parent)
        self._known.add(folder)


def same(path: Path, content: Sequence[Bytes]) -> bool:
    """Whether a file holds just this content; the size is asked first."""
    try:
        if path.stat().st_size != sum(map(len, content)):
            return False
        return path.read_bytes() == b"".join(content)
    except FileNotFoundError:
        return False


def put(path: Path, content: Sequence[Bytes]) -> None:
    """Write a file, its parts as they are: joining them would cost as much as writing them."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
    try:
        for start in range(0, len(content), MOST):
            some = content[start : start + MOST]
            written = os.writev(handle, some)
            if written < sum(map(len, some)):
                # A disk that is nearly full takes a part; the next call says why.
                rest = memoryview(b"".join(some))[written:]
                while rest:
                    rest = rest[os.write(handle, rest) :]
    finally:
        os.close(handle)


def sync(path: Path) -> None:
    """Make a file, or the names in a folder, durable."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
