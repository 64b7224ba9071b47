"""A file of the site in memory, with all that an answer needs made once."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from email.utils import formatdate
from pathlib import PurePath
from typing import TypeAlias

from feeds.http_headers import CODINGS, IDENTITY, cache_control_of, content_type_of
from feeds.pages.renderer import SERVED_POLICY
from feeds.server.connection.security import completed
from feeds.server.link_headers import links_in
from feeds.urls import WATCH_FEED, FileStamp

Headers: TypeAlias = list[tuple[bytes, bytes]]

OK, NOT_MODIFIED = b"200 OK", b"304 Not Modified"

PRIVATE = "private, max-age=60"

PAGE_POLICY = SERVED_POLICY.encode()
OWN_SCRIPT = b"; script-src 'self'; connect-src 'self'"
FEED_POLICY = b"default-src 'none'; style-src 'self'; frame-ancestors 'none'; sandbox"


CHOSEN_BY = b"accept-encoding, a-im, sec-fetch-dest"
"""What the answer to a request for a feed depends on."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """A body in one coding, and the headers of the answer that carries it."""

    body: bytes
    headers: Headers
    head: bytes


@dataclass(slots=True)
class CachedFile:
    """A file in memory, under the path of its ``address``.

    ``modified`` is its time in whole seconds since 1970 (UTC). ``tags`` are its strong entity tags
    by coding, made or not; ``unchanged`` the headers of a 304 by tag (``heads`` as bytes), and
    ``headers`` those that an answer with a body has besides.
    """

    address: str
    file: str
    stamp: FileStamp
    modified: int
    tags: dict[str, bytes]
    unchanged: dict[bytes, Headers]
    heads: dict[bytes, bytes]
    headers: Headers
    variants: dict[str, Encoded] = field(default_factory=dict)
    looked: float = 0.0

    def add(self, coding: str, body: bytes) -> Encoded:
        """Keep the body in one coding."""
        headers = [*self.unchanged[self.tags[coding]], *self.headers]
        headers.append((b"content-length", str(len(body)).encode()))
        if coding != IDENTITY:
            headers.append((b"content-encoding", coding.encode()))
        variant = self.variants[coding] = Encoded(body, headers, head_of(OK, headers))
        return variant

    @property
    def body(self) -> bytes:
        """What the file holds."""
        return self.variants[IDENTITY].body

    @property
    def kind(self) -> str:
        """The suffix of the file."""
        return PurePath(self.file).suffix

    @property
    def size(self) -> int:
        """Bytes that are held."""
        return sum(len(variant.body) for variant in self.variants.values())


def hold(
    address: str,
    file: str,
    stamp: FileStamp,
    body: bytes,
    *,
    follows: bool,
    before: CachedFile | None = None,
    more: Headers | None = None,
) -> CachedFile:
    """A file with its tags and the headers that its answers share, and ``more`` of them.

    ``follows`` is whether it is an archive page with another after it: such a page is for ever.
    Whoever asks by the time of what was held ``before`` gets the new one, be it of the same second
    or, restored from a copy, of an earlier one.
    """
    kind = PurePath(file).suffix
    is_feed = kind in {".atom", ".rss", ".json", ".xml"}
    modified = max(stamp.modified // 10**9, before.modified + 1 if before else 0)
    kept = cache_control_of(address, file, followed=follows)
    if address.startswith(WATCH_FEED):
        kept = PRIVATE
    # All that a 304 may say; the reader has the rest (RFC 9110, section 15.4.5).
    short = [
        (b"last-modified", formatdate(modified, usegmt=True).encode()),
        (b"cache-control", kept.encode()),
        (b"vary", CHOSEN_BY if is_feed else b"accept-encoding"),
        *(more or ()),
    ]
    headers = [
        (b"content-type", content_type_of(address, file).encode()),
        (b"content-security-policy", policy_of(address, is_feed=is_feed)),
    ]
    if is_feed or address.startswith(("/log/", "/witness/")):
        # They are public, and readers or verifiers that run in a browser may take them.
        short.append((b"access-control-allow-origin", b"*"))
    if is_feed:
        headers.extend((b"link", link) for link in links_in(body, kind))
    digest = hashlib.sha256(body).hexdigest()[:32]
    tags = {coding: f'"{digest}-{coding}"'.encode() for coding in CODINGS}
    tags[IDENTITY] = f'"{digest}"'.encode()
    unchanged = {tag: [*short, (b"etag", tag)] for tag in tags.values()}
    heads = {tag: head_of(NOT_MODIFIED, short) for tag, short in unchanged.items()}
    headers = completed(headers)
    held = CachedFile(address, file, stamp, modified, tags, unchanged, heads, headers)
    held.add(IDENTITY, body)
    return held


def policy_of(address: str, *, is_feed: bool) -> bytes:
    """What an answer may do in a browser; pages with texts from outside run no script at all."""
    if is_feed:
        return FEED_POLICY
    return PAGE_POLICY if address.startswith("/releases/") else PAGE_POLICY + OWN_SCRIPT


def head_of(status: bytes, headers: Headers) -> bytes:
    """The beginning of an answer as it goes over the wire, without the line that ends it."""
    return b"HTTP/1.1 %s\r\n" % status + b"".join(b"%s: %s\r\n" % pair for pair in headers)
