"""Compute features of what surrounds text blocks: neighbours, containers, class hints.

Each feature is a contiguous row in memory, because the models process it for all blocks at once.
`context_features` adds features from the first model's probabilities, for the second model. The
first model rates each block on its own. But body text is contiguous: a block between body blocks,
or in an element that is mostly body text, is likely to be body text, too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from spiders.body.text_blocks import Container
from spiders.page.class_hints import BIT

Matrix = NDArray[np.float32]
Places = NDArray[np.intp]

LEVELS: Final = 3
"""Number of containers around a block that are described by its features."""

MIN_RUNNING_TEXT_LENGTH: Final = 80
"""Minimum length of a block of running text, in characters."""

MAX_LINKED_SHARE: Final = 0.34
"""Maximum share (0 to 1) of linked characters in running text."""

NEIGHBOUR_OFFSETS: Final = (-1, 1, -2, 2)
"""Offsets of the neighbouring blocks that are described by a block's features."""

NEARBY_BLOCKS: Final = 4
"""Number of blocks on each side of a block over which running text and links are summed."""

BASE: Final = (  # noqa: SIM905 - words read better in a row
    "size links anchors spaces marks ended tag depth is_title since_title tail since_tail "
    "since_heading level share repeated legal credit lead_in stamp summary in_json_ld siblings "
    "lower twins"
).split()
AT: Final = {name: place for place, name in enumerate(BASE)}
PAGE: Final = (  # noqa: SIM905 - as above
    "density word place before after page_chars page_rich page_density"
).split()
NEIGHBOUR_FEATURES: Final = ("size", "density", "tag", "same", "marks")
ENCLOSING: Final = ("chars", "density", "blocks", "rich", "share", "mean", "own", "twins")
HINTS: Final = tuple(BIT)
BITS: Final = np.array([*BIT.values()]).reshape(-1, 1)
SCOPES: Final = ("own", "outer", "further", "above")

NAMES: Final = (
    *BASE,
    *PAGE,
    *(f"{name}{step:+}" for step in NEIGHBOUR_OFFSETS for name in NEIGHBOUR_FEATURES),
    *(f"{name}@{level}" for level in range(LEVELS) for name in ENCLOSING),
    *("run_rich", "run_links"),
    *(f"{hint}:{scope}" for scope in SCOPES for hint in HINTS),
)
"""Names of all layout and block features, in column order."""


@dataclass(frozen=True, slots=True)
class ContainerColumns:
    """The containers of a page as arrays.

    - ``spans``: number of each container's first block, and the number after its last block
    - ``outer``: index of the nearest container around it that has more blocks
    - ``twins``: number of sibling elements with the same tag and class
    - ``hints``: bit masks from tags, classes, ids and roles (see spiders.page.class_hints)
    """

    spans: Places
    outer: Places
    twins: Places
    hints: NDArray[np.int64]

    @classmethod
    def of(cls, containers: Sequence[Container]) -> ContainerColumns:
        """Create the arrays from ``containers``. The first container must be the whole page."""
        near = [container.near for container in containers]
        named = [container.near or container.hints for container in containers]
        above = [container.above for container in containers]
        return cls(
            np.array([[f.first for f in containers], [f.last for f in containers]], dtype=np.intp),
            np.array([f.outer.index if f.outer else 0 for f in containers], dtype=np.intp),
            np.array([f.twins for f in containers], dtype=np.intp),
            np.array([near, named, above], dtype=np.int64),
        )


@dataclass(frozen=True, slots=True)
class BlockTable:
    """The blocks of a page as arrays of numbers.

    - ``columns`` (NAMES, blocks): the features of each block
    - ``chain`` (LEVELS, blocks): indexes of the containers of each block, nearest first; each
      contains more blocks than the one before
    - ``spans`` (2, containers): number of the first block, and the number after the last block
    """

    columns: Matrix
    chain: Places
    spans: Places


def assemble(
    base: Matrix, containers: ContainerColumns, holders: Places, hints: NDArray[np.int64]
) -> tuple[Matrix, Places]:
    """Return all features (NAMES, blocks), and the containers around each block (LEVELS, blocks).

    ``base`` (BASE, blocks) contains the features of the blocks themselves. ``holders`` (blocks,) is
    the container of each block, and ``hints`` (blocks,) the class hints of its inline elements.
    """
    count = base.shape[1]
    size, links = base[AT["size"]], base[AT["links"]]
    density = links / np.maximum(size, 1)
    rich = np.where(
        (size > MIN_RUNNING_TEXT_LENGTH) & (density < MAX_LINKED_SHARE), size, np.float32(0)
    )
    total, total_rich = max(float(size.sum()), 1.0), max(float(rich.sum()), 1.0)
    before = np.cumsum(rich) - rich
    chain = np.empty((LEVELS, count), dtype=np.intp)
    place = holders
    for level in range(LEVELS):
        place = chain[level] = containers.outer[place]
    out = np.empty((len(NAMES), count), dtype=np.float32)
    out[: len(BASE)] = base
    at = len(BASE)
    out[at] = density
    out[at + 1] = size / (base[AT["spaces"]] + 1)
    out[at + 2] = np.arange(count, dtype=np.float32) / max(count, 1)
    out[at + 3] = before / total_rich
    out[at + 4] = (total_rich - before - rich) / total_rich
    out[at + 5] = total
    out[at + 6] = total_rich
    out[at + 7] = float(links.sum()) / total
    at += len(PAGE)
    at = beside(out, at, (size, density, base[AT["tag"]], chain[0] + 1, base[AT["marks"]]))
    at = enclosing(out, at, size, links, total_rich, containers, chain)
    out[at] = around(rich)
    out[at + 1] = around(links)
    at += 2
    class_hints = containers.hints
    masks = np.stack(
        [
            hints | class_hints[0].take(holders),
            class_hints[1].take(chain[0]),
            class_hints[1].take(chain[1]) | class_hints[1].take(chain[2]),
            class_hints[2].take(holders),
        ]
    )
    out[at:].reshape(len(SCOPES), len(HINTS), count)[:] = (masks[:, None] & BITS) != 0
    return out, chain


def beside(out: Matrix, at: int, own: Sequence[NDArray[np.generic]]) -> int:
    """Write the features of each block's neighbours to ``out``, starting at row ``at``.

    Returns the next free row. ``own`` contains the blocks' own values of NEIGHBOUR_FEATURES. For a
    neighbour, the fourth feature is 1 if it is in the same container as the block, else 0.
    """
    most, count = max(NEIGHBOUR_OFFSETS), out.shape[1]
    wide = np.full((len(NEIGHBOUR_FEATURES), count + 2 * most), -1, dtype=np.float32)
    wide[:, most : most + count] = own
    holder = own[NEIGHBOUR_FEATURES.index("same")]
    for step in NEIGHBOUR_OFFSETS:
        out[at : at + len(NEIGHBOUR_FEATURES)] = wide[:, most + step : most + step + count]
        same = out[at + NEIGHBOUR_FEATURES.index("same")]
        same[:] = same == holder
        at += len(NEIGHBOUR_FEATURES)
    return at


def enclosing(  # noqa: PLR0917 - all columns of one table
    out: Matrix,
    at: int,
    size: Matrix,
    links: Matrix,
    total_rich: float,
    containers: ContainerColumns,
    chain: Places,
) -> int:
    """Write the features of the containers around each block to ``out``, starting at row ``at``.

    Returns the next free row. ENCLOSING contains the names of the features.
    """
    texts = np.zeros((3, len(size) + 1))
    np.cumsum(
        [size, links, np.where((size > MIN_RUNNING_TEXT_LENGTH) & (links * 3 < size), size, 0)],
        1,
        out=texts[:, 1:],
    )
    first, last = containers.spans
    chars, linked, rich = (texts.take(last, axis=1) - texts.take(first, axis=1)).astype(np.float32)
    chars = np.maximum(chars, 1)
    held = (last - first).astype(np.float32)
    own = np.zeros_like(chars)
    mean = chars / np.maximum(held, 1)
    table = np.stack(
        [chars, linked / chars, held, rich, rich / total_rich, mean, own, containers.twins],
        dtype=np.float32,
        casting="unsafe",
    )
    for around_it in chain:
        table.take(around_it, axis=1, out=out[at : at + len(ENCLOSING)])
        out[at + ENCLOSING.index("own")] = size / out[at]
        at += len(ENCLOSING)
    return at


def around(column: Matrix) -> NDArray[np.float64]:
    """Return the sum of a column over each block and NEARBY_BLOCKS blocks on each side."""
    count = len(column)
    sums = np.zeros(count + 2 * NEARBY_BLOCKS + 1)
    np.cumsum(column, out=sums[NEARBY_BLOCKS + 1 : NEARBY_BLOCKS + 1 + count], dtype=np.float64)
    sums[NEARBY_BLOCKS + 1 + count :] = sums[NEARBY_BLOCKS + count]
    return sums[2 * NEARBY_BLOCKS + 1 :] - sums[:count]


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
