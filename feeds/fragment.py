"""A release as it stands in every feed: rendered once per format, then joined as often as needed.

An entry is a body and one of two ends: in a feed of one source it just closes, in a feed that mixes
sources it names its own first.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Protocol

import msgspec

from feeds import atom, jsonfeed, rss
from feeds.deflating import deflated, gzipped
from feeds.entry import Entry
from feeds.feed import Feed
from feeds.urls import Format


class Piece(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """An entry in one format, each part as it is and deflated."""

    body: bytes
    alone: bytes
    mixed: bytes
    body_packed: bytes
    alone_packed: bytes
    mixed_packed: bytes

    def parts(self, *, mixed: bool, packed: bool) -> tuple[bytes, bytes]:
        """The body and its end, in a feed of one source or of several, as they are or deflated."""
        if packed:
            return self.body_packed, self.mixed_packed if mixed else self.alone_packed
        return self.body, self.mixed if mixed else self.alone


class Fragment(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """An entry in every format: ``day`` is ISO, ``row`` its line on pages, all times aware UTC."""

    updated: dt.datetime
    language: str | None
    day: str
    row: bytes
    atom: Piece
    rss: Piece
    json: Piece

    def piece(self, kind: Format) -> Piece:
        """The entry in one format."""
        return {"atom": self.atom, "rss": self.rss, "json": self.json}[kind]


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
_decode = msgspec.msgpack.Decoder(Fragment).decode


def fragment_of(entry: Entry, row: bytes) -> Fragment:
    """Render an entry in every format; ``row`` is its line on pages."""
    return Fragment(
        entry.updated,
        entry.language,
        entry.published.date().isoformat(),
        row,
        *(piece_of(SYNTAX[kind].parts(entry)) for kind in ("atom", "rss", "json")),
    )


def piece_of(parts: tuple[bytes, bytes, bytes]) -> Piece:
    """The parts of an entry with their deflated forms."""
    return Piece(*parts, *map(deflated, parts))


def packed(fragment: Fragment) -> bytes:
    """A fragment as bytes to keep."""
    return _encode(fragment)


def unpacked(kept: bytes) -> Fragment:
    """A fragment from its kept bytes. Raises msgspec.DecodeError (a ValueError)."""
    return _decode(kept)


def rendered(feed: Feed, entries: Sequence[Fragment], kind: Format) -> tuple[bytes, bytes]:
    """A whole feed in one format, and the same as a gzip file."""
    start, end = SYNTAX[kind].ends(feed)
    pieces = [entry.piece(kind) for entry in entries]
    inside = joined(pieces, BETWEEN[kind], mixed=feed.mixed, packed=False)
    content = b"".join((start, *inside, end))
    packed_inside = joined(pieces, BETWEEN_PACKED[kind], mixed=feed.mixed, packed=True)
    return content, gzipped(content, (deflated(start), *packed_inside, deflated(end)))


def joined(
    pieces: Iterable[Piece], between: bytes, *, mixed: bool, packed: bool
) -> Iterator[bytes]:
    """The parts of entries one after the other."""
    for number, piece in enumerate(pieces):
        if number:
            yield between
        yield from piece.parts(mixed=mixed, packed=packed)
