"""What a server answered, out of its record: the status, the headers and the body, unpacked."""

from __future__ import annotations

import datetime as dt
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from data.archive.content_coding import Undecodable, Unpacked, unpack
from data.archive.warc.index import NOT_MODIFIED, Index
from data.archive.warc.reader import Http, Record, is_whole, read_record
from data.errors import ArchiveError
from data.models.capture import Capture
from data.models.exchange import Headers
from data.text.source_secrets import Secrets

HEX: Final = frozenset(b"0123456789abcdefABCDEF")


class NotServed(ArchiveError):
    """A record holds no answer of a server, or none whose body is here."""


@dataclass(frozen=True, slots=True)
class Served:
    """An answer of a server to a question for ``url`` at ``at`` (aware UTC).

    ``body`` is without its codings. With ``rendered`` it is the document as a browser had it.
    ``is_whole`` is False if the body was cut, by the server or by whoever captured it.
    """

    url: str
    at: dt.datetime
    status: int
    headers: Headers
    body: bytes
    record_id: str
    rendered: bool = False
    is_whole: bool = True

    def header(self, name: bytes) -> bytes:
        """The first value of a field, empty where there is none; ``name`` is in small letters."""
        return next((value for key, value in self.headers if key.lower() == name), b"")

    @property
    def content_type(self) -> str:
        """The Content-Type as the server gave it, or empty."""
        return self.header(b"content-type").decode("latin-1")


def served(folder: Path, index: Index, file: str, offset: int, limit: int) -> Served:
    """The answer in the record at a byte of a file, or that it refers to, of ``limit`` bytes.

    Raises NotServed, ArchiveError, and Undecodable where the body is broken or too large.
    """
    record = read_record(folder, file, offset)
    http = _message(record)
    status, headers, body = http.status, http.headers, http.payload
    if record.kind == "revisit":
        original = _original(folder, index, record)
        body = original.payload
        if status == NOT_MODIFIED:
            status, headers = original.status, original.headers
    body, is_whole = _unpacked(headers, body, limit, rendered=record.rendered)
    if len(body) > limit:
        raise Undecodable(f"a body is larger than {limit} bytes")
    return Served(
        record.uri,
        record.at,
        status,
        headers,
        body,
        record.record_id,
        record.rendered,
        is_whole and not record.field("WARC-Truncated"),
    )


def fault_of(folder: Path, capture: Capture) -> str:
    """Why the record of a capture can't be read; empty where it can, and of what was taken out."""
    if not capture.file:
        return ""
    try:
        record = read_record(folder, capture.file, capture.offset)
    except ArchiveError as error:
        return error.cause
    if record.record_id != capture.record_id:
        return f"byte {capture.offset}: another record is here"
    return "" if is_whole(record) else f"byte {capture.offset}: it is not what its digest says"


def holds_secret(record: Record, secrets: Secrets, limit: int) -> bool:
    """Whether the address, the head or the unpacked body of a record holds one of these secrets.

    A body that can't be unpacked to ``limit`` bytes is searched as it was served.
    """
    if not secrets:
        return False
    if secrets.is_in(record.uri.encode() + b"\n" + record.block):
        return True
    if not record.is_http:
        return False
    http = record.http
    with suppress(Undecodable):
        body = _unpacked(http.headers, http.payload, limit).body
        return body != http.payload and secrets.is_in(body)
    return False


def _unpacked(headers: Headers, payload: bytes, limit: int, *, rendered: bool = False) -> Unpacked:
    """A payload without its chunks and its content codings. Raises Undecodable."""
    values = {name.lower(): value for name, value in reversed(headers)}
    if b"chunked" in values.get(b"transfer-encoding", b"").lower():
        payload = unchunked(payload)
    codings = "" if rendered else values.get(b"content-encoding", b"").decode("latin-1")
    return unpack(payload, codings, limit)


def _message(record: Record) -> Http:
    """What a record holds as an HTTP message; a resource record is one without a head."""
    if record.is_http and record.kind in {"response", "revisit"}:
        return record.http
    if record.kind == "resource":
        kind = record.field("Content-Type").encode("latin-1", "replace")
        return Http([b"HTTP/1.1 200 OK", b"Content-Type: " + kind], record.block)
    raise NotServed(record.file, f"byte {record.offset}: it is no answer of a server")


def _original(folder: Path, index: Index, record: Record) -> Http:
    """The answer whose payload a revisit record refers to."""
    holder = index.holder(record.field("WARC-Payload-Digest"))
    if holder is None:
        cause = f"byte {record.offset}: what it refers to is not in the archive"
        raise NotServed(record.file, cause)
    return _message(read_record(folder, holder.file, holder.offset))


def unchunked(body: bytes) -> bytes:
    """A body without its chunks (RFC 9112, section 7.1); one that has none stays as it is.

    Some archives hold bodies as they went over the wire.
    """
    parts: list[bytes] = []
    at = 0
    while True:
        end = body.find(b"\r\n", at, at + 1000)
        size = body[at:end].partition(b";")[0].strip()
        if end < 0 or not size or len(size) > 16 or not HEX.issuperset(size):  # noqa: PLR2004 - as digits of 64 bits
            return b"".join(parts) if parts else body
        length = int(size, 16)
        if not length:
            return b"".join(parts)
        parts.append(body[end + 2 : end + 2 + length])
        at = end + 2 + length + 2
