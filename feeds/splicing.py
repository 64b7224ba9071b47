"""A feed's documents made of those before them: what stays is taken from the files as they lie.

A new release changes few entries of each feed that it touches; the bytes of the others lie in the
feed's last documents, one after the other. A sheet says where, and the check sum of every file:
from what is not just as it was left, nothing is taken.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from hashlib import blake2b
from itertools import accumulate
from pathlib import Path
from typing import TypeAlias

import msgspec
from isal.isal_zlib import crc32

from feeds.deflating import HEADER, deflated, trailer
from feeds.feed import NEVER, Feed
from feeds.fragment import BETWEEN, BETWEEN_PACKED, SYNTAX, Fragment
from feeds.urls import FORMATS, Format, feed_file
from feeds.writing import Bytes, Write

Run: TypeAlias = range | int
"""Entries that follow each other in the documents before, or the place of one that is in none."""


class Line(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """An entry as it lies in a feed: ``key`` is that of its fragment, whose head it repeats.

    ``version`` is that of its ``release`` where nothing else shapes it. ``sizes`` are its bytes,
    plain and packed, in one format after the other.
    """

    release: str
    version: int | None
    key: bytes
    updated: dt.datetime
    language: str | None
    day: str
    row: bytes
    sizes: tuple[int, ...]


class Document(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A file, plain and packed: where its entries begin, its bytes in all, its check sums.

    ``ends`` are what stands before and after the entries while nothing is in the feed.
    """

    ends: tuple[bytes, bytes]
    starts: tuple[int, int]
    sizes: tuple[int, int]
    checks: tuple[int, int]


class Sheet(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The documents of a feed by format, and their entries; ``face`` is a digest of its head."""

    face: bytes
    lines: tuple[Line, ...]
    documents: tuple[Document, ...]


class Splicer:
    """Puts the documents of feeds together, with what lies in ``folder``."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        # Used for one document after the other: fresh memory costs more than reading into it.
        self._room = [bytearray(), bytearray()]

    def write(
        self,
        write: Write,
        feed: Feed,
        lines: Sequence[Line],
        before: Sheet | None,
        *,
        load: Callable[[Sequence[int]], Sequence[Fragment]],
        files: Callable[[Format], str],
    ) -> Sheet:
        """Write the ``lines`` of a feed in every format to ``files``.

        ``before`` is the sheet of the facet's own documents as they lie in the folder; ``load``
        gives the rendered entries at some places.
        """
        face = blake2b(repr(replace(feed, updated=NEVER)).encode(), digest_size=16).digest()
        runs = runs_of(lines, before.lines) if before else []
        fragments: dict[int, Fragment] = {}
        documents = []
        for number, kind in enumerate(FORMATS):
            file = files(kind)
            old = before.documents[number] if before else None
            lying = self._lying(feed_file(feed.facet, kind), old) if old else None
            chosen: Sequence[Run] = runs if lying else range(len(lines))
            missing = [one for one in chosen if isinstance(one, int) and one not in fragments]
            fragments.update(zip(missing, load(missing), strict=True))
            ends = old.ends if old and before and before.face == face else ends_of(feed, kind)
            start, end = ends[0].replace(*stamps(feed, kind), 1), ends[1]
            inside: list[list[Bytes]] = []
            for packed, between in enumerate((BETWEEN[kind], BETWEEN_PACKED[kind])):
                parts = parts_of(fragments, kind, mixed=feed.mixed, packed=bool(packed))
                place = 2 * number + packed
                sizes = [line.sizes[place] for line in before.lines] if before else []
                spans = Spans(sizes, old.starts[packed] if old else 0, len(between))
                file_before = lying[packed] if lying else memoryview(b"")
                inside.append(list(laid(chosen, parts, between, file_before, spans)))
            plain = [start, *inside[0], end]
            size, check = measured(plain)
            head = HEADER + deflated(start)
            whole = [head, *inside[1], deflated(end) + trailer(check, size)]
            packed_size, packed_check = measured(whole)
            write(file, *plain)
            write(f"{file}.gz", *whole)
            documents.append(
                Document(ends, (len(start), len(head)), (size, packed_size), (check, packed_check))
            )
        return Sheet(face, tuple(lines), tuple(documents))

    def _lying(self, file: str, before: Document) -> tuple[memoryview, memoryview] | None:
        """A document as it lies in the folder, plain and packed; None where it is another."""
        found = []
        names = (file, f"{file}.gz")
        for packed, (size, check) in enumerate(zip(before.sizes, before.checks, strict=True)):
            if len(self._room[packed]) < size:
                self._room[packed] = bytearray(size + size // 4)
            view = memoryview(self._room[packed])[:size]
            try:
                with (self._folder / names[packed]).open("rb", buffering=0) as opened:
                    read = opened.readinto(view)
            except OSError:
                return None
            if read != size or crc32(view) != check:
                return None
            found.append(view)
        return found[0], found[1]


def runs_of(lines: Sequence[Line], before: Sequence[Line]) -> list[Run]:
    """The entries of a feed as they follow each other in the one before."""
    known = {line.key: place for place, line in enumerate(before)}
    found: list[Run] = []
    for number, line in enumerate(lines):
        place = known.get(line.key)
        last = found[-1] if found else None
        if place is None:
            found.append(number)
        elif isinstance(last, range) and last.stop == place:
            found[-1] = range(last.start, place + 1)
        else:
            found.append(range(place, place + 1))
    return found


class Spans:
    """Where entries lie in a file: the first at ``start``, each with ``between`` bytes after it."""

    def __init__(self, sizes: Sequence[int], start: int, between: int) -> None:
        self._ends = list(accumulate(sizes, initial=0))
        self._start = start
        self._between = between

    def of(self, run: range) -> slice:
        """The bytes of entries that follow each other."""
        first, stop = run.start, run.stop
        begin = self._start + self._ends[first] + first * self._between
        inside = self._ends[stop] - self._ends[first] + (len(run) - 1) * self._between
        return slice(begin, begin + inside)


def laid(
    runs: Sequence[Run],
    parts: Mapping[int, tuple[bytes, bytes]],
    between: bytes,
    lying: memoryview,
    spans: Spans,
) -> Iterator[Bytes]:
    """The entries of a document one after the other."""
    for number, run in enumerate(runs):
        if number:
            yield between
        if isinstance(run, int):
            yield from parts[run]
        else:
            yield lying[spans.of(run)]


def parts_of(
    fragments: Mapping[int, Fragment], kind: Format, *, mixed: bool, packed: bool
) -> dict[int, tuple[bytes, bytes]]:
    """Rendered entries in one format by their place, plain or packed."""
    return {
        place: fragment.piece(kind).parts(mixed=mixed, packed=packed)
        for place, fragment in fragments.items()
    }


def line_of(
    release: str, version: int | None, key: bytes, fragment: Fragment, *, mixed: bool
) -> Line:
    """A rendered entry as a line of a sheet."""
    sizes = tuple(
        sum(map(len, fragment.piece(kind).parts(mixed=mixed, packed=packed)))
        for kind in FORMATS
        for packed in (False, True)
    )
    return Line(
        release,
        version,
        key,
        fragment.updated,
        fragment.language,
        fragment.day,
        fragment.row,
        sizes,
    )


def ends_of(feed: Feed, kind: Format) -> tuple[bytes, bytes]:
    """What stands around the entries of a feed that nothing was put in yet."""
    return SYNTAX[kind].ends(replace(feed, updated=NEVER))


def stamps(feed: Feed, kind: Format) -> tuple[bytes, bytes]:
    """How the head of a feed without entries says when it was updated, and how this one does."""
    stamp = SYNTAX[kind].stamp
    return stamp(NEVER), stamp(feed.updated)


def measured(parts: Sequence[Bytes]) -> tuple[int, int]:
    """The length of parts in bytes, and their check sum (CRC-32)."""
    check = 0
    for part in parts:
        check = crc32(part, check)
    return sum(map(len, parts)), check
