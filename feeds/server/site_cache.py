"""Published files in memory, with their response headers already encoded as bytes.

A file is checked with one stat call, at most once per millisecond, so new files are served at once.
A file is read again only if its time, size or inode has changed.
"""

import asyncio
import hashlib
import json
import os
import re
import stat
import time
from abc import ABC, abstractmethod
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email.utils import formatdate
from pathlib import Path, PurePath
from typing import TypeAlias

from feeds.http_headers import (
    CONTENT_CODINGS,
    IDENTITY,
    cache_control_of,
    content_type_of,
    page_after,
)
from feeds.pages.renderer import SERVED_POLICY
from feeds.server.requests.conditional import FeedVersions
from feeds.server.requests.security import ANY_ORIGIN, Headers, completed
from feeds.urls import WATCH_FEED, FileStamp, stamp_of

HeadersOfPath: TypeAlias = Callable[[str], Headers]
"""Function that returns additional response headers for a path."""

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

MAX_CACHE_BYTES = 64 * 1024 * 1024
"""Maximum total size in bytes of file contents in memory. The least recently used files are dropped
first."""

CHECK_INTERVAL_SECONDS = 0.001
"""Minimum time in seconds between two checks of a file, which saves stat calls under load."""

MAX_NAME_BYTES, MAX_PATH_NAMES = 250, 12
"""Maximum size in bytes of a file name, just below the limit of most file systems, and maximum
number of names in a path."""


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
        variant = self.variants[coding] = Encoded(body, headers, head_of(b"200 OK", headers))
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
    heads = {tag: head_of(b"304 Not Modified", short) for tag, short in unchanged.items()}
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
        yield b"self", found["feed_url"].encode()
        yield from ((b"hub", hub["url"].encode()) for hub in found.get("hubs", ()))
        if "next_url" in found:
            yield b"prev-archive", found["next_url"].encode()
    except (ValueError, LookupError):
        # The JSON document is not a feed of Communique.
        return


def no_headers(path: str) -> Headers:
    """Return no additional headers."""
    del path
    return []


class HeldFiles(ABC):
    """Base class of caches of the site's files, by request path. Not thread-safe.

    The contents of files use at most ``limit`` bytes. ``headers`` returns additional response
    headers for a path.
    """

    def __init__(self, limit: int, headers: HeadersOfPath) -> None:
        self._limit = limit
        self._headers = headers
        self._held: OrderedDict[str, CachedFile] = OrderedDict()
        self._size = 0
        self.states = FeedVersions()

    @abstractmethod
    def find(self, path: str) -> CachedFile | None:
        """Return the file at a decoded path such as ``/feeds/all.atom``, without waiting, or None.

        A path with a final slash means the index.html in this folder. Raises OSError if a file
        exists but can't be read.
        """

    @abstractmethod
    async def load(self, path: str) -> CachedFile | None:
        """Return the file at a path, or None if it is missing.

        Raises OSError if the file can't be read, and BucketError if the bucket fails.
        """

    @abstractmethod
    async def is_folder(self, path: str) -> bool:
        """Return whether there is a page at the path with a slash appended."""

    def _keep(self, held: CachedFile) -> None:
        self._held[held.address] = held
        self._count(held.size)

    def add(self, held: CachedFile, coding: str, body: bytes) -> Encoded:
        """Store a file's body in a content coding. Drops old files if the cache is full."""
        before = held.size
        variant = held.add(coding, body)
        # The file may have been dropped or replaced while its content was compressed.
        if self._held.get(held.address) is held:
            self._count(held.size - before)
        return variant

    def _count(self, size: int) -> None:
        self._size += size
        while self._size > self._limit and self._held:
            self._drop(next(iter(self._held)))

    def _drop(self, path: str) -> None:
        held = self._held.pop(path, None)
        if held:
            self._size -= held.size
            # No response waits for the hashes of the old entries.
            remember = self.states.remember
            asyncio.get_running_loop().call_soon(
                remember, held.tags[IDENTITY], held.body, held.kind
            )


class SiteCache(HeldFiles):
    """Cache of the published files in a folder. New files are served at once."""

    def __init__(self, folder: Path, limit: int, headers: HeadersOfPath) -> None:
        super().__init__(limit, headers)
        self._folder = str(folder)

    def find(self, path: str) -> CachedFile | None:
        """Return the file at a path, or None if it is missing.

        Raises OSError if the file can't be read.
        """
        held = self._held.get(path)
        now = time.monotonic()
        if held and now - held.looked < CHECK_INTERVAL_SECONDS:
            return held
        name = held.file if held else self._file(path)
        if name is None:
            return None
        try:
            found = os.stat(name)  # noqa: PTH116 - a Path for every request costs more
            stamp = stamp_of(found)
            if held and held.stamp == stamp:
                self._held.move_to_end(path)
                held.looked = now
                return held
            # Only regular files are read, because reading a pipe or device could block forever.
            is_ours = stat.S_ISREG(found.st_mode) and self._is_below(name)
            body = Path(name).read_bytes() if is_ours else None
        except (FileNotFoundError, NotADirectoryError):
            body = None
        self._drop(path)
        if body is None:
            return None
        more = self._headers(path)
        held = cached_file(
            path, name, stamp, body, follows=is_followed(name), before=held, more=more
        )
        self._keep(held)
        return held

    async def load(self, path: str) -> CachedFile | None:
        """Return the file at a path, or None if it is missing.

        Raises OSError if the file can't be read.
        """
        return self.find(path)

    def _is_below(self, name: str) -> bool:
        """Return whether a file is inside the site's folder.

        The result is False if a part of the path is a symbolic link.
        """
        folder = os.path.realpath(self._folder)
        return os.path.realpath(name) == folder + name[len(self._folder) :]

    async def is_folder(self, path: str) -> bool:
        """Return whether there is a page at the path with a slash appended."""
        return self._is_file(path + "/")

    def _is_file(self, path: str) -> bool:
        return (name := self._file(path)) is not None and Path(name).is_file()

    def _file(self, path: str) -> str | None:
        name = name_at(path)
        return None if name is None else f"{self._folder}/{name}"


def name_at(path: str) -> str | None:
    """Return the file name for a request path, or None if the path is invalid.

    The name is relative to the site's folder.
    """
    parts = path.split("/")[1:]
    if parts[-1:] == [""]:
        parts[-1] = "index.html"
    # If no part is empty or hidden, the path contains no "..". So it does not lead outside the
    # folder or to a temporary file.
    if not parts or any(not part or part[0] == "." or "\\" in part for part in parts):
        return None
    try:
        longest = max(len(os.fsencode(part)) for part in parts)
    except UnicodeEncodeError:
        return None
    if "\0" in path or longest > MAX_NAME_BYTES or len(parts) > MAX_PATH_NAMES:
        return None
    return "/".join(parts)


def is_followed(file: str) -> bool:
    """Return whether a file is an archive page of a feed that has a next page."""
    after = page_after(file)
    return after is not None and Path(after).is_file()
