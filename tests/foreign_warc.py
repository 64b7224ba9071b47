"""Records and files of WARC as other tools write them."""

from __future__ import annotations

import base64
import gzip
import hashlib
import uuid
from collections.abc import Iterable

HTML = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"


def record(
    uri: str,
    block: bytes,
    date: str = "2020-01-01T00:00:00Z",
    *,
    kind: str = "response",
    length: str | None = None,
    record_id: str | None = None,
    more: str = "",
) -> bytes:
    """A record without compression; ``length`` is what it claims where that is not true."""
    payload = base64.b32encode(hashlib.sha1(block.partition(b"\r\n\r\n")[2]).digest()).decode()  # noqa: S324 - as most archives have it
    name = record_id or f"<urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, f'{uri} {date}')}>"
    head = (
        f"WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Record-ID: {name}\r\nWARC-Date: {date}\r\n"
        f"WARC-Target-URI: {uri}\r\nWARC-Payload-Digest: sha1:{payload}\r\n{more}"
        f"Content-Type: application/http; msgtype={'request' if kind == 'request' else 'response'}"
        f"\r\nContent-Length: {len(block) if length is None else length}\r\n\r\n"
    )
    return head.encode() + block + b"\r\n\r\n"


def page(uri: str, html: str, date: str = "2020-01-01T00:00:00Z", **more: str) -> bytes:
    """The record of a page."""
    return record(uri, HTML + html.encode(), date, **more)


def packed(records: Iterable[bytes]) -> bytes:
    """A file of records, a gzip member each."""
    return b"".join(map(gzip.compress, records))
