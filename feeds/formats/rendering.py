"""Rendering of entries: each entry is rendered once per format, then joined into many feeds.

A rendered entry has a main part and two possible closing parts: one for single-source feeds, and
one for mixed feeds, which adds the source.

Feed readers reject documents of many megabytes, so a document has a maximum size. Entries that do
not fit contain only a summary and a link. Without this limit, one source with very long releases
would break every feed that contains them.
"""

from __future__ import annotations

import datetime as dt
import heapq
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, Protocol, TypeVar

import msgspec

from feeds.entries.entry import FeedEntry, shortened
from feeds.formats import atom, jsonfeed, rss
from feeds.formats.feed import Feed
from feeds.urls import FORMATS, Format

MODULE_BY_FORMAT: Mapping[Format, Syntax] = {"atom": atom, "rss": rss, "json": jsonfeed}
ENTRY_SEPARATORS: Mapping[Format, bytes] = {"atom": b"\n", "rss": b"\n", "json": b",\n"}

to_bytes = msgspec.msgpack.Encoder().encode
"""Encode a rendered entry for the cache."""

MAX_MIXED_TEXT_BYTES: Final = 200_000
"""Maximum size of the text of one entry in a feed that mixes sources, in bytes of UTF-8."""

HEAD_BYTES: Final = 16_384
"""Number of bytes of the size limit that are reserved for a document's metadata."""

ENTRIES_PER_STEP: Final = 20
"""Number of entries that are rendered between two checks of the size limit. This also limits the
use of memory."""


class RenderedPiece(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """An entry rendered in one format.

    ``alone`` is the entry's closing part in single-source feeds, and ``mixed`` its closing part in
    feeds of several sources.
    """

    body: bytes
    alone: bytes
    mixed: bytes


class RenderedEntry(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """An entry rendered in every format.

    ``updated`` is aware UTC, and ``day`` an ISO date or empty. ``timed`` is true if the entry has a
    publication time, not only a day. ``row`` is the entry's HTML in lists on pages. ``text_bytes``
    is the size of its text as HTML in UTF-8.
    """

    updated: dt.datetime
    language: str | None
    day: str
    timed: bool
    row: bytes
    pieces: tuple[RenderedPiece, RenderedPiece, RenderedPiece]
    text_bytes: int

    @property
    def size(self) -> int:
        """Approximate size in bytes of the entry in all formats."""
        return sum(len(piece.body) + len(piece.mixed) for piece in self.pieces) + len(self.row)

    def document_bytes(self, *, mixed: bool) -> int:
        """Return the number of bytes that the entry adds to a document in its largest format."""
        ends = (piece.mixed if mixed else piece.alone for piece in self.pieces)
        sizes = (len(piece.body) + len(end) for piece, end in zip(self.pieces, ends, strict=True))
        return max(sizes) + max(map(len, ENTRY_SEPARATORS.values()))


class Syntax(Protocol):
    """Interface of a feed format, implemented by the modules atom, rss and jsonfeed."""

    def ends(self, feed: Feed) -> tuple[bytes, bytes]:
        """Return the bytes of a feed document before and after its entries."""

    def stamp(self, updated: dt.datetime) -> bytes:
        """Return the bytes with the update time of the feed, or no bytes if the format has none."""

    def parts(self, entry: FeedEntry) -> tuple[bytes, bytes, bytes]:
        """Return an entry's main part, and its closing part for single-source and mixed feeds."""


from_bytes = msgspec.msgpack.Decoder(RenderedEntry).decode
"""Decode a rendered entry from the cache.

Raises msgspec.DecodeError (a ValueError) if the bytes are invalid."""


def rendered_entry(entry: FeedEntry, row: bytes) -> RenderedEntry:
    """Render an entry in every format. ``row`` is the entry's HTML in lists on pages."""
    pieces = [RenderedPiece(*MODULE_BY_FORMAT[kind].parts(entry)) for kind in FORMATS]
    return RenderedEntry(
        entry.updated,
        entry.language,
        entry.day,
        entry.timed,
        row,
        (pieces[0], pieces[1], pieces[2]),
        len(entry.html.encode("utf-8", "replace")),
    )


def rendered(feed: Feed, entries: Iterable[RenderedEntry], kind: Format) -> bytes:
    """Return a complete feed document in one format."""
    number, between = FORMATS.index(kind), ENTRY_SEPARATORS[kind]
    start, end = MODULE_BY_FORMAT[kind].ends(feed)
    parts = [start]
    for entry in entries:
        piece = entry.pieces[number]
        parts += (piece.body, piece.mixed if feed.mixed else piece.alone, between)
    if len(parts) > 1:
        parts.pop()
    return b"".join([*parts, end])


T = TypeVar("T")


def fitted(
    wanted: Sequence[T],
    whole: Callable[[Sequence[T]], Sequence[RenderedEntry]],
    short: Callable[[T], RenderedEntry],
    *,
    max_bytes: int,
    mixed: bool,
) -> list[RenderedEntry]:
    """Render the ``wanted`` entries of a feed document within ``max_bytes``, in the same order.

    ``whole`` renders entries with their texts. ``short`` renders one entry with a summary and a
    link. In a mixed feed (of several sources), every text above MAX_MIXED_TEXT_BYTES is shortened.
    If the document is still too large, entries are shortened until it fits. The largest entries are
    shortened first, and of equally large entries the oldest. The same entries always give the same
    document.
    """
    found: list[RenderedEntry] = []
    # Shortening the largest entry so far has the same result as sorting all entries first.
    largest: list[tuple[int, int]] = []
    total = HEAD_BYTES
    for start in range(0, len(wanted), ENTRIES_PER_STEP):
        some = wanted[start : start + ENTRIES_PER_STEP]
        for one, rendered in zip(some, whole(some), strict=True):
            is_long = mixed and rendered.text_bytes > MAX_MIXED_TEXT_BYTES
            entry = short(one) if is_long else rendered
            size = entry.document_bytes(mixed=mixed)
            total += size
            if not is_long:
                heapq.heappush(largest, (-size, -len(found)))
            found.append(entry)
        while total > max_bytes and largest:
            size, place = heapq.heappop(largest)
            entry = short(wanted[-place])
            total += size + entry.document_bytes(mixed=mixed)
            found[-place] = entry
    return found


def is_long_text(html: str) -> bool:
    """Whether HTML is larger than MAX_MIXED_TEXT_BYTES, the limit in feeds of several sources."""
    return len(html.encode("utf-8", "replace")) > MAX_MIXED_TEXT_BYTES


def rendered_document(
    entries: Sequence[FeedEntry], *, max_bytes: int, mixed: bool
) -> list[RenderedEntry]:
    """Render the entries of a feed that is generated on request; see `fitted`."""
    return fitted(
        entries,
        lambda some: [rendered_entry(one, b"") for one in some],
        lambda one: rendered_entry(shortened(one), b""),
        max_bytes=max_bytes,
        mixed=mixed,
    )
