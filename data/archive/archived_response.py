"""Reader of server responses from archive records: status, headers and the decompressed body."""

import datetime as dt
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from data.archive.content_coding import Undecodable, Unpacked, unpack
from data.archive.warc.archive_record import ArchiveRecord, Http, is_whole
from data.archive.warc.index import NOT_MODIFIED, Index
from data.archive.warc.reader import read_record
from data.errors import ArchiveError
from data.models.capture import Capture, Headers
from data.text.source_secrets import Secrets

HEX: Final = frozenset(b"0123456789abcdefABCDEF")


class NotServed(ArchiveError):
    """The record contains no server response, or the record with its body is missing."""


@dataclass(frozen=True, slots=True)
class Served:
    """A server's response to a request for ``url`` at the time ``at`` (UTC).

    ``body`` has no content codings. If ``rendered``, it is the document that a browser built.
    ``is_whole`` is false if the server or the archiving program truncated it.
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
        """Return the first value of a header field, or b"". ``name`` must be in lower case."""
        return next((value for key, value in self.headers if key.lower() == name), b"")

    @property
    def content_type(self) -> str:
        """Return the Content-Type header, or an empty string."""
        return self.header(b"content-type").decode("latin-1")


def served(folder: Path, index: Index, file: str, offset: int, limit: int) -> Served:
    """Return the response in the record at ``offset``. A revisit record gets the original's body.

    The body has at most ``limit`` bytes. Raises NotServed, ArchiveError, and Undecodable if the
    body is broken or too large.
    """
    record = read_record(folder, file, offset)
    http = _message(record)
    status, headers, body = http.status, http.headers, http.payload
    if record.kind == "revisit":
        holder = index.holder(record.field("WARC-Payload-Digest"))
        if holder is None:
            cause = f"byte {record.offset}: the record that it refers to is missing"
            raise NotServed(record.file, cause)
        original = _message(read_record(folder, holder.file, holder.offset))
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
    """Return the reason why the record of a capture can't be read, or an empty string.

    A redacted record is not a fault.
    """
    if not capture.file:
        return ""
    try:
        record = read_record(folder, capture.file, capture.offset)
    except ArchiveError as error:
        return error.cause
    if record.record_id != capture.record_id:
        return f"byte {capture.offset}: another record is at this place"
    return "" if is_whole(record) else f"byte {capture.offset}: it does not match its digest"


def holds_secret(record: ArchiveRecord, secrets: Secrets, limit: int) -> bool:
    """Return whether the address, headers or body of a record contain a secret.

    The body is decompressed for the search, unless it would be larger than ``limit`` bytes.
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
    """Remove the chunked coding and content codings from a payload. Raises Undecodable."""
    values = {name.lower(): value for name, value in reversed(headers)}
    if b"chunked" in values.get(b"transfer-encoding", b"").lower():
        payload = unchunked(payload)
    codings = "" if rendered else values.get(b"content-encoding", b"").decode("latin-1")
    return unpack(payload, codings, limit)


def _message(record: ArchiveRecord) -> Http:
    """Return the HTTP message of a record. A resource record gets status 200.

    Raises NotServed for records of other types.
    """
    if record.is_http and record.kind in {"response", "revisit"}:
        return record.http
    if record.kind == "resource":
        kind = record.field("Content-Type").encode("latin-1", "replace")
        return Http([b"HTTP/1.1 200 OK", b"Content-Type: " + kind], record.block)
    raise NotServed(record.file, f"the record at byte {record.offset} is not a server response")


def unchunked(body: bytes) -> bytes:
    """Remove the chunked transfer coding from a body (RFC 9112, section 7.1), if it has one.

    Some archives store bodies with this coding.
    """
    parts: list[bytes] = []
    at = 0
    while True:
        end = body.find(b"\r\n", at, at + 1000)
        size = body[at:end].partition(b";")[0].strip()
        if end < 0 or not size or len(size) > 16 or not HEX.issuperset(size):  # noqa: PLR2004 - 64 bits in hexadecimal
            return b"".join(parts) if parts else body
        length = int(size, 16)
        if not length:
            return b"".join(parts)
        parts.append(body[end + 2 : end + 2 + length])
        at = end + 2 + length + 2
