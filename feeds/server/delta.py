"""Only the entries that a reader lacks (RFC 3229, with the manipulation ``feed``).

A reader names what it has by its entity tag. Of every feed that was served and has been replaced,
the server remembers by that tag which entries it held, each as a short hash; what it does not
remember, after a restart for one, it answers in full.
"""

from __future__ import annotations

import re
from array import array
from collections import OrderedDict
from collections.abc import Mapping

from feeds.server.requests.conditional import TAG

STATES = 4_096
"""Replaced feeds that are remembered, 8 bytes an entry; the oldest go first."""

NOT_AT_ALL = re.compile(rb"\s*q\s*=\s*0(?:\.0*)?\s*", re.IGNORECASE)

STARTS: Mapping[str, re.Pattern[bytes]] = {
    ".atom": re.compile(rb"\n(?=<entry[ >])"),
    ".rss": re.compile(rb"\n(?=<item[ >])"),
}
LASTS: Mapping[str, tuple[bytes, ...]] = {
    ".atom": (b"</entry>", b"</at:deleted-entry>"),
    ".rss": (b"</item>",),
}
ENDS: Mapping[str, bytes] = {".atom": b"\n</feed>\n", ".rss": b"\n</channel></rss>\n"}


def parts_of(body: bytes, kind: str) -> tuple[memoryview, list[memoryview], bytes] | None:
    """What comes before the entries of a feed, its entries, and its end; ``kind`` is a suffix.

    None for a feed that can't be parted so.
    """
    if kind not in STARTS or not body.endswith(ENDS[kind]):
        return None
    end = len(body) - len(ENDS[kind])
    starts = [found.end() for found in STARTS[kind].finditer(body, 0, end)]
    stops = [*(start - 1 for start in starts), end]
    ranges = list(zip(starts, stops[1:], strict=True))
    if not all(body.endswith(LASTS[kind], start, stop) for start, stop in ranges):
        return None
    # Views: nobody waits until half a megabyte is copied.
    view = memoryview(body)
    return view[: stops[0]], [view[start:stop] for start, stop in ranges], ENDS[kind]


def mark(entry: memoryview) -> int:
    """A short hash of an entry, by a key that nobody outside of this process knows."""
    return hash(entry)


class States:
    """What replaced feeds held, by the tag that they had without a coding."""

    def __init__(self, limit: int = STATES) -> None:
        self._limit = limit
        self._known: OrderedDict[bytes, array[int]] = OrderedDict()

    def remember(self, tag: bytes, body: bytes, kind: str) -> None:
        """Note what a feed held that is about to be replaced."""
        if parts := parts_of(body, kind):
            self._known[tag] = array("q", map(mark, parts[1]))
            self._known.move_to_end(tag)
            if len(self._known) > self._limit:
                self._known.popitem(last=False)

    def newer(self, wanted: bytes, body: bytes, kind: str) -> tuple[bytes, bytes] | None:
        """The feed with only the entries that were in none of those that If-None-Match names.

        With it comes the tag that it builds upon. None where no named feed is remembered.
        """
        for tag in TAG.findall(wanted):
            known = self._known.get(plain_tag(tag))
            if known is not None and (parts := parts_of(body, kind)):
                had = frozenset(known)
                head, entries, end = parts
                new = [entry for entry in entries if mark(entry) not in had]
                return b"\n".join([head, *new]) + end, tag
        return None


def plain_tag(tag: bytes) -> bytes:
    """The tag of the same feed without a coding."""
    digest, coded, _ = tag.rpartition(b"-")
    return digest + b'"' if coded else tag


def wants_delta(header: bytes) -> bool:
    """Whether an A-IM header takes the manipulation ``feed``."""
    for part in header[:1000].split(b","):
        name, _, weight = part.partition(b";")
        if name.strip().lower() == b"feed":
            return NOT_AT_ALL.fullmatch(weight) is None
    return False
