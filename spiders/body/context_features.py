"""Compute features of a block's surroundings from the first model's probabilities.

They are the input of the second model. The first model rates each block on its own. But body text
is contiguous: a block between body blocks, or in an element that is mostly body text, is likely to
be body text, too.
"""

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from spiders.body.block_features import BlockTable
from spiders.body.layout_features import Matrix, Places

Column = NDArray[np.generic]

MAX_BLOCK_WEIGHT: Final = 60.0
"""Maximum weight (number of words) of a block in the features of other blocks."""

MAX_REGION_BLOCK_WEIGHT: Final = 150.0
"""Maximum weight (number of words) of a block in the comparison of containers."""

MIN_CERTAIN_PROBABILITY: Final = 0.7
"""Minimum probability at which a long block is certainly body text."""

MIN_LIKELY_PROBABILITY: Final = 0.4
"""Minimum probability at which a block is likely to be body text."""

ABSENT_PARAGRAPH_DISTANCE: Final = 99.0
"""Distance in blocks that is assumed if no paragraph of the page is certain to be body text."""

WINDOWS: Final = (2, 5, 12)
"""Numbers of blocks on each side of a block over which probabilities are averaged."""


def context_features(first: Matrix, words: Matrix, table: BlockTable) -> Matrix:
    """Return the features of each block's surroundings, as an array (features, blocks).

    ``first`` (blocks,) contains the first model's probabilities, ``words`` the word count of each
    block.
    """
    count = len(first)
    weight = np.minimum(words, MAX_BLOCK_WEIGHT)
    held = first * weight
    total = max(float(held.sum()), 1.0)
    running = np.cumsum(held)
    columns: list[Column] = [
        first,
        neighbour_values(first, -1),
        neighbour_values(first, 1),
        *windows(held, weight),
    ]
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


def neighbour_values(column: Matrix, step: int) -> Matrix:
    """Return the values of each block's next (``step`` 1) or previous (-1) block, or 0."""
    out = np.zeros_like(column)
    if step > 0:
        out[:-step] = column[step:]
    else:
        out[-step:] = column[:step]
    return out


def windows(held: Matrix, weight: Matrix) -> Iterator[Column]:
    """Yield, for each size in `WINDOWS`, the mean probability around each block.

    ``weight`` contains the weights of the blocks, and ``held`` the products of weight and
    probability.
    """
    count, most = len(held), max(WINDOWS)
    sums = np.zeros((2, count + 2 * most + 1))
    np.cumsum([held, weight], axis=1, out=sums[:, most + 1 : most + 1 + count])
    sums[:, most + 1 + count :] = sums[:, most + count, None]
    for half in WINDOWS:
        begin, end = most - half, most + half + 1
        inside = sums[:, end : end + count] - sums[:, begin : begin + count]
        yield inside[0] / np.maximum(inside[1], 1)


def strongest(first: Matrix, words: Matrix, chain: Places, held: Matrix) -> list[Column]:
    """Return features of each block relative to paragraphs that are certainly body text.

    They are the distances to the nearest such paragraphs before and after the block, whether both
    share its container, and whether the block is before or after all of them.
    """
    count = len(first)
    order = np.arange(count)
    strong = np.flatnonzero((first > MIN_CERTAIN_PROBABILITY) & (words > 12))  # noqa: PLR2004 - a sentence
    if not len(strong):
        return [
            np.full(count, ABSENT_PARAGRAPH_DISTANCE),
            np.full(count, ABSENT_PARAGRAPH_DISTANCE),
            *[np.zeros(count)] * 5,
        ]
    after = np.searchsorted(strong, order)
    low = strong[np.maximum(after - 1, 0)]
    high = strong[np.minimum(after, len(strong) - 1)]
    main = int(np.bincount(chain[0], held).argmax())
    return [
        np.where(after > 0, order - low, ABSENT_PARAGRAPH_DISTANCE),
        np.where(after < len(strong), high - order, ABSENT_PARAGRAPH_DISTANCE),
        chain[0] == chain[0, low],
        chain[0] == chain[0, high],
        (chain == main).any(axis=0),
        order < strong[0],
        order > strong[-1],
    ]


def region(first: Matrix, words: Matrix, spans: Places) -> tuple[int, int, float]:
    """Find the container that best matches the predicted body text.

    Returns the number of the container's first block, the number after its last block, and its
    expected F1 score.
    """
    weight = np.minimum(words, MAX_REGION_BLOCK_WEIGHT)
    kept = first > MIN_LIKELY_PROBABILITY
    mass = np.concatenate([np.zeros(1), np.cumsum(weight * kept)])
    right = np.concatenate([np.zeros(1), np.cumsum(weight * first * kept)])
    low, high = spans
    total = max(float((weight * first).sum()), 1e-6)
    worth = 2 * (right[high] - right[low]) / (mass[high] - mass[low] + total)
    best = len(worth) - 1 - int(worth[::-1].argmax())
    return int(low[best]), int(high[best]), float(worth[best])


def best_run(opinion: Matrix, words: Matrix) -> tuple[int, int]:
    """Return the start and end of the body: the run of blocks with the maximum total score.

    Method: J. Pasternack, D. Roth, "Extracting article text from the web with maximum subsequence
    segmentation", WWW 2009. ``opinion`` contains the blocks' probabilities. Blocks after a gap,
    such as comments, are included only if they outweigh the gap.
    """
    worth = (opinion - MIN_LIKELY_PROBABILITY) * (np.minimum(words, MAX_BLOCK_WEIGHT) + 3)
    best = current = 0.0
    start = low = high = 0
    for place, value in enumerate(worth.tolist()):
        if current <= 0:
            current, start = 0.0, place
        current += value
        if current > best:
            best, low, high = current, start, place + 1
    return low, high
