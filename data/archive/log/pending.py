"""File of log entries that are not in a tile yet.

The file begins with the number of its first entry (8 bytes, big-endian), followed by entries of
equal size. So an entry's position gives its number, and after a crash the file's size shows where
the last complete entry ends. The file is replaced atomically to drop old entries.
"""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from data.archive.log.leaf import ENTRY_BYTES
from data.files import put, read_regular, sync

HEAD: Final = 8
"""Size in bytes of the file header, which contains the number of the first entry."""


class Pending:
    """The file of pending entries in the folder of a log. Not thread-safe; raises OSError.

    The function ``first`` returns the number of the first entry if the file is missing.
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
        """Return whether the file of pending entries exists."""
        return self._path.exists() and self._path.stat().st_size >= HEAD

    def append(self, entries: bytes) -> int:
        """Append entries and return the first entry's number. After an error, no entry is added.

        The entries may be lost if the operating system crashes.
        """
        with self._locked():
            whole, begin = self._end()
            end = begin
            try:
                # The new entries overwrite the incomplete entry of a killed process.
                while entries:
                    # If the disk is almost full, only a part is written, and the next call raises
                    # the error.
                    written = os.pwrite(self._file, entries, end)
                    entries, end = entries[written:], end + written
            except OSError:
                os.ftruncate(self._file, begin)
                raise
            return self._base + whole

    def fill(self, size: int) -> int:
        """Append void entries until the log has ``size`` entries.

        Returns the number of void entries.
        """
        with self._locked():
            whole, end = self._end()
            missing = max(0, size - self._base - whole)
            if missing:
                os.ftruncate(self._file, end)
                os.ftruncate(self._file, end + missing * ENTRY_BYTES)
            return missing

    def entries(self) -> tuple[int, list[bytes]]:
        """Sync the file; return the number of its first entry, and all its complete entries."""
        with self._locked():
            whole, _ = self._end()
        content = os.pread(self._file, whole * ENTRY_BYTES, HEAD)
        os.fsync(self._file)
        return self._base, [
            content[at : at + ENTRY_BYTES] for at in range(0, len(content), ENTRY_BYTES)
        ]

    def give_up(self, size: int) -> None:
        """Drop the entries that are already in the log's tree of ``size`` leaves."""
        with self._locked():
            whole, end = self._end()
            if size <= self._base:
                return
            gone = min(size - self._base, whole)
            rest = os.pread(self._file, end - HEAD - gone * ENTRY_BYTES, HEAD + gone * ENTRY_BYTES)
            self._make(size, rest)

    def close(self) -> None:
        """Close the file and its lock file."""
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
        """Return the number of complete entries in the file, and the offset of their end."""
        # Another process may have replaced the open file.
        state = os.fstat(self._file) if self._file >= 0 else None
        if state is None or not state.st_nlink:
            state = self._open()
        whole = max(0, state.st_size - HEAD) // ENTRY_BYTES
        return whole, HEAD + whole * ENTRY_BYTES

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
        if self._base + (state.st_size - HEAD) // ENTRY_BYTES < first:
            # After a power failure, the file lacks entries that are already in the tree.
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
    """Return the complete entries in a file that follow the first ``size`` entries of the log.

    Returns b"" if the file starts after entry ``size``. Does not write.
    """
    if not path.exists():
        return b""
    content = read_regular(path)
    base = int.from_bytes(content[:HEAD])
    whole = content[HEAD : HEAD + (len(content) - HEAD) // ENTRY_BYTES * ENTRY_BYTES]
    return whole[(size - base) * ENTRY_BYTES :] if base <= size else b""


def first_waiting(path: Path) -> int:
    """Return the number of the first entry in a file of pending entries, or 0 without a file."""
    if not path.exists():
        return 0
    return int.from_bytes(read_regular(path, HEAD))
