"""Files of the site held in memory, with all that an answer needs made once.

A file is looked at again on every request by one stat, so that what was just published is served at
once; it is read again only where its time, size or inode has changed.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections import OrderedDict
from dataclasses import dataclass, field
from email.utils import formatdate
from pathlib import Path, PurePath
from typing import TypeAlias

from feeds.coding import CODINGS, IDENTITY
from feeds.deflating import is_gzip_of
from feeds.delta import STARTS, States
from feeds.linking import links_in

Headers: TypeAlias = list[tuple[bytes, bytes]]
State: TypeAlias = tuple[int, int, int]

LIMIT = 64 * 1024 * 1024
"""Bytes of bodies held at the most; the least recently used go first."""

LONGEST, DEEPEST = 250, 12
"""Bytes of a name and names in a path that are looked for; file systems take a little more."""

FRESH = b"public, max-age=60, stale-while-revalidate=600, stale-if-error=86400"
ENDLESS = b"public, max-age=31536000, immutable"
LASTING = b"public, max-age=3600, stale-while-revalidate=86400"

ARCHIVED = re.compile(r"(.*/feeds/.+/page/)([1-9]\d{0,8})(\.(?:atom|rss|json))")

MEDIA_TYPES = {
    ".atom": "application/atom+xml; charset=utf-8",
    ".rss": "application/rss+xml; charset=utf-8",
    ".json": "application/feed+json",
    ".xml": "text/x-opml; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
}

PAGE_POLICY = (
    b"default-src 'none'; style-src 'self'; img-src 'self' https: http:; base-uri 'none'; "
    b"form-action 'none'; frame-ancestors 'none'"
)
FEED_POLICY = b"default-src 'none'; style-src 'self'; frame-ancestors 'none'; sandbox"


@dataclass(frozen=True, slots=True)
class Variant:
    """A body in one coding, and the headers of the answer that carries it."""

    body: bytes
    headers: Headers


@dataclass(slots=True)
class Held:
    """A file in memory, under the path of its ``address``.

    ``modified`` is its time in whole seconds since 1970 (UTC). ``tags`` are its strong entity tags
    by coding, made or not; ``unchanged`` the headers of a 304 by tag, and ``headers`` those that
    an answer with a body has besides.
    """

    address: str
    file: str
    state: State
    modified: int
    tags: dict[str, bytes]
    unchanged: dict[bytes, Headers]
    headers: Headers
    variants: dict[str, Variant] = field(default_factory=dict)

    def add(self, coding: str, body: bytes) -> Variant:
        """Keep the body in one coding."""
        headers = [*self.unchanged[self.tags[coding]], *self.headers]
        headers.append((b"content-length", str(len(body)).encode()))
        if coding != IDENTITY:
            headers.append((b"content-encoding", coding.encode()))
        variant = self.variants[coding] = Variant(body, headers)
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


class SiteCache:
    """The files below one folder, by the path of their address. Not for use by several threads."""

    def __init__(self, folder: Path, limit: int = LIMIT) -> None:
        self._folder = str(folder)
        self._limit = limit
        self._held: OrderedDict[str, Held] = OrderedDict()
        self._size = 0
        self.states = States()

    def find(self, path: str) -> Held | None:
        """The file at a decoded path such as ``/feeds/all.atom``, or None where there is none.

        A path that ends in a slash leads to the index.html below it. Raises OSError where a file is
        there but can't be read.
        """
        held = self._held.get(path)
        name = held.file if held else self._file(path)
        if name is None:
            return None
        try:
            state = state_of(os.stat(name))  # noqa: PTH116 - a Path for every request costs more
            if held and held.state == state:
                self._held.move_to_end(path)
                return held
            body = Path(name).read_bytes()
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            self._drop(path)
            return None
        self._drop(path)
        held = self._held[path] = hold(path, name, state, body, follows=is_followed(name))
        self._take_packed(held, body)
        self._count(held.size)
        return held

    def _take_packed(self, held: Held, body: bytes) -> None:
        """Take the gzip file that was published beside a feed, where it is of just this content."""
        try:
            packed = Path(f"{held.file}.gz").read_bytes()
        except OSError:
            return
        if is_gzip_of(packed, body):
            held.add("gzip", packed)

    def is_folder(self, path: str) -> bool:
        """Whether a path without a slash at its end would lead to a page with one."""
        return (name := self._file(path + "/")) is not None and Path(name).is_file()

    def add(self, held: Held, coding: str, body: bytes) -> Variant:
        """Keep the body of a file in one more coding."""
        before = held.size
        variant = held.add(coding, body)
        # It may have been dropped or replaced while the body was being compressed.
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
            self.states.remember(held.tags[IDENTITY], held.body, held.kind)

    def _file(self, path: str) -> str | None:
        parts = path.split("/")[1:]
        if parts[-1:] == [""]:
            parts[-1] = "index.html"
        # No empty or hidden part, and so no "..": nothing outside the folder, nothing unfinished.
        if not parts or any(not part or part[0] == "." or "\\" in part for part in parts):
            return None
        try:
            longest = max(len(os.fsencode(part)) for part in parts)
        except UnicodeEncodeError:
            return None
        if "\0" in path or longest > LONGEST or len(parts) > DEEPEST:
            return None
        return "/".join((self._folder, *parts))


def hold(address: str, file: str, state: State, body: bytes, *, follows: bool) -> Held:
    """A file with its tags and the headers that its answers share.

    ``follows`` is whether it is an archive page with another after it: such a page is for ever.
    """
    kind = PurePath(file).suffix
    is_feed = kind in {".atom", ".rss", ".json", ".xml"}
    modified = state[0] // 10**9
    # All that a 304 may say; the reader has the rest (RFC 9110, section 15.4.5).
    short = [
        (b"last-modified", formatdate(modified, usegmt=True).encode()),
        (b"cache-control", ENDLESS if follows else LASTING if kind in {".css", ".svg"} else FRESH),
        (b"vary", b"accept-encoding, a-im" if kind in STARTS else b"accept-encoding"),
    ]
    headers = [
        (b"content-type", MEDIA_TYPES.get(kind, "application/octet-stream").encode()),
        (b"x-content-type-options", b"nosniff"),
        (b"referrer-policy", b"no-referrer"),
        (b"content-security-policy", FEED_POLICY if is_feed else PAGE_POLICY),
    ]
    if is_feed:
        # Feeds are public, and readers that run in a browser may take them.
        short.append((b"access-control-allow-origin", b"*"))
        headers.extend((b"link", link) for link in links_in(body, kind))
    digest = hashlib.sha256(body).hexdigest()[:32]
    tags = {coding: f'"{digest}-{coding}"'.encode() for coding in CODINGS}
    tags[IDENTITY] = f'"{digest}"'.encode()
    unchanged = {tag: [*short, (b"etag", tag)] for tag in tags.values()}
    held = Held(address, file, state, modified, tags, unchanged, headers)
    held.add(IDENTITY, body)
    return held


def is_followed(file: str) -> bool:
    """Whether a file is an archive page of a feed, and the page after it is there."""
    found = ARCHIVED.fullmatch(file)
    return found is not None and Path(f"{found[1]}{int(found[2]) + 1}{found[3]}").is_file()


def state_of(found: os.stat_result) -> State:
    """What changes when another file takes a name: time in nanoseconds, size, inode."""
    return found.st_mtime_ns, found.st_size, found.st_ino
