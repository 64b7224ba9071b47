"""The containers and blocks of a surveyed page: what the readers of a page work on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Final

from lxml import etree

from spiders.page.class_hints import class_hints

BROAD: Final = 0.8
"""A container with more than this share of the page's text says nothing of any part of it."""


class Container:
    """A block-level element, what it calls itself and what surrounds it.

    Its blocks are those from ``first`` up to ``last``. ``index`` is its place among the survey's
    containers, which come in document order. The rest is told of those that hold a block: ``hints``
    is a bit mask of what its own tag, class, id and role say; ``above`` the same for its ancestors,
    those that hold nearly all of the page left out. ``outer`` is the nearest ancestor that holds
    more blocks than this, ``near`` the hints on the way there. ``twins`` counts the elements beside
    it that have the same tag and class.
    """

    __slots__ = (
        "above", "depth", "element", "first", "hints", "index", "last", "name", "near", "outer",
        "parent", "tag", "twins",
    )  # fmt: skip

    def __init__(  # noqa: PLR0917 - the parts of one thing
        self,
        element: etree._Element,
        tag: str,
        name: str,
        parent: Container | None,
        depth: int,
        first: int,
        index: int,
    ) -> None:
        self.element = element
        self.tag = tag
        self.name = name
        self.parent = parent
        self.depth = depth
        self.first = self.last = first
        self.index = index
        self.hints = self.above = self.near = self.twins = 0
        self.outer: Container | None = None

    @property
    def blocks(self) -> int:
        """How many blocks lie in it."""
        return self.last - self.first


@dataclass(slots=True)
class TextBlock:
    """A run of text: ``links`` counts its characters in links, ``pieces`` says where it stands.

    A piece is an element and whether the text is its tail (True) or its own (False). ``hints`` is
    what the inline elements around it say of themselves.
    """

    container: Container
    text: str
    links: int
    anchors: int
    hints: int
    pieces: list[tuple[etree._Element, bool]]
    order: int


@dataclass(slots=True)
class BlockTree:
    """The blocks and containers of a page, in document order; ``complete`` is False if cut short.

    The first container is the whole page. ``menus`` are the elements that were left out as such,
    ``inputs`` the fields of forms outside of them.
    """

    top: Container
    blocks: list[TextBlock] = field(default_factory=list)
    containers: list[Container] = field(default_factory=list)
    menus: list[etree._Element] = field(default_factory=list)
    inputs: list[etree._Element] = field(default_factory=list)
    complete: bool = True


def close_block(  # noqa: PLR0917 - the parts of one thing
    blocks: list[TextBlock],
    container: Container,
    texts: list[str],
    pieces: list[tuple[etree._Element, bool]],
    links: int,
    anchors: int,
    hints: int,
) -> None:
    """End a run of text in a container; what holds no letter makes no block."""
    text = " ".join((texts[0] if len(texts) == 1 else "".join(texts)).split())
    if text:
        links = min(links, len(text))
        blocks.append(TextBlock(container, text, links, anchors, hints, pieces, len(blocks)))


def relate(containers: Sequence[Container], blocks: Sequence[TextBlock]) -> None:
    """Tell each container that holds a block what surrounds it; parents come before children."""
    before = [0, *accumulate([len(block.text) for block in blocks])]
    broad = before[-1] * BROAD
    signs = [(one.parent, one.tag, one.name) for one in containers]
    twins = Counter(signs)
    for container, sign in zip(containers, signs, strict=True):
        parent, first, last = container.parent, container.first, container.last
        if first == last or parent is None:
            continue
        hints = container.hints = container.near = class_hints(
            container.element, container.tag, container.name
        )
        container.twins = twins[sign]
        narrow = before[parent.last] - before[parent.first] <= broad
        container.above = parent.above | parent.hints if narrow else parent.above
        if parent.last - parent.first > last - first:
            container.outer = parent
        else:
            container.outer = parent.outer
            if narrow:
                container.near = hints | parent.near
