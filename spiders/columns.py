"""The columns of a page's blocks: neighbours, enclosing elements and hints beside their own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from spiders.frames import RICH, Frame
from spiders.hints import BIT

Matrix = NDArray[np.float32]
Places = NDArray[np.int32]
Column = NDArray[np.generic]

LEVELS: Final = 3
"""How many enclosing elements are measured."""

SPARSE: Final = 0.34
"""The share of links below which a text is running text."""

BASE: Final = (  # noqa: SIM905 - words read better in a row
    "size links anchors spaces marks ended tag depth is_title since_title tail since_tail "
    "since_heading level share repeated legal credit lead_in stamp summary witness siblings "
    "lower twins"
).split()
HINTS: Final = tuple(BIT)


def _names() -> tuple[str, ...]:
    names = [
        *BASE,
        "density",
        "word",
        "place",
        "before",
        "after",
        "page_chars",
        "page_rich",
        "page_density",
    ]
    for step in ("-1", "+1", "-2", "+2"):
        names += [f"size{step}", f"density{step}", f"tag{step}", f"same{step}", f"marks{step}"]
    for level in range(LEVELS):
        names += [
            f"{name}@{level}"
            for name in ("chars", "density", "blocks", "rich", "share", "mean", "own", "twins")
        ]
    names += ["run_rich", "run_links"]
    for scope in ("own", "outer", "further", "above"):
        names += [f"{hint}:{scope}" for hint in HINTS]
    return tuple(names)


NAMES: Final = _names()


@dataclass(frozen=True, slots=True)
class FrameColumns:
    """The frames of a page as columns."""

    sums: Matrix
    outer: Places
    hints: NDArray[np.int64]

    @classmethod
    def of(cls, frames: list[Frame]) -> FrameColumns:
        """The columns of these frames, the first of which is the whole page."""
        rows = [
            (f.chars, f.links, f.blocks, f.rich, f.twins, f.outer.index if f.outer else 0)
            for f in frames
        ]
        table = np.array(rows, dtype=np.int64)
        hints = np.array([(f.near, f.near or f.hints, f.above) for f in frames], dtype=np.int64)
        return cls(table[:, :5].astype(np.float32), table[:, 5].astype(np.int32), hints)


def assemble(
    base: Matrix, frames: FrameColumns, holders: Places, hints: NDArray[np.int64]
) -> tuple[Matrix, Places]:
    """All columns: the block's own, its neighbours', its frames' and its hints."""
    count = len(base)
    size, links, tag, marks = base[:, 0], base[:, 1], base[:, 6], base[:, 4]
    density = links / np.maximum(size, 1)
    rich = np.where((size > RICH) & (density < SPARSE), size, 0)
    total, total_rich = max(float(size.sum()), 1.0), max(float(rich.sum()), 1.0)
    before = np.cumsum(rich) - rich
    chain = np.empty((count, LEVELS), dtype=np.int32)
    place = holders
    for level in range(LEVELS):
        place = frames.outer[place]
        chain[:, level] = place
    rows = np.empty((count, len(NAMES)), dtype=np.float32)
    rows[:, : len(BASE)] = base
    columns: list[Column] = [
        density,
        size / (base[:, 3] + 1),
        np.arange(count, dtype=np.float32) / max(count, 1),
        before / total_rich,
        (total_rich - before - rich) / total_rich,
        np.full(count, total),
        np.full(count, total_rich),
        np.full(count, float(links.sum()) / total),
    ]
    holder = chain[:, 0].astype(np.float32) + 1
    for step in (-1, 1, -2, 2):
        columns += [
            shift(size, step),
            shift(density, step),
            shift(tag, step),
            shift(holder, step) == holder,
            shift(marks, step),
        ]
    for level in range(LEVELS):
        held = frames.sums[chain[:, level]]
        chars = np.maximum(held[:, 0], 1)
        columns += [
            chars,
            held[:, 1] / chars,
            held[:, 2],
            held[:, 3],
            held[:, 3] / total_rich,
            chars / np.maximum(held[:, 2], 1),
            size / chars,
            held[:, 4],
        ]
    columns += [around(rich), around(links)]
    for number, column in enumerate(columns, len(BASE)):
        rows[:, number] = column
    said = frames.hints
    masks = np.stack(
        [
            hints | said[holders, 0],
            said[chain[:, 0], 1],
            said[chain[:, 1], 1] | said[chain[:, 2], 1],
            said[holders, 2],
        ],
        axis=1,
    )
    bits = (masks[:, :, None] >> np.arange(len(HINTS), dtype=np.int64)) & 1
    rows[:, len(BASE) + len(columns) :] = bits.reshape(count, -1)
    return rows, chain


def around(column: Matrix) -> Matrix:
    """The sum of a column over four rows to each side."""
    sums = np.concatenate([[0], np.cumsum(column, dtype=np.float64)])
    order = np.arange(len(column))
    high, low = np.minimum(order + 5, len(column)), np.maximum(order - 4, 0)
    return np.asarray(sums[high] - sums[low], dtype=np.float32)


def shift(column: NDArray[Any], step: int) -> NDArray[Any]:
    """A column moved so that each row holds its neighbour's value; -1 where there is none."""
    moved = np.full_like(column, -1)
    if step > 0:
        moved[:-step] = column[step:]
    else:
        moved[-step:] = column[:step]
    return moved
