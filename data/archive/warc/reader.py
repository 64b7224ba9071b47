"""Reader of WARC records: one record at an offset, or all records of a file, even if damaged."""

import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple, TypeAlias, overload

from fastwarc.warc import WarcRecord
from isal import isal_zlib

from data.archive.warc.archive_record import ArchiveRecord
from data.archive.warc.records import Fields
from data.errors import ArchiveError

DOT_OPEN: Final = ".open"
"""Suffix of the name of a growing file."""

INVALID: Final[type[Exception]] = isal_zlib.error  # type: ignore[assignment]  # its type stub is wrong
"""Exception that igzip raises for invalid gzip data."""

FIRST: Final = 4096
"""Number of compressed bytes in the first read of a single record."""
FIRST_PIECE_BYTES: Final = 65536
"""Maximum number of compressed bytes per read of a record. Most records are smaller."""

READ_AHEAD_BYTES: Final = 1 << 20
"""Number of bytes per read when a file is read sequentially."""

MAX_UNPACKED_BYTES: Final = 512_000_000
"""Maximum size of an unpacked record in bytes."""

MAGIC: Final = b"\x1f\x8b\x08"
"""First bytes of a gzip member (RFC 1952)."""

OWN_MAGIC: Final = b"\x1f\x8b\x08\0\0\0\0\0\0\xff"
"""First bytes of a gzip member that this program wrote."""

GZIP: Final = 31
"""The ``wbits`` argument of zlib for gzip."""

HEAD_END: Final = b"\r\n\r\n"

ReadAt: TypeAlias = Callable[[int, int], bytes]
"""Function that reads up to a number of bytes (first argument) at an offset. Raises OSError."""


class Member(NamedTuple):
    """A gzip member of a file, at an offset.

    ``length`` is its compressed size, ``digest`` the SHA-256 of its compressed bytes, and
    ``content`` its unpacked content.
    """

    offset: int
    length: int
    digest: bytes
    content: bytes


Skip: TypeAlias = Callable[[Member], bool]
"""Function that returns whether to skip a record without parsing it."""


@dataclass(frozen=True, slots=True)
class Damage:
    """A damaged part of a file: the file's current name, the offset, and the reason."""

    file: str
    offset: int
    cause: str


def read_record(folder: Path, file: str, offset: int) -> ArchiveRecord:
    """Read the record at an offset of an archive file, which may be growing or finished.

    Raises ArchiveError if the file is missing or the record damaged.
    """
    path, handle = _opened(folder, file)
    try:
        found = _record(partial(os.pread, handle), path.name, offset)
    except OSError as error:
        raise ArchiveError(str(path), error.strerror or str(error)) from error
    finally:
        os.close(handle)
    if isinstance(found, Damage):
        raise ArchiveError(str(path), f"byte {offset}: {found.cause}")
    return found


def read_fields(folder: Path, file: str, offset: int) -> Fields:
    """Read the WARC fields of the record at an offset, without its block.

    Raises ArchiveError.
    """
    path, handle = _opened(folder, file)
    try:
        inflate = isal_zlib.decompressobj(wbits=GZIP)
        begin = inflate.decompress(os.pread(handle, FIRST, offset), FIRST * 4)
        if HEAD_END not in begin:
            # The header of an imported record may be longer, and its last fields matter too.
            return read_record(folder, file, offset).fields
        return WarcRecord.from_bytes(begin).headers.to_tuples()
    except (INVALID, OSError, ValueError) as error:
        raise ArchiveError(str(path), f"byte {offset}: {error}") from error
    finally:
        os.close(handle)


def path_of(folder: Path, file: str) -> Path:
    """Return the current path of an archive file.

    While the file is being written, its name ends in ``.open``.
    """
    growing = folder / (file + DOT_OPEN)
    return growing if growing.exists() else folder / file


def _opened(folder: Path, file: str) -> tuple[Path, int]:
    """Open an archive file under its current name, and return its path and descriptor.

    Raises ArchiveError.
    """
    if Path(file).name != file:
        raise ArchiveError(str(folder), f"{file!r} is not a valid name for an archive file")
    # The file may be renamed between two attempts, when it is finished.
    for name in (file, file + DOT_OPEN, file):
        with suppress(FileNotFoundError):
            return folder / name, os.open(folder / name, os.O_RDONLY)
    raise ArchiveError(str(folder / file), "the file does not exist")


def read_file(
    path: Path,
    start: int = 0,
    end: int | None = None,
    *,
    skip: Skip | None = None,
) -> Iterator[ArchiveRecord | Damage]:
    """Yield all records of a file between two offsets, in order. Raises ArchiveError.

    For unreadable bytes, one Damage is yielded, and reading continues at the next complete record.
    During the call, new records are ignored, and the file may be finished and renamed. Records for
    which ``skip`` returns true are neither parsed nor yielded.
    """
    path, handle = _opened(path.parent, path.name.removesuffix(DOT_OPEN))
    try:
        size = os.fstat(handle).st_size
        end = size if end is None else min(end, size)
        name = path.name
        window = _Window(handle)
        read = window.bytes_at
        offset = start
        while offset < end:
            found = _record(read, name, offset, skip, window.member_size(offset))
            if isinstance(found, int):
                offset += found
                continue
            yield found
            if isinstance(found, ArchiveRecord):
                offset = found.offset + found.length
            else:
                offset = _next(read, name, offset + 1, end)
    except OSError as error:
        raise ArchiveError(str(path), error.strerror or str(error)) from error
    finally:
        os.close(handle)


class _Window:
    """Reads consecutive bytes of a file in large pieces."""

    def __init__(self, handle: int) -> None:
        self._handle = handle
        self._start = 0
        self._bytes = b""

    def bytes_at(self, size: int, offset: int) -> bytes:
        """Return ``size`` bytes at an offset, or fewer at the end of the file."""
        at = offset - self._start
        if not 0 <= at <= len(self._bytes) - size:
            self._bytes = os.pread(self._handle, max(size, READ_AHEAD_BYTES), offset)
            self._start, at = offset, 0
        return self._bytes[at : at + size]

    def member_size(self, offset: int) -> int:
        """Guess the size of the gzip member at an offset from the start of the next member.

        Returns 0 if it is unknown.
        """
        at = offset - self._start
        following = self._bytes.find(OWN_MAGIC, at + 1) if at >= 0 else -1
        return max(0, following - at)


def _next(read: ReadAt, name: str, offset: int, end: int) -> int:
    """Return the offset of the next complete record from ``offset`` on, or else ``end``."""
    while offset < end:
        chunk = read(FIRST_PIECE_BYTES, offset)
        at = chunk.find(MAGIC)
        if at < 0:
            if len(chunk) < FIRST_PIECE_BYTES:
                return end
            offset += len(chunk) - len(MAGIC) + 1
            continue
        offset += at
        if isinstance(_record(read, name, offset), ArchiveRecord):
            return offset
        offset += 1
    return end


@overload
def _record(read: ReadAt, name: str, offset: int) -> ArchiveRecord | Damage: ...
@overload
def _record(
    read: ReadAt, name: str, offset: int, skip: Skip | None, size: int
) -> ArchiveRecord | Damage | int: ...
def _record(
    read: ReadAt,
    name: str,
    offset: int,
    skip: Skip | None = None,
    size: int = 0,
) -> ArchiveRecord | Damage | int:
    """Return the record at an offset, or its compressed length if ``skip`` returns true for it.

    ``size`` is a guess of the compressed length, or 0.
    """
    try:
        member = _member(read, offset, size or FIRST)
    except (INVALID, ValueError) as error:
        return Damage(name, offset, str(error) or "the record can't be unpacked")
    if skip is not None and skip(member):
        return member.length
    content = member.content
    try:
        # Parse only the header, so that the block is not copied again.
        head = content.find(HEAD_END) + len(HEAD_END)
        parsed = WarcRecord.from_bytes(content[:head])
        fields = parsed.headers.to_tuples()
        stated_length = int(parsed.headers.get("Content-Length") or -1)
    except (OSError, ValueError) as error:
        return Damage(name, offset, f"the data are not a WARC record ({error})")
    block = content[head : head + max(0, stated_length)]
    if stated_length != len(block):
        return Damage(
            name, offset, f"the record's block has {len(block)} bytes, not {stated_length}"
        )
    name = name.removesuffix(DOT_OPEN)
    return ArchiveRecord(name, offset, member.length, member.digest, fields, block)


def _member(read: ReadAt, offset: int, step: int = FIRST) -> Member:
    """Decompress the gzip member at an offset. Raises ValueError.

    ``step`` is the number of bytes that are read first.
    """
    inflate = isal_zlib.decompressobj(wbits=GZIP)
    step = min(step, READ_AHEAD_BYTES)
    digest = hashlib.sha256()
    parts = []
    size = length = 0
    while not inflate.eof:
        chunk = read(step, offset + length)
        if not chunk:
            raise ValueError("the file ends in the middle of the record")
        parts.append(inflate.decompress(chunk))
        left = len(inflate.unused_data) if inflate.eof else 0
        used = chunk[:-left] if left else chunk
        digest.update(used)
        length += len(used)
        size += len(parts[-1])
        if size > MAX_UNPACKED_BYTES:
            raise ValueError(f"the record unpacks to more than {MAX_UNPACKED_BYTES} bytes")
        step = min(2 * step, FIRST_PIECE_BYTES)
    content = parts[0] if len(parts) == 1 else b"".join(parts)
    return Member(offset, length, digest.digest(), content)
