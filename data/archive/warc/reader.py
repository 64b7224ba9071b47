"""Reader of WARC records: one record at an offset, or all records of a file, even if damaged."""

import datetime as dt
import hashlib
import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Final, NamedTuple, TypeAlias, overload
from uuid import NAMESPACE_URL, UUID, uuid5

from fastwarc.warc import WarcRecord
from isal import isal_zlib

from data.archive.log.leaf import Leaf, uri_hash
from data.archive.warc.http_head import field_of, split_head
from data.archive.warc.records import (
    NO_BYTES,
    POSTED_FIELD,
    RENDERED_FIELD,
    SALT_FIELD,
    Fields,
    sha256,
)
from data.errors import ArchiveError
from data.models.capture import Capture, Headers
from data.text.urls import posted_address

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

STATUS: Final = re.compile(rb"[0-9]{3}")
SALT_TEXT: Final = re.compile(r"[0-9a-f]{32}")
OWN_ID: Final = re.compile(r"urn:uuid:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""Pattern that matches record ids written by this program."""
DIGEST_TEXT: Final = re.compile(r"sha256:([0-9a-f]{64})")

WITH_PAYLOAD: Final = frozenset(["response", "metadata", "resource"])
"""Types of records whose block contains a payload."""


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


@dataclass(frozen=True, slots=True)
class Http:
    """An HTTP message: its header lines, and its payload as stored."""

    lines: Sequence[bytes]
    payload: bytes

    @property
    def headers(self) -> Headers:
        """Return the names and values of the header fields."""
        return tuple(field_of(line) for line in self.lines[1:])

    @property
    def status(self) -> int:
        """Return the status code of a response, or 0 for a request."""
        words = self.lines[0].split(b" ", 2)
        return int(words[1]) if len(words) > 1 and STATUS.fullmatch(words[1]) else 0

    def header(self, name: bytes) -> bytes | None:
        """Return the first value of a header field, or None. ``name`` must be in lower case."""
        start = name + b":"
        named = (one for one in self.lines[1:] if one[: len(start)].lower() == start)
        return next((field_of(line)[1] for line in named), None)


@dataclass(frozen=True)
class ArchiveRecord:
    """A record of a WARC file. Its properties are cached.

    ``file`` is the file's name without ``.open``. ``offset`` and ``length`` locate the compressed
    record in the file, and ``digest`` is the SHA-256 of its compressed bytes.
    """

    file: str
    offset: int
    length: int
    digest: bytes
    fields: Fields
    block: bytes

    def field(self, name: str) -> str:
        """Return the first value of a WARC field, or an empty string."""
        return self._values.get(name.lower(), "")

    @cached_property
    def _values(self) -> dict[str, str]:
        return {name.lower(): value for name, value in reversed(self.fields)}

    @property
    def kind(self) -> str:
        """Return the WARC-Type, such as ``response``."""
        return self.field("WARC-Type")

    @property
    def record_id(self) -> str:
        """Return the WARC-Record-ID without brackets."""
        return self.field("WARC-Record-ID").strip("<> ")

    @property
    def uri(self) -> str:
        """Return the WARC-Target-URI."""
        return self.field("WARC-Target-URI").strip("<> ")

    @property
    def address(self) -> str:
        """Return the record's address, which includes the form fields of a POST request."""
        return posted_address(self.uri, self.field(POSTED_FIELD))

    @cached_property
    def at(self) -> dt.datetime:
        """Return the WARC-Date in UTC, or 1970-01-01 if the date is invalid."""
        try:
            at = dt.datetime.fromisoformat(self.field("WARC-Date"))
            return at.astimezone(dt.UTC) if at.tzinfo else at.replace(tzinfo=dt.UTC)
        except (ValueError, OverflowError):
            return dt.datetime.fromtimestamp(0, dt.UTC)

    def capture(self, leaf: int) -> Capture:
        """Return the record's capture for the store. ``leaf`` is the number of its leaf."""
        digest = self.field("WARC-Payload-Digest")
        return Capture(self.record_id, self.file, self.offset, self.length, digest, leaf, self.at)

    @property
    def rendered(self) -> bool:
        """Return whether the body is a document that a browser built."""
        return bool(self.field(RENDERED_FIELD))

    @cached_property
    def http(self) -> Http:
        """Return the HTTP message in the record's block. A revisit record has no payload."""
        return Http(*split_head(self.block))

    @property
    def is_http(self) -> bool:
        """Return whether the record's block is an HTTP message."""
        return self.field("Content-Type").partition(";")[0].strip() == "application/http"

    def leaf(self) -> Leaf | None:
        """Return the record's leaf for the transparency log, or None if the record has no salt.

        The leaf of a revisit record contains the payload digest from its fields, because its
        payload is in another record.
        """
        salt = self.field(SALT_FIELD)
        if not SALT_TEXT.fullmatch(salt):
            return None
        payload, block = NO_BYTES, sha256(self.block)
        if self.kind in WITH_PAYLOAD:
            payload = sha256(self.http.payload) if self.is_http else block
        elif digest := DIGEST_TEXT.fullmatch(self.field("WARC-Payload-Digest")):
            payload = bytes.fromhex(digest[1])
        uri = uri_hash(bytes.fromhex(salt), self.uri)
        return Leaf(uri, self.at, payload, block, self.digest, uuid_of(self.record_id))


def is_whole(record: ArchiveRecord) -> bool:
    """Return whether the block of a record matches the digest in its WARC fields."""
    stated = record.field("WARC-Block-Digest")
    return stated == f"sha256:{hashlib.sha256(record.block).hexdigest()}"


def uuid_of(record_id: str) -> UUID:
    """Return the UUID in a record id. For other ids, the UUID is derived from the id."""
    if OWN_ID.fullmatch(record_id):
        return UUID(bytes=bytes.fromhex(record_id[len("urn:uuid:") :].replace("-", "")))
    try:
        return UUID(record_id)
    except ValueError:
        return uuid5(NAMESPACE_URL, record_id)


def read_record(folder: Path, file: str, offset: int) -> ArchiveRecord:
    """Read the record at an offset of an archive file, which may be growing or finished.

    Raises ArchiveError if the file is missing or the record damaged.
    """
    path, handle = _opened(folder, file)
    try:
        found = _record(partial(_bytes_at, handle), path.name, offset)
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
        raise ArchiveError(str(folder), f"{file!r} is not the name of a file in the archive")
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


def _bytes_at(handle: int, size: int, offset: int) -> bytes:
    return os.pread(handle, size, offset)


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
