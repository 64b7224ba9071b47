"""What a first opinion on each block says of its surroundings, for the second opinion.

The first pass judges each block by itself. A body hangs together: a block amid body text, in an
element that is mostly body text, is body text. These columns say so.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from spiders.body.block_features import BlockTable
from spiders.body.layout_features import Matrix, Places

Column = NDArray[np.generic]

LONG: Final = 60.0
"""Words beyond which a block weighs no more than others in its surroundings."""

REGION_LONG: Final = 150.0
STRONG: Final = 0.7
LIKELY: Final = 0.4
FAR: Final = 99.0
WINDOWS: Final = (2, 5, 12)


def context_features(first: Matrix, words: Matrix, table: BlockTable) -> Matrix:
    """Columns (…, blocks) that describe each block's surroundings.

    ``first`` is the first opinion (blocks,), ``words`` the words of each block.
    """
    count = len(first)
    weight = np.minimum(words, LONG)
    held = first * weight
    total = max(float(held.sum()), 1.0)
    running = np.cumsum(held)
    columns: list[Column] = [first, moved(first, -1), moved(first, 1), *windows(held, weight)]
    columns += [
        running / total,
        (running[-1] - running) / total,
        np.full(count, total),
        np.full(count, first.max()),
    ]
    for place in table.chain:
        inside = np.bincount(place, held)
        columns += [
            (inside / np.maximum(np.bincount(place, weight), 1)).take(place),
            inside.take(place) / total,
        ]
    columns += strongest(first, words, table.chain, held)
    begin, end, worth = region(first, words, table.spans)
    order = np.arange(count)
    columns += [
        (order >= begin) & (order < end),
        order < begin,
        order >= end,
        np.full(count, worth),
        order - begin,
        end - order,
    ]
    return np.stack(columns, dtype=np.float32, casting="unsafe")


def moved(column: Matrix, step: int) -> Matrix:
    """A column moved by one row; 0 where there is no neighbour."""
    out = np.zeros_like(column)
    if step > 0:
        out[:-step] = column[step:]
    else:
        out[-step:] = column[:step]
    return out


def windows(held: Matrix, weight: Matrix) -> Iterator[Column]:
    """The mean opinion over the rows around each row, for windows of several sizes."""
    count, most = len(held), max(WINDOWS)
    sums = np.zeros((2, count + 2 * most + 1))
    np.cumsum([held, weight], axis=1, out=sums[:, most + 1 : most + 1 + count])
    sums[:, most + 1 + count :] = sums[:, most + count, None]
    for half in WINDOWS:
        begin, end = most - half, most + half + 1
        inside = sums[:, end : end + count] - sums[:, begin : begin + count]
        yield inside[0] / np.maximum(inside[1], 1)


def strongest(first: Matrix, words: Matrix, chain: Places, held: Matrix) -> list[Column]:
    """How far the nearest sure paragraphs are, and whether they share the block's element."""
    count = len(first)
    order = np.arange(count)
    strong = np.flatnonzero((first > STRONG) & (words > 12))  # noqa: PLR2004 - a sentence
    if not len(strong):
        return [np.full(count, FAR), np.full(count, FAR), *[np.zeros(count)] * 5]
    after = np.searchsorted(strong, order)
    low = strong[np.maximum(after - 1, 0)]
    high = strong[np.minimum(after, len(strong) - 1)]
    main = int(np.bincount(chain[0], held).argmax())
    return [
        np.where(after > 0, order - low, FAR),
        np.where(after < len(strong), high - order, FAR),
        chain[0] == chain[0, low],
        chain[0] == chain[0, high],
        (chain == main).any(axis=0),
        order < strong[0],
        order > strong[-1],
    ]


def region(first: Matrix, words: Matrix, spans: Places) -> tuple[int, int, float]:
    """The element that holds the body best: its first and last block, and the F1 expected of it."""
    weight = np.minimum(words, REGION_LONG)
    kept = first > LIKELY
    mass = np.concatenate([np.zeros(1), np.cumsum(weight * kept)])
    right = np.concatenate([np.zeros(1), np.cumsum(weight * first * kept)])
    low, high = spans
    total = max(float((weight * first).sum()), 1e-6)
    worth = 2 * (right[high] - right[low]) / (mass[high] - mass[low] + total)
    best = len(worth) - 1 - int(worth[::-1].argmax())
    return int(low[best]), int(high[best]), float(worth[best])


def best_run(opinion: Matrix, words: Matrix) -> tuple[int, int]:
    """The run of blocks that is most surely the body: the maximum sum of a sequence.

    J. Pasternack, D. Roth, "Extracting article text from the web with maximum subsequence
    segmentation", WWW 2009. What lies beyond a gap of other things, as comments do, adds to the run
    only where it outweighs the gap.
    """
    worth = (opinion - LIKELY) * (np.minimum(words, LONG) + 3)
    best = current = 0.0
    start = low = high = 0
    for place, value in enumerate(worth.tolist()):
        if current <= 0:
            current, start = 0.0, place
        current += value
        if current > best:
            best, low, high = current, start, place + 1
    return low, high
