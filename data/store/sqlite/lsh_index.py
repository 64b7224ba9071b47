"""The band table of the SQLite store: which texts share marks, and so may be alike."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cache
from typing import Final

from data.store.sqlite.releases import SqliteReading
from data.store.sqlite.rows import StoredRelease
from data.stories.copies import COMMON, HOT, likely, slot_of, slots_near
from data.text.similarity import MARK_BITS, Signature, signature

ENTER: Final = "INSERT OR IGNORE INTO lsh_bands (band, release, anchors) VALUES (?, ?, ?)"


def places(values: Collection[object]) -> str:
    """So many question marks, with commas between."""
    return ",".join("?" * len(values))


@cache
def find_similar(count: int) -> str:
    """The query for the rows of so many bands: a join is some faster here than IN."""
    bands = ",".join(["(?)"] * count)
    return (
        f"SELECT band, release, anchors FROM (VALUES {bands})"
        " CROSS JOIN lsh_bands ON band = column1"
    )


@dataclass(frozen=True, slots=True)
class Candidates:
    """Releases that share marks with a text, by their number.

    Those that share most bands come first, then most anchors; those that share too few to be worth
    comparing are left out. ``hot`` are the marks whose bucket is full in the text's own slot.
    """

    nearest: tuple[int, ...]
    hot: frozenset[int]


NOTHING: Final = Candidates((), frozenset())


class SqliteBands(SqliteReading):
    """What finds texts that may be alike, and is kept of them for that."""

    def _near(self, text: Signature, order: dt.datetime) -> Candidates:
        slots = slots_near(order)
        own = _in_slots(slots, text.bands)
        if not own:
            return NOTHING
        wanted = own + _in_slots(slots, text.anchors)
        rows = self._ask(find_similar(len(wanted)), wanted)
        if not rows:
            return NOTHING
        # Plain dicts: a Counter costs more than the look-up of the rows.
        bands: dict[int, int] = {}
        anchors: dict[int, int] = {}
        sizes: dict[int, int] = {}
        of_bands = frozenset(own)
        for band, release, size in rows:
            if band in of_bands:
                bands[release] = bands.get(release, 0) + 1
            else:
                anchors[release] = anchors.get(release, 0) + 1
                sizes[release] = size
        mine = len(text.anchors)
        ranked = [(-count, -anchors.get(n, 0), n) for n, count in bands.items()] + [
            (0, -count, n)
            for n, count in anchors.items()
            if n not in bands and likely(count, min(sizes[n], mine))
        ]
        ranked.sort()
        crowded = len(rows) >= COMMON
        return Candidates(
            tuple(n for _, _, n in ranked),
            _hot(rows, slot_of(order), of_bands) if crowded else frozenset(),
        )

    def _enter(self, number: int, order: dt.datetime, text: Signature, hot: frozenset[int]) -> None:
        self._db.conn.executemany(ENTER, _rows(number, order, text, hot))

    def _leave(self, known: StoredRelease) -> None:
        marks = signature(known.release.content.body_text).marks
        self._db.conn.executemany(
            "DELETE FROM lsh_bands WHERE band = ? AND release = ?",
            [(band, known.number) for band in _in_slots([slot_of(known.release.instant)], marks)],
        )


def _hot(rows: list[tuple[int, int, int]], slot: int, bands: frozenset[int]) -> frozenset[int]:
    """The marks whose bucket is full in a slot; ``bands`` are those of bands, in their slots."""
    low = (1 << MARK_BITS) - 1
    return frozenset(
        band & low
        for band, count in Counter([row[0] for row in rows]).items()
        if count >= COMMON and band >> MARK_BITS == slot and (count >= HOT or band not in bands)
    )


def _in_slots(slots: Iterable[int], marks: Iterable[int]) -> list[int]:
    return [(slot << MARK_BITS) + mark for slot in slots for mark in marks]


def _rows(
    number: int, order: dt.datetime, text: Signature, hot: frozenset[int]
) -> list[tuple[int, int, int]]:
    """The rows of a text."""
    start, size = slot_of(order) << MARK_BITS, len(text.anchors)
    return [(start + mark, number, size) for mark in text.marks if mark not in hot]
