"""Split a page into text blocks and containers, in one pass over its tree.

A block is a run of text without a block-level element or an empty line: a paragraph, a list item or
a menu entry. A container is a block-level element with the range of its blocks. Body, title and
date are extracted from the blocks, so the tree is traversed only once.
"""

import re
from typing import Final

from lxml import etree

from spiders.body.text_blocks import BlockTree, Container, close_block, relate
from spiders.page.class_hints import BIT, hints_in

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
