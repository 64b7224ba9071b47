"""Data types for the text blocks and containers of a page, the input of extraction."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Final

from lxml import etree

from data.text.words import UNSPACED
from spiders.page.class_hints import class_hints

MAX_HINT_SHARE: Final = 0.8
"""Maximum share of the page's text in a container that passes on its class hints to its parts."""


LETTERS_PER_WORD: Final = 3
"""Mean length of words in writing systems without spaces, in letters."""

MIN_STOPLESS_WORDS: Final = 7
"""Minimum number of words in a sentence of a script that has no full stop."""

STOPLESS_END: Final = re.compile(r"[\u0e00-\u0eff]\s*$")
"""Pattern that matches the end of a text in Thai or Lao, which have no full stops."""


class Container:
    """A block-level element of a page, with its range of text blocks and its class hints.

    - ``first``, ``last``: the number of its first block, and the number after its last block.
    - ``index``: its position among all containers, in document order.

    The following values are set only if the container has blocks:

    - ``hints``: a bit mask from its tag, class, id and role (see spiders.page.class_hints).
    - ``above``: the hints of its ancestors, except those around nearly the whole page.
    - ``outer``: the nearest ancestor with more blocks.
    - ``near``: the hints of the container and its ancestors below ``outer``.
    - ``twins``: the number of siblings with the same tag and class, including itself.
    """

    __slots__ = (
        "above", "depth", "element", "first", "hints", "index", "last", "name", "near", "outer",
        "parent", "tag", "twins",
    )  # fmt: skip

    def __init__(  # noqa: PLR0917 - all attributes of one element
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
        """The number of blocks in the container."""
        return self.last - self.first


@dataclass(slots=True)
class TextBlock:
    """A run of text on a page.

    - ``links``: number of its characters in links
    - ``anchors``: number of its links
    - ``hints``: class hints of its inline elements
    - ``pieces``: its text nodes as pairs: an element, and whether the text is the text after the
      element (its tail)
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
    """The blocks and containers of a page, in document order.

    ``complete`` is false if the page was too large to read fully. The first container is the whole
    page. ``menus`` contains the elements skipped as menus, and ``inputs`` the form fields outside
    menus.
    """

    top: Container
    blocks: list[TextBlock] = field(default_factory=list)
    containers: list[Container] = field(default_factory=list)
    menus: list[etree._Element] = field(default_factory=list)
    inputs: list[etree._Element] = field(default_factory=list)
    complete: bool = True


def close_block(  # noqa: PLR0917 - all attributes of one block
    blocks: list[TextBlock],
    container: Container,
    texts: list[str],
    pieces: list[tuple[etree._Element, bool]],
    links: int,
    anchors: int,
    hints: int,
) -> None:
    """End a run of text in a container, and add it as a block unless it is blank."""
    text = " ".join((texts[0] if len(texts) == 1 else "".join(texts)).split())
    if text:
        links = min(links, len(text))
        blocks.append(TextBlock(container, text, links, anchors, hints, pieces, len(blocks)))


def relate(containers: Sequence[Container], blocks: Sequence[TextBlock]) -> None:
    """Set hints, ``outer``, ``above``, ``near`` and ``twins`` of each container with blocks.

    Parents must come before their children.
    """
    before = [0, *accumulate([len(block.text) for block in blocks])]
    broad = before[-1] * MAX_HINT_SHARE
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


def count_words(text: str) -> int:
    """Return the number of words in a text. In scripts without spaces, the number is estimated."""
    unspaced = 0 if text.isascii() else len(UNSPACED.findall(text))
    return len(text.split()) + unspaced // LETTERS_PER_WORD


def is_stopless_sentence(text: str) -> bool:
    """Whether a text is long enough to be a sentence in a script without full stops."""
    return STOPLESS_END.search(text) is not None and count_words(text) >= MIN_STOPLESS_WORDS
