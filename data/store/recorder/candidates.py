"""Which texts may be alike: candidates by the bands that they share (locality-sensitive hashing).

A band in the database is a slot of time and, in the low bits, a mark of a text: one of its MinHash
bands, or one of its anchors (data.text.similarity).
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from data.store.recorder.tables import Tables
from data.stories.copies import (
    MAX_ANCHOR_RELEASES,
    MAX_BAND_RELEASES,
    is_worth_comparing,
    slot_of,
    slots_near,
)
from data.text.similarity import MARK_BITS, Signature


@dataclass(frozen=True, slots=True)
class Candidates:
    """Releases that share marks with a text, by their number.

    Those that share most bands come first, then most anchors; those that share too few to be worth
    comparing are left out. ``hot`` are the marks whose bucket is full in the text's own slot.
    """

    nearest: tuple[int, ...]
    hot: frozenset[int]


NONE: Final = Candidates((), frozenset())


def find_candidates(tables: Tables, text: Signature, order: dt.datetime) -> Candidates:
    """The releases published around ``order`` that share marks with a text."""
    slots = slots_near(order)
    own = _in_slots(slots, text.bands)
    if not own:
        return NONE
    rows = tables.rows_in_bands(own + _in_slots(slots, text.anchors))
    if not rows:
        return NONE
    # Plain dicts: a Counter costs more than the look-up of the rows.
    bands: dict[int, int] = {}
    anchors: dict[int, int] = {}
    sizes: dict[int, int] = {}
    of_bands = frozenset(own)
    for band, number, size in rows:
        if band in of_bands:
            bands[number] = bands.get(number, 0) + 1
        else:
            anchors[number] = anchors.get(number, 0) + 1
            sizes[number] = size
    mine = len(text.anchors)
    ranked = [(-count, -anchors.get(n, 0), n) for n, count in bands.items()] + [
        (0, -count, n)
        for n, count in anchors.items()
        if n not in bands and is_worth_comparing(count, min(sizes[n], mine))
    ]
    ranked.sort()
    crowded = len(rows) >= MAX_ANCHOR_RELEASES
    return Candidates(
        tuple(n for _, _, n in ranked),
        _hot(rows, slot_of(order), of_bands) if crowded else frozenset(),
    )


def bands_of(
    text: Signature, order: dt.datetime, hot: frozenset[int] = frozenset()
) -> Sequence[int]:
    """The bands that a text is entered in: all of its marks but the ``hot``, in its own slot."""
    return _in_slots([slot_of(order)], [mark for mark in text.marks if mark not in hot])


def _hot(rows: Sequence[tuple[int, int, int]], slot: int, bands: frozenset[int]) -> frozenset[int]:
    """The marks whose bucket is full in a slot; ``bands`` are those of bands, in their slots."""
    low = (1 << MARK_BITS) - 1
    return frozenset(
        band & low
        for band, count in Counter([row[0] for row in rows]).items()
        if count >= MAX_ANCHOR_RELEASES
        and band >> MARK_BITS == slot
        and (count >= MAX_BAND_RELEASES or band not in bands)
    )


def _in_slots(slots: Iterable[int], marks: Iterable[int]) -> list[int]:
    return [(slot << MARK_BITS) + mark for slot in slots for mark in marks]
