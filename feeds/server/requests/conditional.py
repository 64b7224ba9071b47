"""Conditional requests, content codings (RFC 9110, sections 8.8, 12.5.3 and 13), and feed deltas.

Header values are parsed as bytes. An invalid header counts as missing.

A delta contains only the new entries of a feed (RFC 3229, instance manipulation ``feed``). A client
sends the ETag of its version of a feed. When a feed is replaced, the server keeps a short hash of
every entry of the old version. If it does not know an ETag, for example after a restart, it sends
the whole feed.
"""

import re
from array import array
from calendar import timegm
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from email.utils import parsedate
from functools import lru_cache

TAG = re.compile(rb'(?:W/)?("[\x21\x23-\x7e\x80-\xff]*")')
CODING = re.compile(
    rb"\s*([!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*(?:;\s*q\s*=\s*([01](?:\.\d{0,3})?)\s*)?", re.IGNORECASE
)

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


@lru_cache(maxsize=256)
def accepted(header: bytes, offered: tuple[str, ...]) -> str:
    """Return the content coding to use: the client's preferred one of ``offered``, or ``identity``.

    A client that refuses all codings also gets ``identity``.
    """
    weights: dict[str, float] = {}
    for part in header[:1000].split(b","):
        if found := CODING.fullmatch(part):
            name = found[1].decode("ascii").lower().removeprefix("x-")
            weights[name] = float(found[2]) if found[2] else 1.0
    # A client that accepts any coding gets gzip, which all clients understand.
    weights.setdefault("gzip", weights.get("*", 0.0))
    best = max(offered, key=lambda coding: weights.get(coding, 0.0), default="identity")
    weight = weights.get(best, 0.0)
    plain = weights.get("identity", 0.0)
    return best if weight > 0 and weight >= plain else "identity"


def matching(header: bytes, tags: Iterable[bytes]) -> bytes | None:
    """Return the first ETag of ``tags`` that an If-None-Match header contains, or None.

    The comparison is weak. ``*`` in the header matches any ETag.
    """
    if header.strip() == b"*":
        return next(iter(tags), None)
    named = set(TAG.findall(header))
    return next((tag for tag in tags if tag in named), None)


def has_since(header: bytes, modified: int) -> bool:
    """Return whether the time in an If-Modified-Since header is at or after ``modified``.

    ``modified`` is in seconds since 1970 (UTC).
    """
    try:
        parsed = parsedate(header.decode("ascii"))
        return parsed is not None and timegm(parsed) >= modified
    except (ValueError, OverflowError, IndexError, TypeError):
        return False


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


class FeedVersions:
    """Entry hashes of replaced feed versions, by ETag (without content coding)."""

    def __init__(self, limit: int = MAX_FEED_VERSIONS) -> None:
        self._limit = limit
        self._known: OrderedDict[bytes, array[int]] = OrderedDict()

    def remember(self, tag: bytes, body: bytes, kind: str) -> None:
        """Save the entry hashes of a feed version that is about to be replaced."""
        if parts := feed_parts(body, kind):
            # Python's hashes have a random key per process, which prevents forged collisions.
            self._known[tag] = array("q", map(hash, parts[1]))
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
                new = [entry for entry in entries if hash(entry) not in had]
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
