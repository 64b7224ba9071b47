"""Entries that were taken in and stand in no tile yet: one file, appended to in turn.

The file begins with the number of its first entry (8 bytes, big-endian); entries of one size
follow. So the number of an entry is arithmetic, and so is where whole entries end after a crash.
Its beginning is given up by putting another file in its place, which is one step: no moment has
two files or none.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from data.archive.log.leaf import ENTRY
from data.files import put, read_regular, sync

HEAD: Final = 8


class Pending:
    """The file of one log's folder. Not for several threads at once; raises OSError.

    ``first`` tells the number of the first entry where there is no file: how many the tree holds.
    """

    def __init__(self, folder: Path, first: Callable[[], int]) -> None:
        self._path = folder / "pending"
        self._lock_path = folder / "pending.lock"
        self._first = first
        self._lock = -1
        self._file = -1
        self._base = 0

    @property
    def is_there(self) -> bool:
        """Whether there is such a file."""
        return self._path.exists() and self._path.stat().st_size >= HEAD

    def append(self, entries: bytes) -> int:
        """Take in entries, and return the number of the first; where it raises, none is in.

        A crash of the system may lose them again.
        """
        with self._locked():
            whole, begin = self._end()
            end = begin
            try:
                # Half an entry that a killed process left is written over.
                while entries:
                    # A disk that is nearly full takes a part; the next call says why.
                    written = os.pwrite(self._file, entries, end)
                    entries, end = entries[written:], end + written
            except OSError:
                os.ftruncate(self._file, begin)
                raise
            return self._base + whole

    def fill(self, size: int) -> int:
        """Make the log ``size`` entries long with void ones, where it is shorter; their count."""
        with self._locked():
            whole, end = self._end()
            missing = max(0, size - self._base - whole)
            if missing:
                os.ftruncate(self._file, end)
                os.ftruncate(self._file, end + missing * ENTRY)
            return missing

    def entries(self) -> tuple[int, list[bytes]]:
        """The number of the first entry, and all that are whole and now durable."""
        with self._locked():
            whole, _ = self._end()
        content = os.pread(self._file, whole * ENTRY, HEAD)
        os.fsync(self._file)
        return self._base, [content[at : at + ENTRY] for at in range(0, len(content), ENTRY)]

    def give_up(self, size: int) -> None:
        """Let go of the entries that a tree of ``size`` leaves holds; others wait on."""
        with self._locked():
            whole, end = self._end()
            if size <= self._base:
                return
            gone = min(size - self._base, whole)
            rest = os.pread(self._file, end - HEAD - gone * ENTRY, HEAD + gone * ENTRY)
            self._make(size, rest)

    def close(self) -> None:
        """Let go of the files."""
        for handle in (self._file, self._lock):
            if handle >= 0:
                os.close(handle)
        self._file = self._lock = -1

    @contextmanager
    def _locked(self) -> Iterator[None]:
        if self._lock < 0:
            self._lock_path.parent.mkdir(parents=True, exist_ok=True)
            self._lock = os.open(self._lock_path, os.O_RDWR | os.O_CREAT, 0o644)
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(self._lock, fcntl.LOCK_UN)

    def _end(self) -> tuple[int, int]:
        """How many whole entries there are, and the byte where the next one begins."""
        # Another process may have put a new file in the place of the one that is open here.
        state = os.fstat(self._file) if self._file >= 0 else None
        if state is None or not state.st_nlink:
            state = self._open()
        whole = max(0, state.st_size - HEAD) // ENTRY
        return whole, HEAD + whole * ENTRY

    def _open(self) -> os.stat_result:
        if self._file >= 0:
            os.close(self._file)
            self._file = -1
        first = self._first()
        if not self.is_there:
            self._make(first, b"")
        self._file = os.open(self._path, os.O_RDWR)
        state = os.fstat(self._file)
        self._base = int.from_bytes(os.pread(self._file, HEAD, 0))
        if self._base + (state.st_size - HEAD) // ENTRY < first:
            # A loss of power took what the tree holds already.
            self._make(first, b"")
            return self._open()
        return state

    def _make(self, base: int, entries: bytes) -> None:
        temporary = f"{self._path}.part"
        put(temporary, base.to_bytes(HEAD) + entries)
        sync(temporary)
        Path(temporary).replace(self._path)
        sync(self._path.parent)


def waiting_entries(path: Path, size: int) -> bytes:
    """The whole entries that wait behind the first ``size``; nothing is written.

    None where some are missing between these.
    """
    if not path.exists():
        return b""
    content = read_regular(path)
    base = int.from_bytes(content[:HEAD])
    whole = content[HEAD : HEAD + (len(content) - HEAD) // ENTRY * ENTRY]
    return whole[(size - base) * ENTRY :] if base <= size else b""


def first_waiting(path: Path) -> int:
    """The number of the first entry of a file of those that wait, 0 where there is none."""
    if not path.exists():
        return 0
    return int.from_bytes(read_regular(path, HEAD))
