"""Which blocks of a page are the text of its release.

Two small models judge every block: the first by itself, the second with what the first says of its
surroundings. The body is the run of blocks that is worth most, without those inside it that are
not text of it. Where no model can tell, text density does (spiders.density).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from spiders.columns import BASE
from spiders.context import best_run, context_features
from spiders.features import block_features
from spiders.frames import Block, Frame, Survey
from spiders.metadata import Metadata
from spiders.trees import load_trees

KEPT: Final = 0.45
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
    for place in range(max(0, keep[0] - LEAD_WITHIN), keep[0]):
        row = rows[place]
        if row[SUMMARY] >= 1 and row[SINCE_TITLE] >= 0 and row[SIZE] > 40:  # noqa: PLR2004
            keep.append(place)
    keep.sort()
    kept = tuple(seen.blocks[place] for place in keep)
    weight = np.minimum(words[keep], 150)
    sure = float((second[keep] * weight).sum() / weight.sum())
    return MainBody(holder(kept, seen.top), kept, "blocks", round(sure, 3))


def holder(kept: tuple[Block, ...], top: Frame) -> Frame:
    """The innermost frame that holds all of these blocks."""
    frame: Frame | None = kept[0].frame
    last = kept[-1].order
    while frame is not None and not (frame.first <= kept[0].order and last < frame.last):
        frame = frame.parent
    return frame or top
