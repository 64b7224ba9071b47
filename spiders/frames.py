"""The frames and blocks of a surveyed page: what the readers of a page work on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from lxml import etree

RICH: Final = 80
"""Characters from which a block with few links counts as running text."""

BROAD: Final = 0.8
"""A frame with more than this share of the page's text says nothing of any part of it."""


class Frame:
    """A block-level element: its hints, its depth, and sums over all that lies in it.

    ``hints`` is a bit mask of what its own tag, class, id and role say; ``above`` the same for its
    ancestors, those that hold nearly all of the page left out. ``chars``, ``links`` (characters in
    links), ``blocks`` and ``rich`` (characters of running text) are sums over the whole subtree.
    ``outer`` is the nearest ancestor that holds more blocks than this, ``near`` the hints on the
    way there. Its blocks are those from ``first`` up to ``last``; ``twins`` counts the elements
    beside it that have the same tag and class. ``index`` is its place among the survey's frames.
    """

    __slots__ = (
        "above", "blocks", "chars", "depth", "element", "first", "hints", "index", "last", "links",
        "name", "near", "outer", "parent", "rich", "tag", "twins",
    )  # fmt: skip

    def __init__(  # noqa: PLR0917 - the parts of one thing
        self,
        element: etree._Element,
        tag: str,
        name: str,
        parent: Frame | None,
        hints: int,
        first: int,
        index: int,
    ) -> None:
        self.element = element
        self.tag = tag
        self.name = name
        self.parent = parent
        self.hints = hints
        self.first = self.last = first
        self.index = index
        self.depth: int = parent.depth + 1 if parent is not None else 0
        self.chars = self.links = self.blocks = self.rich = self.above = self.near = self.twins = 0
        self.outer: Frame | None = None


@dataclass(slots=True)
class Block:
    """A run of text: ``links`` counts its characters in links, ``pieces`` says where it stands.

    A piece is an element and whether the text is its tail (True) or its own (False). ``hints`` is
    what the inline elements around it say of themselves.
    """

    frame: Frame
    text: str
    links: int
    anchors: int
    hints: int
    pieces: list[tuple[etree._Element, bool]]
    order: int


@dataclass(slots=True)
class Survey:
    """The blocks and frames of a page in document order; ``complete`` is False where it was cut.

    The first frame is the whole page.
    """

    top: Frame
    blocks: list[Block] = field(default_factory=list)
    frames: list[Frame] = field(default_factory=list)
    complete: bool = True


def close_block(  # noqa: PLR0917 - the parts of one thing
    blocks: list[Block],
    frame: Frame,
    texts: list[str],
    pieces: list[tuple[etree._Element, bool]],
    links: int,
    anchors: int,
    hints: int,
) -> None:
    """End a run of text in a frame; what holds no letter makes no block."""
    text = " ".join("".join(texts).split())
    size = len(text)
    if not size:
        return
    links = min(links, size)
    blocks.append(Block(frame, text, links, anchors, hints, pieces, len(blocks)))
    frame.chars += size
    frame.links += links
    frame.blocks += 1
    if size > RICH and links * 3 < size:
        frame.rich += size


def close_frame(frame: Frame, last: int) -> Frame | None:
    """End a frame before the block numbered ``last``, and give its parent."""
    frame.last = last
    parent = frame.parent
    if parent is not None and frame.blocks:
        parent.chars += frame.chars
        parent.links += frame.links
        parent.blocks += frame.blocks
        parent.rich += frame.rich
    return parent


def relate(frames: list[Frame]) -> None:
    """Tell each frame what surrounds it; parents come before their children."""
    total = frames[0].chars * BROAD
    twins: dict[tuple[int, str, str], int] = {}
    signs: list[tuple[int, str, str]] = []
    for frame in frames[1:]:
        parent = frame.parent
        assert parent is not None  # noqa: S101 - only the first has none
        sign = (parent.index, frame.tag, frame.name)
        signs.append(sign)
        twins[sign] = twins.get(sign, 0) + 1
        own = 0 if parent.chars > total else parent.hints
        frame.above = parent.above | own
        if parent.blocks > frame.blocks:
            frame.outer = parent
            frame.near = frame.hints
        else:
            frame.outer = parent.outer
            frame.near = frame.hints | (parent.near if parent.chars <= total else 0)
    for frame, sign in zip(frames[1:], signs, strict=True):
        frame.twins = twins[sign]
