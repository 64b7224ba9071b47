"""Split a page into text blocks and containers, in one pass over its tree.

A block is a run of text without a block-level element or an empty line: a paragraph, a list item or
a menu entry. A container is a block-level element with the range of its blocks. Body, title and
date are extracted from the blocks, so the tree is traversed only once.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Final

from lxml import etree

from data.text.words import UNSPACED
from spiders.page.class_hints import BIT, class_hints, hints_in

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


def holder(kept: Sequence[TextBlock]) -> Container:
    """Return the innermost container around all ``kept`` blocks."""
    container = kept[0].container
    while kept[-1].order >= container.last and container.parent:
        container = container.parent
    return container


def count_words(text: str) -> int:
    """Return the number of words in a text. In scripts without spaces, the number is estimated."""
    unspaced = 0 if text.isascii() else len(UNSPACED.findall(text))
    return len(text.split()) + unspaced // LETTERS_PER_WORD


def is_stopless_sentence(text: str) -> bool:
    """Whether a text is long enough to be a sentence in a script without full stops."""
    return STOPLESS_END.search(text) is not None and count_words(text) >= MIN_STOPLESS_WORDS


MENU_TAGS: Final = frozenset(["nav", "ul", "ol", "div", "section", "header"])
"""Tags of elements that are checked for being a menu."""

NON_MENU_TAGS: Final = ("p", "h1", "article", "main", "time")
"""Tags that a menu never contains. An element with one of them lacks its end tag, or is not a menu.
"""

NAV: Final = BIT["nav"]
NORMALIZED_TEXT: Final = etree.XPath("normalize-space()")
DATE_HINT: Final = re.compile(r"\d{4}|\d[./-]\d|年")
"""Pattern of a possible date. A menu with a match may contain the date of the release."""

MIN_LINKED_SHARE: Final = 0.7
"""Minimum share of a menu's text that is in links."""

INLINE: Final = frozenset(
    "a abbr acronym b bdi bdo big cite code data del dfn em embed font i img ins kbd label mark "  # noqa: SIM905 - words read better in a row
    "nobr output q rp rt ruby s samp small span strike strong sub sup time tt u var wbr".split()
)
"""Tags of inline elements, which do not end a text block."""

SKIPPED_TAGS: Final = frozenset(
    "head script style noscript template svg iframe select option optgroup object canvas "  # noqa: SIM905 - words read better in a row
    "audio video textarea input math map frameset".split()
)
"""Tags of elements whose content is not visible text."""

BLOCK, TEXT, ANCHOR, BREAK, SKIP = range(5)
KINDS: Final = {
    **dict.fromkeys(INLINE, TEXT),
    **dict.fromkeys(SKIPPED_TAGS, SKIP),
    "a": ANCHOR,
    "br": BREAK,
    # tags that lxml gives to nodes that are not elements
    etree.Comment: SKIP,
    etree.ProcessingInstruction: SKIP,
    etree.Entity: SKIP,
}
MAX_CHECKED_MENUS: Final = 8
"""Maximum number of nested navigation elements checked with `is_menu`.

Each check reads the whole element.
"""

MAX_BLOCKS: Final = 16_000
"""Maximum number of blocks read per page. The largest of 1,201 real pages has 6,160."""

MAX_CONTAINERS: Final = 100_000
"""Maximum number of block-level elements read per page. Limits the time for huge pages."""


def is_menu(element: etree._Element) -> bool:
    """Whether an element marked as navigation contains mostly links and no date."""
    if next(element.iter(*NON_MENU_TAGS), None) is not None:
        return False
    text = str(NORMALIZED_TEXT(element))
    if DATE_HINT.search(text):
        return False
    linked = 0
    for link in element.iter("a"):
        name = link.text
        linked += len(str(NORMALIZED_TEXT(link))) if name is None or name.isspace() else len(name)
    return linked > len(text) * MIN_LINKED_SHARE


def segment(root: etree._Element) -> BlockTree:  # noqa: C901, PLR0912, PLR0915 - one function for speed
    """Split a parsed page into blocks in one pass, without recursion.

    The pass stops after MAX_BLOCKS blocks or MAX_CONTAINERS containers.
    """
    top = container = Container(root, "html", "", None, 0, 0, 0)
    found = BlockTree(top)
    blocks, containers = found.blocks, found.containers
    containers.append(top)
    texts: list[str] = []
    pieces: list[tuple[etree._Element, bool]] = []
    anchor = anchors = links = hints = 0
    broken = False
    doubted: list[Container] = []
    kind_of = KINDS.get
    walker = etree.iterwalk(root, events=("start", "end"))
    for event, element in walker:
        tag = element.tag
        kind = kind_of(tag, BLOCK)
        if event == "start":
            if kind == BLOCK:
                if texts:
                    close_block(blocks, container, texts, pieces, links, anchors, hints)
                    texts, pieces = [], []
                    links = anchors = hints = 0
                    broken = False
                name = element.get("class") or ""
                container = Container(
                    element, tag, name, container, container.depth + 1, len(blocks), len(containers)
                )
                containers.append(container)
                if len(containers) > MAX_CONTAINERS or len(blocks) > MAX_BLOCKS:
                    found.complete = False
                    break
                if tag in MENU_TAGS and (tag == "nav" or (name and hints_in(name) & NAV)):
                    if len(doubted) < MAX_CHECKED_MENUS and is_menu(element):
                        found.menus.append(element)
                        walker.skip_subtree()
                        continue
                    doubted.append(container)
            elif kind == TEXT:
                named = element.get("class")
                if named:
                    hints |= hints_in(named)
            elif kind == ANCHOR:
                anchor += 1
                anchors += 1
                named = element.get("class")
                if named:
                    hints |= hints_in(named)
            elif kind == SKIP:
                if tag == "input":
                    found.inputs.append(element)
                walker.skip_subtree()
                continue
            elif broken and texts:
                close_block(blocks, container, texts, pieces, links, anchors, hints)
                texts, pieces = [], []
                links = anchors = hints = 0
            else:
                broken = True
                if texts:
                    texts.append(" ")
            text = element.text
            if text:
                if not text.isspace():
                    broken = False
                    texts.append(text)
                    pieces.append((element, False))
                    if anchor:
                        links += len(text)
                elif texts:
                    texts.append(" ")
            continue
        if kind == BLOCK:
            if texts:
                close_block(blocks, container, texts, pieces, links, anchors, hints)
                texts, pieces = [], []
                links = hints = 0
            anchors = 0
            broken = False
            container.last = len(blocks)
            if doubted and container is doubted[-1]:
                doubted.pop()
            container = container.parent or top
        elif kind == ANCHOR:
            anchor -= 1
        text = element.tail
        if text:
            if not text.isspace():
                broken = False
                texts.append(text)
                pieces.append((element, True))
                if anchor:
                    links += len(text)
            elif texts:
                texts.append(" ")
    if texts:
        close_block(blocks, container, texts, pieces, links, anchors, hints)
    ended: Container | None = container
    while ended is not None:
        ended.last = len(blocks)
        ended = ended.parent
    relate(containers, blocks)
    return found
