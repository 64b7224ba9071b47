"""The head of an HTTP message as a record holds it, and what is kept out of it.

Bytes that would end a line are a space in it (RFC 9110, section 5.5). What identifies us or a user
stands in no request; an answer is kept as it was served.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from data.models.exchange import Exchange, Headers
from data.text.redaction import redacted

LINE_END: Final = b"\r\n"
LINE_ENDS: Final = (b"\r", b"\n", b"\0")
ENDS_A_LINE: Final = re.compile(rb"[\r\n\0]+")
FOLDED: Final = re.compile(rb"\n\s")
"""A line that would count as a part of the one before it."""


SECRET: Final = frozenset([b"authorization", b"proxy-authorization", b"cookie", b"cookie2"])
"""Fields that no record of a request holds."""

TRANSFER: Final = frozenset([b"transfer-encoding", b"content-encoding", b"content-length"])
"""Fields that are not true of a document as a browser had it."""

CHUNKED: Final = b"transfer-encoding"
NOT_CHUNKED: Final = b"X-Orig-Transfer-Encoding"
"""What this field is called where the body is no longer cut into chunks, as other tools do."""

PLACE: Final = re.compile(r"(?=[/?]|\Z)")
"""Where the host and port of an address end."""

MEDIA_TYPE_END: Final = re.compile(r"[;\s]")

OLD: Final = "HTTP/1.0"
VERSION: Final = "HTTP/1.1"
"""What a head is written as that went over the wire in another form, such as HTTP/2."""


def response_head(exchange: Exchange) -> bytes:
    """The status line and the fields of an answer, with the empty line that ends them."""
    version = OLD if exchange.protocol.upper() == OLD else VERSION
    first = f"{version} {exchange.status} {exchange.reason}".encode("latin-1", "replace")
    if exchange.rendered:
        return _head(first, [one for one in exchange.headers if one[0].lower() not in TRANSFER])
    return _head(
        first,
        [
            (NOT_CHUNKED if name.lower() == CHUNKED else name, value)
            for name, value in exchange.headers
        ],
    )


def request_head(exchange: Exchange, uri: str) -> bytes:
    """The request line and the fields of the request for ``uri``, which holds no secret."""
    host, path = PLACE.split(uri.partition("://")[2], maxsplit=1)
    target = path if path.startswith("/") else f"/{path}"
    first = f"{exchange.method} {target} {VERSION}".encode("ascii", "replace")
    kept, named = _asked(exchange.request_headers)
    return _head(first, kept if named else ((b"Host", host.encode("ascii", "replace")), *kept))


@lru_cache(maxsize=64)  # the requests for new pages of a site have the same
def _asked(headers: Headers) -> tuple[Headers, bool]:
    """The fields of a request without secrets, and whether one of them names the host."""
    kept = []
    named = False
    for name, value in headers:
        key = name.lower()
        named = named or key == b"host"
        if key == b"referer":
            kept.append((name, redacted(value.decode("latin-1")).encode("latin-1")))
        elif key not in SECRET:
            kept.append((name, value))
    return tuple(kept), named


def _head(first: bytes, fields: Sequence[tuple[bytes, bytes]]) -> bytes:
    lines = [first, *map(b": ".join, fields)]
    head = LINE_END.join(lines)
    if sum(map(head.count, LINE_ENDS)) > len(LINE_END) * len(fields) or FOLDED.search(head):
        head = LINE_END.join(ENDS_A_LINE.sub(b" ", line).lstrip() for line in lines)
    return head + LINE_END + LINE_END


def split_head(block: bytes) -> tuple[list[bytes], bytes]:
    """The lines of the head and the payload of an HTTP message in a record's block."""
    head, _, payload = block.partition(LINE_END + LINE_END)
    return head.split(LINE_END), payload


def field_of(line: bytes) -> tuple[bytes, bytes]:
    """The name and the value in a line of a head."""
    name, _, value = line.partition(b":")
    return name, value.strip()


def media_type_of(value: bytes | None) -> str | None:
    """The media type in the value of a Content-Type."""
    if value is None:
        return None
    return MEDIA_TYPE_END.split(value.decode("latin-1"), maxsplit=1)[0].strip()
