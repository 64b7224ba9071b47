"""SURT key of an address for indexes, computed like pywb and cdxj-indexer.

The labels of the host are reversed, so that the pages of a site are adjacent:
``example,acme)/news?a=1``. The canonical form follows ia-web-commons of the Internet Archive. The
package surt is a Python port, but importing it loads an HTTP client.
"""

import re
import socket
from contextlib import suppress
from functools import lru_cache
from typing import Final
from urllib.parse import quote_from_bytes, unquote_to_bytes

from data.text.urls import ascii_host

SAFE: Final = b"!\"$&'()*+,-./:;<=>?@[\\]^_`{|}~"
PORTS: Final = {b"http": b"80", b"https": b"443"}

PARTS: Final = re.compile(
    rb"([a-z][a-z0-9+.-]*):(?://([^/?#]*))?([^?#]*)(?:\?([^#]*))?", re.IGNORECASE | re.DOTALL
)
ORDINARY: Final = re.compile(
    r"https?://(?:www\d*\.)?([a-z0-9-]+(?:\.[a-z0-9-]+)*)((?:/[a-z0-9_~-][a-z0-9_.~-]*)*)/?"
)
"""Pattern that matches ordinary addresses, whose key can be computed quickly. Most addresses
match."""

MAX_DIGITS: Final = 20
"""Maximum number of digits in a numeric host."""

MAX_ESCAPES: Final = 20
"""Maximum number of passes to decode nested percent-escapes."""

MAX_SESSION: Final = 4_096
"""Maximum size in bytes of a path or query from which session ids are removed."""

WWW: Final = re.compile(rb"^www\d*\.")
SESSION_PATHS: Final = (
    re.compile(rb"^(.*/)(\((?:[a-z]\([0-9a-z]{24}\))+\)/)([^?]+\.aspx.*)$", re.IGNORECASE),
    re.compile(rb"^(.*/)(\([0-9a-z]{24}\)/)([^?]+\.aspx.*)$", re.IGNORECASE),
)
SESSIONS: Final = (
    re.compile(rb"^(.*)(?:jsessionid=[0-9a-zA-Z]{32})(?:&(.*))?$", re.IGNORECASE),
    re.compile(rb"^(.*)(?:phpsessid=[0-9a-zA-Z]{32})(?:&(.*))?$", re.IGNORECASE),
    re.compile(rb"^(.*)(?:sid=[0-9a-zA-Z]{32})(?:&(.*))?$", re.IGNORECASE),
    re.compile(rb"^(.*)(?:ASPSESSIONID[a-zA-Z]{8}=[a-zA-Z]{24})(?:&(.*))?$", re.IGNORECASE),
    re.compile(rb"^(.*)(?:cfid=[^&]+&cftoken=[^&]+)(?:&(.*))?$", re.IGNORECASE),
)


@lru_cache(maxsize=4096)  # a visit needs the same few keys repeatedly
def surt(uri: str) -> str:
    """Return the SURT key of a URI.

    The key of a URI without a host is its scheme and path in lower case.
    """
    if (plain := ORDINARY.fullmatch(uri)) and not plain[1][-1:].isdigit():
        return f"{','.join(reversed(plain[1].split('.')))}){plain[2] or '/'}"
    bare = re.sub(rb"[\r\n\t]", b"", uri.encode().strip())
    parts = PARTS.match(bare)
    if parts is None:
        return uri
    scheme, authority, path, query = parts.groups()
    host, port = _place(authority or b"")
    path = _unescaped(path)
    if host:
        path = _normal(path)
    path = _path_key(_escaped(path))
    key = host + (b":" + port if port and port != PORTS.get(scheme.lower()) else b"") + b")"
    if not host:
        key = scheme + b":"
    return (key + path + _query_key(query or b"")).decode()


@lru_cache(maxsize=256)  # The pages of a site share this value.
def _place(authority: bytes) -> tuple[bytes, bytes]:
    """Split an authority, and return its host in reverse order and its port."""
    place = authority.rpartition(b"@")[2]
    if place.startswith(b"["):
        host, _, rest = place[1:].partition(b"]")
        port = rest.partition(b":")[2]
    else:
        host, _, port = place.partition(b":")
    host = _unescaped(host.lower())
    if not host.isascii():
        with suppress(UnicodeError):
            host = ascii_host(host.decode("utf-8", "ignore")).encode()
    host = _escaped(_address(host.replace(b"..", b".").strip(b".")).lower())
    return b",".join(reversed(WWW.sub(b"", host).split(b"."))), port.lstrip(b"0")


def _address(host: bytes) -> bytes:
    """Expand a numeric or abbreviated IPv4 host. Other hosts are returned unchanged."""
    if host.isdigit() and len(host) <= MAX_DIGITS:
        return socket.inet_ntoa((int(host) & 0xFFFFFFFF).to_bytes(4)).encode()
    if re.fullmatch(rb"\d+(?:\.\d+){1,3}", host):
        try:
            return socket.inet_ntoa(socket.inet_aton(host.decode())).encode()
        except OSError:
            return host
    return host


def _normal(path: bytes) -> bytes:
    """Remove ``.``, ``..`` and empty segments from a path, but keep a trailing slash."""
    kept: list[bytes] = []
    for part in path.split(b"/")[1:]:
        if part == b"..":
            if kept:
                kept.pop()
            else:
                kept.append(part)
        elif part != b".":
            kept.append(part)
    return b"/" + b"".join(part + b"/" for part in kept[:-1] if part) + b"".join(kept[-1:])


def _path_key(path: bytes) -> bytes:
    path = path.lower()
    for pattern in SESSION_PATHS:
        if len(path) <= MAX_SESSION and (match := pattern.match(path)):
            path = match[1] + match[3]
    return path[:-1] if path.endswith(b"/") and len(path) > 1 else path


def _query_key(query: bytes) -> bytes:
    """Return the sorted query in lower case, without session ids and with its question mark."""
    query = _escaped(_unescaped(query))
    for pattern in SESSIONS:
        if len(query) <= MAX_SESSION and (match := pattern.match(query)):
            query = match[1] + (match[2] or b"")
    if not query:
        return b""
    parts = sorted(tuple(part.split(b"=", 1)) for part in query.lower().split(b"&"))
    return b"?" + b"&".join(b"=".join(part) for part in parts)


def _unescaped(text: bytes) -> bytes:
    """Decode percent-escapes, including nested ones, in at most MAX_ESCAPES passes."""
    for _ in range(MAX_ESCAPES):
        plain = unquote_to_bytes(text)
        if plain == text:
            break
        text = plain
    return text


def _escaped(text: bytes) -> bytes:
    return quote_from_bytes(text, safe=SAFE).encode()
