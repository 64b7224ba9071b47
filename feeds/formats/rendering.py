"""A release as it stands in every feed: rendered once per format, then joined as often as needed.

An entry is a body and one of two ends: in a feed of one source it just closes, in a feed that mixes
sources it names its own first.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Protocol

import msgspec

from feeds.entries.entry import Entry
from feeds.formats import atom, jsonfeed, rss
from feeds.formats.feed import Feed
from feeds.urls import FORMATS, Format


class Piece(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """An entry in one format: its body, its end in a feed of its source alone, and in others."""

    body: bytes
    alone: bytes
    mixed: bytes


class RenderedEntry(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """An entry in every format: ``day`` as ISO writes it, or empty; ``row`` its line on pages.

    Times are aware UTC. ``timed`` is whether the hour of its day is known. ``text_bytes`` is the
    size of its HTML in UTF-8.
    """

    updated: dt.datetime
    language: str | None
    day: str
    timed: bool
    row: bytes
    pieces: tuple[Piece, Piece, Piece]
    text_bytes: int

    @property
    def size(self) -> int:
        """About how many bytes it takes."""
        return sum(len(piece.body) + len(piece.mixed) for piece in self.pieces) + len(self.row)

    def document_bytes(self, *, mixed: bool) -> int:
        """Bytes that it adds to a document, in the format in which it is largest."""
        ends = (piece.mixed if mixed else piece.alone for piece in self.pieces)
        sizes = (len(piece.body) + len(end) for piece, end in zip(self.pieces, ends, strict=True))
        return max(sizes) + max(map(len, BETWEEN.values()))


class Syntax(Protocol):
    """What a format knows: the modules atom, rss and jsonfeed."""

    def ends(self, feed: Feed) -> tuple[bytes, bytes]:
        """What comes before the entries of a feed, and after them."""

    def stamp(self, updated: dt.datetime) -> bytes:
        """How a head says when its feed was updated; nothing where it does not."""

    def parts(self, entry: Entry) -> tuple[bytes, bytes, bytes]:
        """The body of an entry and its two ends."""


SYNTAX: Mapping[Format, Syntax] = {"atom": atom, "rss": rss, "json": jsonfeed}
BETWEEN: Mapping[Format, bytes] = {"atom": b"\n", "rss": b"\n", "json": b",\n"}

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(RenderedEntry).decode


def rendered_entry(entry: Entry, row: bytes) -> RenderedEntry:
    """Render an entry in every format; ``row`` is its line on pages."""
    pieces = [Piece(*SYNTAX[kind].parts(entry)) for kind in FORMATS]
    return RenderedEntry(
        entry.updated,
        entry.language,
        entry.published.date().isoformat() if entry.published else "",
        entry.timed,
        row,
        (pieces[0], pieces[1], pieces[2]),
        len(entry.html.encode("utf-8", "replace")),
    )


def to_bytes(entry: RenderedEntry) -> bytes:
    """A rendered entry as bytes to keep."""
    return _encode(entry)


def from_bytes(kept: bytes) -> RenderedEntry:
    """A rendered entry from its kept bytes. Raises msgspec.DecodeError (a ValueError)."""
    return _decode(kept)


def rendered(feed: Feed, entries: Iterable[RenderedEntry], kind: Format) -> bytes:
    """A whole feed in one format."""
    number, between = FORMATS.index(kind), BETWEEN[kind]
    start, end = SYNTAX[kind].ends(feed)
    parts = [start]
    for entry in entries:
        piece = entry.pieces[number]
        parts += (piece.body, piece.mixed if feed.mixed else piece.alone, between)
    if len(parts) > 1:
        parts.pop()
    return b"".join([*parts, end])
