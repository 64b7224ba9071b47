"""Records read back: one at an offset, or all of a file, whatever is damaged between them."""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import NAMESPACE_URL, UUID, uuid5

from fastwarc.warc import WarcRecord
from isal import isal_zlib

from data.archive.log.leaf import Leaf, uri_hash
from data.archive.warc.http_head import split_head
from data.archive.warc.records import NO_BYTES, RENDERED_FIELD, SALT_FIELD, Fields, sha256
from data.errors import ArchiveError
from data.models.capture import Capture
from data.models.exchange import Headers

OPEN: Final = ".open"
"""The end of the name of a file that grows."""

INVALID: Final[type[Exception]] = isal_zlib.error  # type: ignore[assignment]  # its stub errs
"""What igzip raises for bytes that are no gzip."""

FIRST: Final = 4096
MORE: Final = 65536
"""Bytes that are read of a file at once: most records are small."""

LARGEST: Final = 512_000_000
"""Bytes, unpacked, beyond which nobody's record is read."""

MAGIC: Final = b"\x1f\x8b\x08"
"""How a gzip member begins (RFC 1952)."""

GZIP: Final = 31
"""The ``wbits`` of zlib that say so."""

STATUS: Final = re.compile(rb"[0-9]{3}")
SALT_TEXT: Final = re.compile(r"[0-9a-f]{32}")
DIGEST_TEXT: Final = re.compile(r"sha256:([0-9a-f]{64})")

WITH_PAYLOAD: Final = frozenset(["response", "metadata", "resource"])
"""Kinds of records whose payload is in their own block."""


@dataclass(frozen=True, slots=True)
class Damage:
    """A place where no record can be read, and why; ``file`` is a name, ``offset`` a byte of it."""

    file: str
    offset: int
    cause: str


@dataclass(frozen=True, slots=True)
class Http:
    """An HTTP message; ``first`` is its request or status line, ``payload`` as it was served."""

    first: bytes
    headers: Headers
    payload: bytes

    @property
    def status(self) -> int:
        """The status of an answer, and 0 where there is none."""
        words = self.first.split(b" ", 2)
        return int(words[1]) if len(words) > 1 and STATUS.fullmatch(words[1]) else 0

    def header(self, name: bytes) -> bytes | None:
        """The first value of a field, or None; ``name`` is in small letters."""
        return next((value for key, value in self.headers if key.lower() == name), None)


@dataclass(frozen=True, slots=True)
class Record:
    """A record of a WARC file.

    ``file`` is the name of the file without ``.open``; ``offset`` and ``length`` are bytes of it,
    compressed, and ``digest`` is the SHA-256 of those bytes.
    """

    file: str
    offset: int
    length: int
    digest: bytes
    fields: Fields
    block: bytes

    def field(self, name: str) -> str:
        """The first value of a named field of WARC, empty where there is none."""
        for one, value in self.fields:
            if len(one) == len(name) and one.lower() == name.lower():
                return value
        return ""

    @property
    def kind(self) -> str:
        """The WARC-Type: ``response`` for one."""
        return self.field("WARC-Type")

    @property
    def record_id(self) -> str:
        """The WARC-Record-ID without brackets."""
        return self.field("WARC-Record-ID").strip("<> ")

    @property
    def uri(self) -> str:
        """The WARC-Target-URI."""
        return self.field("WARC-Target-URI").strip("<> ")

    @property
    def at(self) -> dt.datetime:
        """The WARC-Date, aware UTC; the beginning of 1970 where it can't be read."""
        try:
            at = dt.datetime.fromisoformat(self.field("WARC-Date"))
            return at.astimezone(dt.UTC) if at.tzinfo else at.replace(tzinfo=dt.UTC)
        except (ValueError, OverflowError):
            return dt.datetime.fromtimestamp(0, dt.UTC)

    def capture(self, leaf: int) -> Capture:
        """What a store keeps of it; ``leaf`` is the number of its leaf."""
        digest = self.field("WARC-Payload-Digest")
        return Capture(self.record_id, self.file, self.offset, self.length, digest, leaf, self.at)

    @property
    def rendered(self) -> bool:
        """Whether its body is a document as a browser had it."""
        return bool(self.field(RENDERED_FIELD))

    @property
    def http(self) -> Http:
        """The HTTP message in its block; that of a revisit record has no payload."""
        return Http(*split_head(self.block))

    @property
    def is_http(self) -> bool:
        """Whether its block is an HTTP message."""
        return self.field("Content-Type").partition(";")[0].strip() == "application/http"

    def leaf(self) -> Leaf | None:
        """Its leaf in the log by what it holds now; None where it has no salt.

        The payload of a revisit record is in another: its leaf has the digest that it tells.
        """
        salt = self.field(SALT_FIELD)
        if not SALT_TEXT.fullmatch(salt):
            return None
        payload = NO_BYTES
        if self.kind in WITH_PAYLOAD:
            payload = sha256(self.http.payload if self.is_http else self.block)
        elif told := DIGEST_TEXT.fullmatch(self.field("WARC-Payload-Digest")):
            payload = bytes.fromhex(told[1])
        uri = uri_hash(bytes.fromhex(salt), self.uri)
        block = sha256(self.block)
        return Leaf(uri, self.at, payload, block, self.digest, uuid_of(self.record_id))


def is_whole(record: Record) -> bool:
    """Whether the block of a record is what its digest says."""
    told = record.field("WARC-Block-Digest")
    return told == f"sha256:{hashlib.sha256(record.block).hexdigest()}"


def uuid_of(record_id: str) -> UUID:
    """The UUID of a record, for its leaf: the one in its id, or one that is made of its id."""
    try:
        return UUID(record_id)
    except ValueError:
        return uuid5(NAMESPACE_URL, record_id)


def read_record(folder: Path, file: str, offset: int) -> Record:
    """The record at a byte of a file in the folder of an archive, growing or not.

    Raises ArchiveError where there is none, or one that is damaged.
    """
    handle = _opened(folder, file)
    try:
        found = _record(handle, file, offset)
    except OSError as error:
        raise ArchiveError(str(folder / file), error.strerror or str(error)) from error
    finally:
        os.close(handle)
    if isinstance(found, Damage):
        raise ArchiveError(str(folder / file), f"byte {offset}: {found.cause}")
    return found


def read_fields(folder: Path, file: str, offset: int) -> Fields:
    """The named fields of such a record alone; what it holds is not looked at.

    Raises ArchiveError.
    """
    handle = _opened(folder, file)
    try:
        inflate = isal_zlib.decompressobj(wbits=GZIP)
        begin = inflate.decompress(os.pread(handle, FIRST, offset), FIRST * 4)
        return WarcRecord.from_bytes(begin).headers.to_tuples()
    except (INVALID, OSError, ValueError) as error:
        raise ArchiveError(str(folder / file), f"byte {offset}: {error}") from error
    finally:
        os.close(handle)


def _opened(folder: Path, file: str) -> int:
    """A file of an archive, opened to be read. Raises ArchiveError."""
    if Path(file).name != file:
        raise ArchiveError(str(folder), f"{file!r} is the name of no file in it")
    # A file that is finished just now has lost its first name and then its second.
    for name in (file, file + OPEN, file):
        with suppress(FileNotFoundError):
            return os.open(folder / name, os.O_RDONLY)
    raise ArchiveError(str(folder / file), "it is not there")


def read_file(path: Path, start: int = 0, end: int | None = None) -> Iterator[Record | Damage]:
    """All records of a file from one byte to another, in their order. Raises ArchiveError.

    What can't be read comes as one damage, and reading goes on at the next whole record. What was
    appended after the call is not read. A file that was finished since it was found is read, too.
    """
    handle = _opened(path.parent, _name(path))
    try:
        end = os.fstat(handle).st_size if end is None else end
        name = _name(path)
        offset = start
        while offset < end:
            found = _record(handle, name, offset)
            yield found
            if isinstance(found, Record):
                offset = found.offset + found.length
            else:
                offset = _next(handle, name, offset + 1, end)
    finally:
        os.close(handle)


def _next(handle: int, name: str, offset: int, end: int) -> int:
    """Where the next whole record begins, at or after a byte."""
    while offset < end:
        chunk = os.pread(handle, MORE, offset)
        at = chunk.find(MAGIC)
        if at < 0:
            if len(chunk) < MORE:
                return end
            offset += len(chunk) - len(MAGIC) + 1
            continue
        offset += at
        if isinstance(_record(handle, name, offset), Record):
            return offset
        offset += 1
    return end


def _record(handle: int, name: str, offset: int) -> Record | Damage:
    try:
        content, length, digest = _member(handle, offset)
    except (INVALID, ValueError) as error:
        return Damage(name, offset, str(error) or "it can't be unpacked")
    try:
        parsed = WarcRecord.from_bytes(content)
        fields = parsed.headers.to_tuples()
        block = parsed.reader.read()
        told = int(parsed.headers.get("Content-Length") or -1)
    except (OSError, ValueError) as error:
        return Damage(name, offset, f"it is no WARC record ({error})")
    if told != len(block):
        return Damage(name, offset, f"its block has {len(block)} bytes and not {told}")
    return Record(name, offset, length, digest, fields, block)


def _member(handle: int, offset: int) -> tuple[bytes, int, bytes]:
    """What a gzip member holds, its length in the file, and its SHA-256."""
    inflate = isal_zlib.decompressobj(wbits=GZIP)
    digest = hashlib.sha256()
    parts = []
    size = length = 0
    step = FIRST
    while not inflate.eof:
        chunk = os.pread(handle, step, offset + length)
        if not chunk:
            raise ValueError("the file ends within it")
        parts.append(inflate.decompress(chunk))
        used = chunk[: len(chunk) - len(inflate.unused_data)] if inflate.eof else chunk
        digest.update(used)
        length += len(used)
        size += len(parts[-1])
        if size > LARGEST:
            raise ValueError(f"it unpacks to more than {LARGEST} bytes")
        step = MORE
    return b"".join(parts), length, digest.digest()


def _name(path: Path) -> str:
    return path.name.removesuffix(OPEN)
