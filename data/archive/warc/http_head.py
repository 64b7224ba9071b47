"""The head of an HTTP message as a record holds it, and what is kept out of it.

Bytes that would end a line are a space in it (RFC 9110, section 5.5). What identifies us or a user
stands in no request; an answer is kept as it was served.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlsplit

from data.models.exchange import Exchange, Headers
from data.text.redaction import redacted

ENDS_A_LINE: Final = re.compile(rb"[\r\n\0]+")

SECRET: Final = frozenset([b"authorization", b"proxy-authorization", b"cookie", b"cookie2"])
"""Fields that no record of a request holds."""

OF_THE_TRANSFER: Final = frozenset([b"transfer-encoding", b"content-encoding", b"content-length"])
"""Fields that are not true of a document as a browser had it."""

CHUNKED: Final = b"transfer-encoding"
NOT_CHUNKED: Final = b"X-Orig-Transfer-Encoding"
"""What this field is called where the body is no longer cut into chunks, as other tools do."""

MEDIA_TYPE_END: Final = re.compile(r"[;\s]")

OLD: Final = "HTTP/1.0"
VERSION: Final = "HTTP/1.1"
"""What a head is written as that went over the wire in another form, such as HTTP/2."""


def response_head(exchange: Exchange) -> bytes:
    """The status line and the fields of an answer, with the empty line that ends them."""
    version = OLD if exchange.protocol.upper() == OLD else VERSION
    reason = ENDS_A_LINE.sub(b" ", exchange.reason.encode("latin-1", "replace"))
    first = b"%s %d %s" % (version.encode(), exchange.status, reason)
    if exchange.rendered:
        kept = tuple(one for one in exchange.headers if one[0].lower() not in OF_THE_TRANSFER)
        return _head(first, kept)
    return _head(
        first,
        tuple(
            (NOT_CHUNKED if name.lower() == CHUNKED else name, value)
            for name, value in exchange.headers
        ),
    )


def request_head(exchange: Exchange, uri: str) -> bytes:
    """The request line and the fields of the request for ``uri``, which holds no secret."""
    parts = urlsplit(uri)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    first = f"{exchange.method} {target} {VERSION}".encode("ascii", "replace")
    kept = []
    named = False
    for name, value in exchange.request_headers:
        key = name.lower()
        named = named or key == b"host"
        if key == b"referer":
            kept.append((name, redacted(value.decode("latin-1")).encode("latin-1")))
        elif key not in SECRET:
            kept.append((name, value))
    if not named:
        kept.insert(0, (b"Host", parts.netloc.encode("ascii", "replace")))
    return _head(first, tuple(kept))


def _head(first: bytes, fields: Headers) -> bytes:
    lines = [ENDS_A_LINE.sub(b" ", first)]
    for name, value in fields:
        bare = ENDS_A_LINE.sub(b" ", name).strip()
        lines.append(bare + b": " + ENDS_A_LINE.sub(b" ", value))
    return b"\r\n".join(lines) + b"\r\n\r\n"


def split_head(block: bytes) -> tuple[bytes, Headers, bytes]:
    """The first line, the fields and the payload of an HTTP message in a record's block."""
    head, _, payload = block.partition(b"\r\n\r\n")
    first, *lines = head.split(b"\r\n")
    fields = []
    for line in lines:
        name, _, value = line.partition(b":")
        fields.append((name, value.strip()))
    return first, tuple(fields), payload


def media_type_of(value: bytes | None) -> str | None:
    """The media type in the value of a Content-Type."""
    if value is None:
        return None
    return MEDIA_TYPE_END.split(value.decode("latin-1"), maxsplit=1)[0].strip()
