"""Reader of records: one record at an offset, or all of a file, even with damage between them."""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Final, TypeAlias
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
"""Suffix of a growing file."""

INVALID: Final[type[Exception]] = isal_zlib.error  # type: ignore[assignment]  # its type stub is wrong
"""Exception of igzip for invalid gzip data."""

FIRST: Final = 4096
"""Number of compressed bytes read first for a record."""
FIRST_PIECE_BYTES: Final = 65536
"""Number of bytes that are unpacked first; most records are small."""

READ_AHEAD_BYTES: Final = 1 << 20
"""Number of bytes per read of a file that is read sequentially."""

MAX_UNPACKED_BYTES: Final = 512_000_000
"""Maximum size of an unpacked record in bytes."""

MAGIC: Final = b"\x1f\x8b\x08"
"""First bytes of a gzip member (RFC 1952)."""

GZIP: Final = 31
"""The ``wbits`` argument of zlib for gzip."""

HEAD_END: Final = b"\r\n\r\n"

ReadAt: TypeAlias = Callable[[int, int], bytes]
"""Function that reads a number of bytes at an offset; fewer at the end. Raises OSError."""

STATUS: Final = re.compile(rb"[0-9]{3}")
SALT_TEXT: Final = re.compile(r"[0-9a-f]{32}")
OWN_ID: Final = re.compile(r"urn:uuid:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""Record ids in the form that we write."""
DIGEST_TEXT: Final = re.compile(r"sha256:([0-9a-f]{64})")

WITH_PAYLOAD: Final = frozenset(["response", "metadata", "resource"])
"""Kinds of records with a payload in their own block."""


@dataclass(frozen=True, slots=True)
class Damage:
    """A place without a readable record: the file's current name, an offset, and the reason."""

    file: str
    offset: int
    cause: str


@dataclass(frozen=True, slots=True)
class Http:
    """An HTTP message: its header lines, and its payload as served."""

    lines: Sequence[bytes]
    payload: bytes

    @property
    def headers(self) -> Headers:
        """Return the names and values of the header fields."""
        return tuple(field_of(line) for line in self.lines[1:])

    @property
    def status(self) -> int:
        """The status of a response, or 0 for a request."""
        words = self.lines[0].split(b" ", 2)
        return int(words[1]) if len(words) > 1 and STATUS.fullmatch(words[1]) else 0

    def header(self, name: bytes) -> bytes | None:
        """Return the first value of a field, or None; ``name`` is in lower case."""
        start = name + b":"
        named = (one for one in self.lines[1:] if one[: len(start)].lower() == start)
        return next((field_of(line)[1] for line in named), None)


@dataclass(frozen=True)
class ArchiveRecord:
    """A record of a WARC file, with cached properties.

    ``file`` is the file's name without ``.open``. ``offset`` and ``length`` are in compressed
    bytes; ``digest`` is the SHA-256 of these bytes.
    """

    file: str
    offset: int
    length: int
    digest: bytes
    fields: Fields
    block: bytes

    def field(self, name: str) -> str:
        """Return the first value of a WARC field, or ""."""
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
        """Return the address in indexes; for a POST request, it includes the posted fields."""
        return posted_address(self.uri, self.field(POSTED_FIELD))

    @cached_property
    def at(self) -> dt.datetime:
        """Return the WARC-Date in UTC, or 1970-01-01 if it can't be read."""
        try:
            at = dt.datetime.fromisoformat(self.field("WARC-Date"))
            return at.astimezone(dt.UTC) if at.tzinfo else at.replace(tzinfo=dt.UTC)
        except (ValueError, OverflowError):
            return dt.datetime.fromtimestamp(0, dt.UTC)

    def capture(self, leaf: int) -> Capture:
        """Return the record's capture for a store; ``leaf`` is the number of its leaf."""
        digest = self.field("WARC-Payload-Digest")
        return Capture(self.record_id, self.file, self.offset, self.length, digest, leaf, self.at)

    @property
    def rendered(self) -> bool:
        """Return whether the body is a browser's document."""
        return bool(self.field(RENDERED_FIELD))

    @cached_property
    def http(self) -> Http:
        """Return the HTTP message in the block; a revisit record has no payload."""
        return Http(*split_head(self.block))

    @property
    def is_http(self) -> bool:
        """Return whether the block is an HTTP message."""
        return self.field("Content-Type").partition(";")[0].strip() == "application/http"

    def leaf(self) -> Leaf | None:
        """Return the log leaf computed from the record's content, or None without a salt.

        The payload of a revisit record is elsewhere, so its leaf uses the digest in the record's
        fields.
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
    """Return whether the block of a record matches its digest."""
    stated = record.field("WARC-Block-Digest")
    return stated == f"sha256:{hashlib.sha256(record.block).hexdigest()}"


def uuid_of(record_id: str) -> UUID:
    """Return the UUID of a record for its leaf: the record id, or a UUID derived from it."""
    if OWN_ID.fullmatch(record_id):
        return UUID(bytes=bytes.fromhex(record_id[len("urn:uuid:") :].replace("-", "")))
    try:
        return UUID(record_id)
    except ValueError:
        return uuid5(NAMESPACE_URL, record_id)


def read_record(folder: Path, file: str, offset: int) -> ArchiveRecord:
    """Read the record at an offset of a file in an archive's folder, growing or finished.

    Raises ArchiveError if it is missing or damaged.
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
    """Read only the WARC fields of the record at an offset.

    Raises ArchiveError.
    """
    path, handle = _opened(folder, file)
    try:
        inflate = isal_zlib.decompressobj(wbits=GZIP)
        begin = inflate.decompress(os.pread(handle, FIRST, offset), FIRST * 4)
        if HEAD_END not in begin:
            # An imported record may have a long header, whose last fields matter too.
            return read_record(folder, file, offset).fields
        return WarcRecord.from_bytes(begin).headers.to_tuples()
    except (INVALID, OSError, ValueError) as error:
        raise ArchiveError(str(path), f"byte {offset}: {error}") from error
    finally:
        os.close(handle)


def path_of(folder: Path, file: str) -> Path:
    """Return the current path of an archive file, which has the suffix ``.open`` while it grows."""
    growing = folder / (file + DOT_OPEN)
    return growing if growing.exists() else folder / file


def _opened(folder: Path, file: str) -> tuple[Path, int]:
    """Open an archive file under its current name. Raises ArchiveError."""
    if Path(file).name != file:
        raise ArchiveError(str(folder), f"{file!r} is not the name of a file in the archive")
    # A file that is being finished may lose its first name and then its second.
    for name in (file, file + DOT_OPEN, file):
        with suppress(FileNotFoundError):
            return folder / name, os.open(folder / name, os.O_RDONLY)
    raise ArchiveError(str(folder / file), "the file does not exist")


def read_file(
    path: Path, start: int = 0, end: int | None = None
) -> Iterator[ArchiveRecord | Damage]:
    """Yield all records of a file between two offsets, in order. Raises ArchiveError.

    Unreadable bytes are yielded as one damage, and reading continues at the next complete record.
    Records appended after the call are not read. The file may be finished and renamed during the
    call.
    """
    path, handle = _opened(path.parent, path.name.removesuffix(DOT_OPEN))
    try:
        end = os.fstat(handle).st_size if end is None else end
        name = path.name
        read = _Window(handle).bytes_at
        offset = start
        while offset < end:
            found = _record(read, name, offset)
            yield found
            if isinstance(found, ArchiveRecord):
                offset = found.offset + found.length
            else:
                offset = _next(read, name, offset + 1, end)
    finally:
        os.close(handle)


class _Window:
    """Reads successive bytes of a file in large pieces."""

    def __init__(self, handle: int) -> None:
        self._handle = handle
        self._start = 0
        self._bytes = b""

    def bytes_at(self, size: int, offset: int) -> bytes:
        """Return bytes from an offset on, fewer at the end of the file."""
        at = offset - self._start
        if not 0 <= at <= len(self._bytes) - size:
            self._bytes = os.pread(self._handle, max(size, READ_AHEAD_BYTES), offset)
            self._start, at = offset, 0
        return self._bytes[at : at + size]


def _bytes_at(handle: int, size: int, offset: int) -> bytes:
    return os.pread(handle, size, offset)


def _next(read: ReadAt, name: str, offset: int, end: int) -> int:
    """Return the offset of the next complete record, at or after ``offset``."""
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


def _record(read: ReadAt, name: str, offset: int) -> ArchiveRecord | Damage:
    try:
        content, length, digest = _member(read, offset)
    except (INVALID, ValueError) as error:
        return Damage(name, offset, str(error) or "the record can't be unpacked")
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
    return ArchiveRecord(name.removesuffix(DOT_OPEN), offset, length, digest, fields, block)


def _member(read: ReadAt, offset: int) -> tuple[bytes, int, bytes]:
    """Return the content of a gzip member, its length in the file, and its SHA-256."""
    inflate = isal_zlib.decompressobj(wbits=GZIP)
    digest = hashlib.sha256()
    parts = []
    size = length = 0
    step = FIRST
    while not inflate.eof:
        chunk = read(step, offset + length)
        if not chunk:
            raise ValueError("the file ends in the middle of the record")
        parts.append(inflate.decompress(chunk))
        used = chunk[: len(chunk) - len(inflate.unused_data)] if inflate.eof else chunk
        digest.update(used)
        length += len(used)
        size += len(parts[-1])
        if size > MAX_UNPACKED_BYTES:
            raise ValueError(f"the record unpacks to more than {MAX_UNPACKED_BYTES} bytes")
        step = min(2 * step, FIRST_PIECE_BYTES)
    return b"".join(parts), length, digest.digest()
