"""Which blocks of a page are the text of its release.

Two small models judge every block: the first by itself, the second with what the first says of its
surroundings. The body is the run of blocks that is worth most, without those inside it that are
not text of it. Where no model can tell, text density does (spiders.density).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from spiders.columns import BASE
from spiders.context import best_run, context_features
from spiders.features import block_features
from spiders.frames import Block, Frame, Survey
from spiders.metadata import Metadata
from spiders.trees import load_trees

KEPT: Final = 0.45

KEPT_IN_TABLE: Final = 0.2
"""The probability that is enough for a cell of a table that is kept."""

LEAD_WITHIN: Final = 12
"""Blocks before the body among which its lead paragraph is looked for."""

SPACES, SUMMARY, SINCE_TITLE, SIZE = map(BASE.index, ("spaces", "summary", "since_title", "size"))


@dataclass(frozen=True, slots=True)
class MainBody:
    """The blocks that are the release's text, and the frame that holds them all.

    ``rule`` names the method and ``confidence`` is 0 to 1.
    """

    frame: Frame
    kept: tuple[Block, ...]
    rule: str
    confidence: float


def find_body(seen: Survey, meta: Metadata) -> MainBody | None:
    """The main text of a surveyed page, or None where it has none."""
    if not seen.blocks:
        return None
    rows, chain = block_features(seen, meta)
    words = rows[:, SPACES] + 1
    spans = np.array([(frame.first, frame.last) for frame in seen.frames], dtype=np.int32)
    first = load_trees("blocks").probabilities(rows)
    around = context_features(first, words, chain, spans)
    second = load_trees("surroundings").probabilities(np.concatenate([rows, around], axis=1))
    low, high = best_run(second, words)
    keep = [low + int(place) for place in np.flatnonzero(second[low:high] >= KEPT)]
    if not keep:
        return None
    keep += rest_of_tables(seen.blocks, keep, second)
    for place in range(max(0, min(keep) - LEAD_WITHIN), min(keep)):
        row = rows[place]
        if row[SUMMARY] >= 1 and row[SINCE_TITLE] >= 0 and row[SIZE] > 40:  # noqa: PLR2004
            keep.append(place)
    keep.sort()
    kept = tuple(seen.blocks[place] for place in keep)
    weight = np.minimum(words[keep], 150)
    sure = float((second[keep] * weight).sum() / weight.sum())
    return MainBody(holder(kept, seen.top), kept, "blocks", round(sure, 3))


def rest_of_tables(
    blocks: Sequence[Block], keep: Sequence[int], sure: NDArray[np.float32]
) -> list[int]:
    """The places of cells that belong to tables already kept.

    A row of figures is judged alike with many others; alone at the border it would come and go with
    the smallest change elsewhere on the page, and be told as an edit.
    """
    kept = set(keep)
    tables = {id(table) for place in keep if (table := table_of(blocks[place].frame)) is not None}
    return [
        place
        for place in range(min(keep), max(keep))
        if place not in kept
        and sure[place] >= KEPT_IN_TABLE
        and id(table_of(blocks[place].frame)) in tables
    ]


def table_of(frame: Frame) -> Frame | None:
    """The innermost table around a frame."""
    inner: Frame | None = frame
    while inner is not None and inner.tag != "table":
        inner = inner.parent
    return inner


def holder(kept: tuple[Block, ...], top: Frame) -> Frame:
    """The innermost frame that holds all of these blocks."""
    frame: Frame | None = kept[0].frame
    last = kept[-1].order
    while frame is not None and not (frame.first <= kept[0].order and last < frame.last):
        frame = frame.parent
    return frame or top
