"""Delta responses that contain only new feed entries (RFC 3229, instance manipulation ``feed``).

A client sends the ETag of its version of a feed. When a feed is replaced, the server keeps a short
hash of every entry of the old version. If it does not know an ETag, for example after a restart, it
sends the whole feed.
"""

import re
from array import array
from collections import OrderedDict
from collections.abc import Mapping

from feeds.server.requests.conditional import TAG

MAX_FEED_VERSIONS = 4_096
"""Maximum number of replaced feed versions whose entry hashes are kept, with 8 bytes per entry."""

ZERO_WEIGHT = re.compile(rb"\s*q\s*=\s*0(?:\.0*)?\s*", re.IGNORECASE)
"""Pattern that matches a weight of zero (``q=0``). Clients refuse an instance manipulation with
this weight."""

ENTRY_STARTS: Mapping[str, re.Pattern[bytes]] = {
    ".atom": re.compile(rb"\n(?=<entry[ >])"),
    ".rss": re.compile(rb"\n(?=<item[ >])"),
}
"""Patterns that match the start of an entry, by file suffix."""
ENTRY_ENDS: Mapping[str, tuple[bytes, ...]] = {
    ".atom": (b"</entry>", b"</at:deleted-entry>"),
    ".rss": (b"</item>",),
}
"""Closing tags of entries, by file suffix."""
FEED_ENDS: Mapping[str, bytes] = {".atom": b"\n</feed>\n", ".rss": b"\n</channel></rss>\n"}
"""Closing tags of a feed, by file suffix."""


def feed_parts(body: bytes, kind: str) -> tuple[memoryview, list[memoryview], bytes] | None:
    """Split a feed into the part before its entries, its entries, and its closing tags.

    ``kind`` is the file suffix. Returns None for a feed that does not have the layout of our feeds.
    """
    if kind not in ENTRY_STARTS or not body.endswith(FEED_ENDS[kind]):
        return None
    end = len(body) - len(FEED_ENDS[kind])
    starts = [found.end() for found in ENTRY_STARTS[kind].finditer(body, 0, end)]
    stops = [*(start - 1 for start in starts), end]
    ranges = list(zip(starts, stops[1:], strict=True))
    if not all(body.endswith(ENTRY_ENDS[kind], start, stop) for start, stop in ranges):
        return None
    # Views avoid copying half a megabyte in the event loop.
    view = memoryview(body)
    return view[: stops[0]], [view[start:stop] for start, stop in ranges], FEED_ENDS[kind]


def mark(entry: memoryview) -> int:
    """Return a short hash of an entry.

    The key of the hash is random for each process, which prevents forged collisions.
    """
    return hash(entry)


class FeedVersions:
    """Entry hashes of replaced feed versions, by ETag (without content coding)."""

    def __init__(self, limit: int = MAX_FEED_VERSIONS) -> None:
        self._limit = limit
        self._known: OrderedDict[bytes, array[int]] = OrderedDict()

    def remember(self, tag: bytes, body: bytes, kind: str) -> None:
        """Save the entry hashes of a feed version that is about to be replaced."""
        if parts := feed_parts(body, kind):
            self._known[tag] = array("q", map(mark, parts[1]))
            self._known.move_to_end(tag)
            if len(self._known) > self._limit:
                self._known.popitem(last=False)

    def newer(self, wanted: bytes, body: bytes, kind: str) -> tuple[bytes, bytes] | None:
        """Return a feed that contains only the entries missing from the client's version.

        ``wanted`` is the If-None-Match header. The second value is the ETag of the client's
        version. Returns None if the hashes of no version in the header are known.
        """
        for tag in TAG.findall(wanted):
            known = self._known.get(plain_tag(tag))
            if known is not None and (parts := feed_parts(body, kind)):
                had = frozenset(known)
                head, entries, end = parts
                new = [entry for entry in entries if mark(entry) not in had]
                return b"\n".join([head, *new]) + end, tag
        return None


def plain_tag(tag: bytes) -> bytes:
    """Return an ETag without its content coding."""
    digest, coded, _ = tag.rpartition(b"-")
    return digest + b'"' if coded else tag


def wants_delta(header: bytes) -> bool:
    """Return whether an A-IM header accepts the instance manipulation ``feed``."""
    for part in header[:1000].split(b","):
        name, _, weight = part.partition(b";")
        if name.strip().lower() == b"feed":
            return ZERO_WEIGHT.fullmatch(weight) is None
    return False
