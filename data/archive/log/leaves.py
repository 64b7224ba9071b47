"""Leaves of the transparency log, and the file of leaves that are not in a tile yet.

A leaf describes one archive record only by digests. It does not reveal the requested address: it
contains a hash of the address and a salt that is in the record. Whoever has the record can prove
that it belongs to the leaf. After the record is removed, the leaf reveals only its date.

The file begins with the number of its first entry (8 bytes, big-endian), followed by entries of
equal size. So an entry's position gives its number, and after a crash the file's size shows where
the last complete entry ends. The file is replaced atomically to drop old entries.
"""

import datetime as dt
import fcntl
import hashlib
import os
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import UUID

from data.clock import EPOCH, MICROSECOND
from data.files import put, read_regular, sync, write_at

VERSION: Final = 1
"""Version of the leaf format."""

LAYOUT: Final = struct.Struct(">B32sq32s32s32s16s")
"""Layout of a log entry (big-endian): version, hash of the URI, microseconds since 1970, three
digests and the record id."""

ENTRY_BYTES: Final = LAYOUT.size
"""Size of a log entry in bytes (153)."""

SALT_BYTES: Final = 16
"""Size of a record's salt in bytes."""

ID_BYTES: Final = 16
"""Size in bytes of the record id at the end of an entry."""

HEAD: Final = 8
"""Size in bytes of the file header, which contains the number of the first entry."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """The leaf of one archive record in the transparency log.

    ``uri`` is the salted hash (`uri_hash`) of the record's WARC-Target-URI, and ``at`` its
    WARC-Date (aware). ``payload`` and ``block`` are the SHA-256 of these parts of the record, as
    defined by WARC. ``record`` is the SHA-256 of the whole compressed record. A record without a
    payload has the SHA-256 of zero bytes.
    """

    uri: bytes
    at: dt.datetime
    payload: bytes
    block: bytes
    record: bytes
    record_id: UUID

    def encode(self) -> bytes:
        """Encode the leaf as a log entry. Raises ValueError if a hash has the wrong length."""
        if not len(self.uri) == len(self.payload) == len(self.block) == len(self.record) == 32:  # noqa: PLR2004
            raise ValueError("a hash of a leaf must have 32 bytes")
        at = (self.at - EPOCH) // MICROSECOND
        digests = self.payload, self.block, self.record
        return LAYOUT.pack(VERSION, self.uri, at, *digests, self.record_id.bytes)


def decode_leaf(entry: bytes) -> Leaf:
    """Parse a log entry. Raises ValueError if the entry is invalid."""
    if len(entry) != ENTRY_BYTES or entry[0] != VERSION:
        raise ValueError("the log entry is not a leaf of version 1")
    _, uri, at, payload, block, record, record_id = LAYOUT.unpack(entry)
    try:
        when = EPOCH + at * MICROSECOND
    except OverflowError as error:
        raise ValueError("the date of the leaf is after the year 9999") from error
    return Leaf(uri, when, payload, block, record, UUID(bytes=record_id))


def uri_hash(salt: bytes, uri: str) -> bytes:
    """Return the SHA-256 of a salt followed by an address in UTF-8."""
    return hashlib.sha256(salt + uri.encode()).digest()


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
            whole, end = self._end()
            try:
                # The new entries overwrite the incomplete entry of a killed process.
                write_at(self._file, entries, end)
            except OSError:
                os.ftruncate(self._file, end)
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
