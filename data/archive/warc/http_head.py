"""HTTP headers in archive records: writing, parsing, and removal of secrets from requests.

Characters that would end a line become spaces (RFC 9110, section 5.5). Requests are stored without
credentials and cookies; responses are stored as received.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from data.models.capture import Exchange, Headers
from data.text.masking import masked

LINE_END: Final = b"\r\n"
LINE_ENDS: Final = (b"\r", b"\n", b"\0")
ENDS_A_LINE: Final = re.compile(rb"[\r\n\0]+")
FOLDED: Final = re.compile(rb"\n\s")
"""Pattern for the start of a header line that parsers would join to the previous line."""


SECRET_FIELDS: Final = frozenset([b"authorization", b"proxy-authorization", b"cookie", b"cookie2"])
"""Names of request headers that are not stored."""

BODY_FIELDS: Final = frozenset([b"transfer-encoding", b"content-encoding", b"content-length"])
"""Names of header fields that don't apply to a document that a browser built."""

REDIRECTS: Final = frozenset([301, 302, 303, 307, 308])
"""Status codes of responses that redirect to the address in their field Location."""

CHUNKED: Final = b"transfer-encoding"
NOT_CHUNKED: Final = b"X-Orig-Transfer-Encoding"
"""Name of the header that replaces Transfer-Encoding after the chunked coding is removed. Other
WARC programs use the same name."""

PLACE: Final = re.compile(r"(?=[/?]|\Z)")
"""Pattern that matches the position after the host and port of an address."""

MEDIA_TYPE_END: Final = re.compile(r"[;\s]")

OLD: Final = "HTTP/1.0"
"""HTTP version that is stored as received. All other versions are stored as VERSION."""
VERSION: Final = "HTTP/1.1"
"""HTTP version stored for messages with another version, such as HTTP/2."""


def response_head(exchange: Exchange) -> bytes:
    """Return the status line and header fields of a response, including the final empty line."""
    version = OLD if exchange.protocol.upper() == OLD else VERSION
    first = f"{version} {exchange.status} {exchange.reason}".encode("latin-1", "replace")
    if exchange.rendered:
        return _head(first, [one for one in exchange.headers if one[0].lower() not in BODY_FIELDS])
    return _head(
        first,
        [
            (NOT_CHUNKED if name.lower() == CHUNKED else name, value)
            for name, value in exchange.headers
        ],
    )


def request_head(exchange: Exchange, uri: str) -> bytes:
    """Return the request line and header fields of the request for ``uri``, without secrets."""
    host, path = PLACE.split(uri.partition("://")[2], maxsplit=1)
    target = path if path.startswith("/") else f"/{path}"
    first = f"{exchange.method} {target} {VERSION}".encode("ascii", "replace")
    kept, named = _asked(exchange.request_headers)
    return _head(first, kept if named else ((b"Host", host.encode("ascii", "replace")), *kept))


@lru_cache(maxsize=64)  # requests for new pages of a site share these fields
def _asked(headers: Headers) -> tuple[Headers, bool]:
    """Return the header fields of a request without secrets, and whether Host is one of them."""
    kept = []
    named = False
    for name, value in headers:
        key = name.lower()
        named = named or key == b"host"
        if key == b"referer":
            kept.append((name, masked(value.decode("latin-1")).encode("latin-1")))
        elif key not in SECRET_FIELDS:
            kept.append((name, value))
    return tuple(kept), named


def _head(first: bytes, fields: Sequence[tuple[bytes, bytes]]) -> bytes:
    lines = [first, *map(b": ".join, fields)]
    head = LINE_END.join(lines)
    if sum(map(head.count, LINE_ENDS)) > len(LINE_END) * len(fields) or FOLDED.search(head):
        head = LINE_END.join(ENDS_A_LINE.sub(b" ", line).lstrip() for line in lines)
    return head + LINE_END + LINE_END


def split_head(block: bytes) -> tuple[list[bytes], bytes]:
    """Split the HTTP message in a record's block into its header lines and its payload."""
    head, _, payload = block.partition(LINE_END + LINE_END)
    return head.split(LINE_END), payload


def field_of(line: bytes) -> tuple[bytes, bytes]:
    """Split a header line into name and value."""
    name, _, value = line.partition(b":")
    return name, value.strip()


def media_type_of(value: bytes | None) -> str | None:
    """Return the media type in the value of a Content-Type header, without parameters, or None."""
    if value is None:
        return None
    return MEDIA_TYPE_END.split(value.decode("latin-1"), maxsplit=1)[0].strip()
