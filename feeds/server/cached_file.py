"""Files of the site in memory, with their response headers already encoded as bytes."""

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.utils import formatdate
from pathlib import PurePath
from typing import TypeAlias

from feeds.http_headers import CONTENT_CODINGS, IDENTITY, cache_control_of, content_type_of
from feeds.pages.renderer import SERVED_POLICY
from feeds.server.requests.security import ANY_ORIGIN, completed
from feeds.urls import WATCH_FEED, FileStamp

Headers: TypeAlias = list[tuple[bytes, bytes]]

OK, NOT_MODIFIED = b"200 OK", b"304 Not Modified"

PRIVATE_CACHE = "private, max-age=60"
"""Cache-Control of watch feeds."""

PAGE_POLICY = SERVED_POLICY.encode()
OWN_SCRIPT = b"; script-src 'self'; connect-src 'self'"
"""Addition to the Content-Security-Policy of pages without publishers' HTML, which may run the
site's scripts."""
FEED_POLICY = b"default-src 'none'; style-src 'self'; frame-ancestors 'none'; sandbox"


FEED_VARIES_BY = b"accept-encoding, a-im, sec-fetch-dest"
"""Value of the Vary header of feeds: the request headers that select the response."""

HEAD_BYTES = 4096
"""Number of bytes at the start of a feed that are searched for the links of the feed itself."""

ITEMS_START = b',"items":['
"""Start of the items in a JSON Feed. The fields of the feed itself come before it."""
ENTRY = re.compile(rb"<(?:entry|item)\b")
LINK = re.compile(rb"<(?:atom:)?link\b([^<>]*)>")
ATTRIBUTE = re.compile(rb'([a-z]+)="([^"]*)"')
HEADER_RELATIONS = {b"self", b"hub", b"prev-archive", b"next-archive", b"current"}
"""Relations of the links in a feed that are repeated as Link headers."""
SAFE_URL = re.compile(rb"https?://[^\x00-\x20<>\"\x7f-\xff]+")
"""Pattern for a URL that is safe in a header."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """A file's body in one content coding, with its response headers."""

    body: bytes
    headers: Headers
    head: bytes


@dataclass(slots=True)
class CachedFile:
    """A file in memory, for requests of the path ``address``.

    - ``modified`` is the modification time in whole seconds since 1970 (UTC).
    - ``tags`` maps content codings to strong ETags, including codings that are not compressed yet.
    - ``unchanged`` maps ETags to the headers of a 304, ``heads`` to the same headers as bytes.
    - ``headers`` are the additional headers of a 200.
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
        """Store a body in one content coding, and return it with its response headers."""
        headers = [*self.unchanged[self.tags[coding]], *self.headers]
        headers.append((b"content-length", str(len(body)).encode()))
        if coding != IDENTITY:
            headers.append((b"content-encoding", coding.encode()))
        variant = self.variants[coding] = Encoded(body, headers, head_of(OK, headers))
        return variant

    @property
    def body(self) -> bytes:
        """The body without a content coding."""
        return self.variants[IDENTITY].body

    @property
    def kind(self) -> str:
        """The file's suffix."""
        return PurePath(self.file).suffix

    @property
    def size(self) -> int:
        """Total size in bytes of the body in all stored content codings."""
        return sum(len(variant.body) for variant in self.variants.values())


def cached_file(
    address: str,
    file: str,
    stamp: FileStamp,
    body: bytes,
    *,
    follows: bool,
    before: CachedFile | None = None,
    more: Headers | None = None,
) -> CachedFile:
    """Return a file in memory with its ETags and headers.

    ``more`` are additional headers.

    ``follows`` is true if the file is an archive page that has a next page, so it never changes.
    ``before`` is the previous version of the file. The new version gets a later modification time,
    even if the file on disk is not newer, for example after a restore.
    """
    kind = PurePath(file).suffix
    is_feed = kind in {".atom", ".rss", ".json", ".xml"}
    modified = max(stamp.modified // 10**9, before.modified + 1 if before else 0)
    kept = cache_control_of(address, file, followed=follows)
    if address.startswith(WATCH_FEED):
        kept = PRIVATE_CACHE
    # Headers that a 304 response may contain. Clients keep the others (RFC 9110, section 15.4.5).
    short = [
        (b"last-modified", formatdate(modified, usegmt=True).encode()),
        (b"cache-control", kept.encode()),
        (b"vary", FEED_VARIES_BY if is_feed else b"accept-encoding"),
        *(more or ()),
    ]
    headers = [
        (b"content-type", content_type_of(address, file).encode()),
        (b"content-security-policy", policy_of(address, is_feed=is_feed)),
    ]
    if is_feed or address.startswith(("/log/", "/witness/")):
        # Readers and verifiers in browsers need CORS for these public files.
        short += ((name.encode(), value.encode()) for name, value in ANY_ORIGIN.items())
    if is_feed:
        headers.extend((b"link", link) for link in links_in(body, kind))
    digest = hashlib.sha256(body).hexdigest()[:32]
    tags = {coding: f'"{digest}-{coding}"'.encode() for coding in CONTENT_CODINGS}
    tags[IDENTITY] = f'"{digest}"'.encode()
    unchanged = {tag: [*short, (b"etag", tag)] for tag in tags.values()}
    heads = {tag: head_of(NOT_MODIFIED, short) for tag, short in unchanged.items()}
    headers = completed(headers)
    held = CachedFile(address, file, stamp, modified, tags, unchanged, heads, headers)
    held.add(IDENTITY, body)
    return held


def policy_of(address: str, *, is_feed: bool) -> bytes:
    """Return the Content-Security-Policy of a page or feed at a URL path.

    Pages with publishers' HTML run no scripts.
    """
    if is_feed:
        return FEED_POLICY
    return PAGE_POLICY if address.startswith("/releases/") else PAGE_POLICY + OWN_SCRIPT


def head_of(status: bytes, headers: Headers) -> bytes:
    """Return the status line and headers as bytes, without the blank line at the end."""
    return b"HTTP/1.1 %s\r\n" % status + b"".join(b"%s: %s\r\n" % pair for pair in headers)


def links_in(feed: bytes, kind: str) -> list[bytes]:
    """Return Link headers for a feed's self, hub and archive links. ``kind`` is the file suffix."""
    head = feed[:HEAD_BYTES]
    found = json_links(head) if kind == ".json" else xml_links(head)
    return [b'<%s>; rel="%s"' % (href, rel) for rel, href in found if SAFE_URL.fullmatch(href)]


def xml_links(head: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield the relation and URL of each link that an RSS or Atom feed has before its entries."""
    # Entries may contain links with the same relations.
    for element in LINK.findall(ENTRY.split(head, 1)[0]):
        found = dict(ATTRIBUTE.findall(element))
        if found.get(b"rel") in HEADER_RELATIONS and b"href" in found:
            yield found[b"rel"], found[b"href"].replace(b"&amp;", b"&")


def json_links(head: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield the relation and URL of each link of a JSON Feed.

    ``next_url`` is the page with older items, so its relation is ``prev-archive``.
    """
    try:
        found = json.loads(head.partition(ITEMS_START)[0] + b"}")
        for rel, href in (
            ("self", found["feed_url"]),
            *(("hub", hub["url"]) for hub in found.get("hubs", ())),
            *(("prev-archive", found[name]) for name in ("next_url",) if name in found),
        ):
            yield rel.encode(), href.encode()
    except (ValueError, LookupError):
        # The JSON document is not a feed of Communique.
        return
