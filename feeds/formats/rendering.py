"""A release as it stands in every feed: rendered once per format, then joined as often as needed.

An entry is a body and one of two ends: in a feed of one source it just closes, in a feed that mixes
sources it names its own first.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

import msgspec

from feeds.compression import deflated, gzipped, often_deflated
from feeds.entries.entry import Entry
from feeds.formats import atom, jsonfeed, rss
from feeds.formats.feed import Feed
from feeds.urls import FORMATS, Format


class Piece(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """An entry in one format, each part as it is and deflated."""

    body: bytes
    alone: bytes
    mixed: bytes
    body_packed: bytes
    alone_packed: bytes
    mixed_packed: bytes

    @property
    def size(self) -> int:
        """Its bytes in a feed of several sources, plain and deflated."""
        parts = self.body, self.mixed, self.body_packed, self.mixed_packed
        return sum(map(len, parts))

    def parts(self, *, mixed: bool, packed: bool) -> tuple[bytes, bytes]:
        """The body and its end, in a feed of one source or of several, as they are or deflated."""
        if packed:
            return self.body_packed, self.mixed_packed if mixed else self.alone_packed
        return self.body, self.mixed if mixed else self.alone


class RenderedEntry(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """An entry in every format: ``day`` as ISO writes it, or empty; ``row`` its line on pages.

    Times are aware UTC.
    """

    updated: dt.datetime
    language: str | None
    day: str
    row: bytes
    pieces: tuple[Piece, Piece, Piece]

    @property
    def size(self) -> int:
        """About how many bytes it takes."""
        return sum(piece.size for piece in self.pieces) + len(self.row)

    def piece(self, kind: Format) -> Piece:
        """The entry in one format."""
        return self.pieces[FORMATS.index(kind)]


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
BETWEEN_PACKED: Mapping[Format, bytes] = {
    kind: deflated(between) for kind, between in BETWEEN.items()
}

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(RenderedEntry).decode


def rendered_entry(entry: Entry, row: bytes) -> RenderedEntry:
    """Render an entry in every format; ``row`` is its line on pages."""
    pieces = [piece_of(SYNTAX[kind].parts(entry)) for kind in FORMATS]
    return RenderedEntry(
        entry.updated,
        entry.language,
        entry.published.date().isoformat() if entry.published else "",
        row,
        (pieces[0], pieces[1], pieces[2]),
    )


def piece_of(parts: tuple[bytes, bytes, bytes]) -> Piece:
    """The parts of an entry with their deflated forms."""
    body, *ends = parts
    # How an entry ends is the same for most of one source.
    return Piece(*parts, deflated(body), *map(often_deflated, ends))


def packed(fragment: RenderedEntry) -> bytes:
    """A fragment as bytes to keep."""
    return _encode(fragment)


def unpacked(kept: bytes) -> RenderedEntry:
    """A fragment from its kept bytes. Raises msgspec.DecodeError (a ValueError)."""
    return _decode(kept)


def rendered(feed: Feed, entries: Sequence[RenderedEntry], kind: Format) -> tuple[bytes, bytes]:
    """A whole feed in one format, and the same as a gzip file."""
    start, end = SYNTAX[kind].ends(feed)
    plain, packed_ = (
        joined(entries, kind, mixed=feed.mixed, packed=packed) for packed in (False, True)
    )
    content = b"".join((start, plain, end))
    return content, gzipped(content, (deflated(start), packed_, deflated(end)))


def joined(entries: Iterable[RenderedEntry], kind: Format, *, mixed: bool, packed: bool) -> bytes:
    """Entries one after the other."""
    number = FORMATS.index(kind)
    between = (BETWEEN_PACKED if packed else BETWEEN)[kind]
    parts: list[bytes] = []
    for entry in entries:
        parts += entry.pieces[number].parts(mixed=mixed, packed=packed)
        parts.append(between)
    return b"".join(parts[:-1])
