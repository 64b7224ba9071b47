"""A release as it stands in every feed: rendered once per format, then joined as often as needed.

An entry is a body and one of two ends: in a feed of one source it just closes, in a feed that mixes
sources it names its own first.
"""

from __future__ import annotations

import datetime as dt
import struct
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Protocol

import msgspec
from isal.isal_zlib import crc32

from feeds.compression import deflated, gzipped, often_deflated
from feeds.entries.entry import Entry
from feeds.formats import atom, jsonfeed, rss
from feeds.formats.feed import Feed
from feeds.urls import FORMATS, Format

EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
NO_DAY: Final = "0000-00-00"
"""Stands in the place of a day, and takes as many letters, where there is none."""

MICROSECOND: Final = dt.timedelta(microseconds=1)

LINE: Final = struct.Struct("<q6I3I")
"""An entry in numbers: microseconds since 1970; its bytes, plain and deflated, in one format after
the other; the check sum of its plain bytes in each."""


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


class RenderedEntry(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """An entry in every format: ``day`` is ISO or NO_DAY, ``row`` its line on pages.

    Times are aware UTC.
    ``lines`` are its numbers (LINE) in a feed of one source, and in one of several.
    """

    updated: dt.datetime
    language: str | None
    day: str
    row: bytes
    lines: tuple[bytes, bytes]
    pieces: tuple[Piece, Piece, Piece]

    @property
    def size(self) -> int:
        """About how many bytes it takes."""
        sizes: tuple[int, ...] = LINE.unpack(self.lines[1])[1:7]
        return sum(sizes) + len(self.row)

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
        entry.published.date().isoformat() if entry.published else NO_DAY,
        row,
        lines_of(entry, pieces),
        (pieces[0], pieces[1], pieces[2]),
    )


def piece_of(parts: tuple[bytes, bytes, bytes]) -> Piece:
    """The parts of an entry with their deflated forms."""
    body, *ends = parts
    # How an entry ends is the same for most of one source.
    return Piece(*parts, deflated(body), *map(often_deflated, ends))


def lines_of(entry: Entry, pieces: Sequence[Piece]) -> tuple[bytes, bytes]:
    """The numbers of an entry in a feed of one source, and in one of several."""
    updated = (entry.updated - EPOCH) // MICROSECOND
    bodies = [crc32(piece.body) for piece in pieces]
    made = []
    for mixed in (False, True):
        sizes: list[int] = []
        checks: list[int] = []
        for piece, check in zip(pieces, bodies, strict=True):
            body, end = piece.parts(mixed=mixed, packed=False)
            body_packed, end_packed = piece.parts(mixed=mixed, packed=True)
            sizes += (len(body) + len(end), len(body_packed) + len(end_packed))
            checks.append(crc32(end, check))
        made.append(LINE.pack(updated, *sizes, *checks))
    return made[0], made[1]


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
