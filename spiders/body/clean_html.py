"""Clean the HTML of a release's body.

BeautifulSoup removes the elements that the source file excludes. Layout tables are unwrapped. Then
spiders.body.trim_edges selects the blocks, and spiders.body.serialize writes them, as for a
detected body.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from itertools import zip_longest
from typing import TYPE_CHECKING, Final

from lxml import etree

from data.text.html_text import CELLS, SILENT
from data.text.markup import MAX_ATTRIBUTES, with_few_attributes
from data.text.sanitize import MAX_CHARACTERS
from spiders.body.main_content import MainContent
from spiders.body.serialize import MAX_ELEMENTS, SerializedBody, serialize
from spiders.body.text_blocks import BlockTree, Container, TextBlock, segment
from spiders.body.trim_edges import without_beside
from spiders.page.class_hints import hidden_parts

if TYPE_CHECKING:
    from bs4 import BeautifulSoup

PARAGRAPHS: Final = frozenset(["p", "div", "ul", "ol", "blockquote"])
SOUP_ONLY_HTML: Final = re.compile(
    r"^\ufeff|<(?:html|head\b|body|frameset|plaintext)|[\ud800-\udfff]", re.IGNORECASE
)
"""Pattern of HTML that only BeautifulSoup parses well: whole documents and lone surrogates."""

HUGE: Final = (
    f"the body is longer than {MAX_CHARACTERS:,} characters of HTML; only its beginning is kept"
)


def clean_body(
    fragment: str, base: str, title: str, drop: Sequence[str] = ()
) -> tuple[SerializedBody, list[str]]:
    """Clean an HTML fragment: remove headline, buttons and trailing content, make URLs absolute.

    Also returns a sentence per problem: an invalid selector in ``drop``, or a body that is too
    long.
    """
    root, reasons = clean_fragment(fragment, drop)
    seen = segment(root)
    kept = without_beside(seen.blocks, title)
    prose = prose_of(MainContent(seen.top, kept, "declared", 1.0), seen, base)
    if prose.is_huge:
        reasons.append(HUGE)
    return prose, reasons


def clean_fragment(fragment: str, drop: Sequence[str]) -> tuple[etree._Element, list[str]]:
    """Parse an HTML fragment without layout tables and without the elements selected by ``drop``.

    Also returns a sentence per invalid selector.
    """
    reasons: list[str] = []
    fragment = with_few_attributes(fragment)
    if drop or SOUP_ONLY_HTML.search(fragment):
        from bs4 import BeautifulSoup  # noqa: PLC0415 - takes 0.1 s to load, and few bodies need it

        soup = BeautifulSoup(fragment, "lxml", multi_valued_attributes=None)
        reasons = drop_declared(soup, drop)
        parser = etree.HTMLParser(huge_tree=False)
        root = etree.fromstring(f"<html>{soup.body or soup}</html>", parser)
    else:
        root = parsed(fragment)
    if "<table" in fragment.lower():
        unwrap_layout(root)
    return root, reasons


def parsed(fragment: str) -> etree._Element:
    """Parse an HTML fragment, with the attributes of each element in BeautifulSoup's order.

    Attributes of elements with more than MAX_ATTRIBUTES are not sorted, because that takes
    quadratic time.
    """
    root = etree.fromstring(
        f"<html><body>{fragment}</body></html>", etree.HTMLParser(huge_tree=False)
    )
    for element in root.iter("*"):
        if 1 < len(element.attrib) <= MAX_ATTRIBUTES:
            attributes = sorted(element.items())
            element.attrib.clear()
            element.attrib.update(attributes)
    return root


def drop_declared(soup: BeautifulSoup, drop: Sequence[str]) -> list[str]:
    """Remove the elements selected by ``drop``.

    Returns a sentence per invalid selector.
    """
    from soupsieve import SelectorSyntaxError  # noqa: PLC0415 - as above

    reasons = []
    for selector in drop:
        try:
            for node in soup.select(selector):
                node.decompose()
        except (SelectorSyntaxError, NotImplementedError) as error:
            first = str(error).splitlines()[0]
            reasons.append(f"the drop rule {selector!r} can't be read: {first}")
    return reasons


def unwrap_layout(root: etree._Element) -> None:
    """Unwrap layout tables: tables with a single filled cell that contains paragraphs.

    Texts, images and paragraphs are counted in one pass, so nested tables take linear time.
    """
    filled = paragraphs = 0
    begun: list[tuple[int, int]] = []
    tables: list[list[tuple[etree._Element, bool]]] = []
    layout: list[tuple[etree._Element, etree._Element]] = []
    for event, node in etree.iterwalk(root, events=("start", "end", "comment", "pi")):
        if event in {"comment", "pi"}:
            filled += _has_text(node.tail)
        elif event == "start":
            begun.append((filled, paragraphs))
            if node.tag == "table":
                tables.append([])
            filled += node.tag == "img" or (node.tag not in SILENT and _has_text(node.text))
            paragraphs += node.tag in PARAGRAPHS
        else:
            was_filled, had_paragraphs = begun.pop()
            if node.tag in CELLS and tables and filled > was_filled:
                tables[-1].append((node, paragraphs > had_paragraphs))
            elif node.tag == "table":
                cells = tables.pop()
                layout += [(node, cell) for cell, is_page in cells if is_page and len(cells) == 1]
            filled += _has_text(node.tail)
    for table, cell in layout:
        cell.tag = "div"
        cell.attrib.clear()
        cell.tail = table.tail
        if (parent := table.getparent()) is not None:
            parent.replace(table, cell)


def _has_text(text: str | None) -> bool:
    return bool(text and text.strip())


def prose_of(
    body: MainContent, seen: BlockTree, base: str, dropped: Collection[etree._Element] = ()
) -> SerializedBody:
    """Serialize a detected body, with only its kept blocks and the images between them.

    The elements in ``dropped`` are left out.
    """
    alive, dead = _parted(body, seen)
    kept = {block.order for block in body.kept}
    unseen = body.hidden
    if unseen is None:
        unseen = frozenset(hidden_parts(body.container.element))
    hidden = unseen.union(dropped)
    # Blocks correspond to serialized lines: both end at a block-level element or an empty line.
    met: list[TextBlock] = [
        block
        for block in seen.blocks[body.container.first : body.container.last]
        if block.container.element in alive and (not hidden or _is_shown(block, hidden))
    ]
    most = MAX_ELEMENTS if seen.complete else len(met)
    prose = serialize(body.container.element, base, dead | hidden, max_lines=most)
    for block, run in zip_longest(met, prose.runs):
        if run and (block is None or block.order not in kept):
            prose.cut(run)
    return prose


def outer_html(element: etree._Element) -> str:
    """Return the HTML of a body element that a source file selects, with the element's own tag."""
    return etree.tostring(element, encoding="unicode", method="html", with_tail=False)


def _parted(body: MainContent, seen: BlockTree) -> tuple[set[etree._Element], set[etree._Element]]:
    """Return the elements that contain a kept block, and those with text but no kept block."""
    alive: set[etree._Element] = set()
    for block in body.kept:
        container: Container | None = block.container
        while container is not None and container.element not in alive:
            alive.add(container.element)
            container = container.parent
    inside = seen.containers[body.container.index :]
    dead = {one.element for one in inside if one.blocks and one.element not in alive}
    return alive, dead.union(seen.menus)


def _is_shown(block: TextBlock, hidden: frozenset[etree._Element]) -> bool:
    """Whether at least a part of a block's text is outside the hidden elements."""
    return any(
        element not in hidden and hidden.isdisjoint(element.iterancestors())
        if not tail
        else hidden.isdisjoint(element.iterancestors())
        for element, tail in block.pieces
    )
