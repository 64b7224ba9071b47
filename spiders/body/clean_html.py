"""Clean an HTML fragment with a body that a source file declares or that scripts contain.

BeautifulSoup removes the elements that the source file excludes, and unwraps layout tables. The
other steps are the same as for a detected body: spiders.body.trim_edges selects the blocks, and
spiders.body.serialize writes them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from lxml import etree

from data.text.html_text import CELLS
from data.text.markup.oversized_tags import MAX_ATTRIBUTES
from data.text.sanitize import MAX_CHARACTERS
from spiders.body.fragment import prose_of
from spiders.body.main_content import MainContent
from spiders.body.segmentation import segment
from spiders.body.serialize import SerializedBody
from spiders.body.trim_edges import without_beside

if TYPE_CHECKING:
    from bs4 import BeautifulSoup

PARAGRAPHS: Final = frozenset(["p", "div", "ul", "ol", "blockquote"])
NEEDS_SOUP: Final = re.compile(
    r"^\ufeff|<(?:table|html|head\b|body|frameset|plaintext)|[\ud800-\udfff]", re.IGNORECASE
)
"""Fragments that only BeautifulSoup parses well: tables, whole documents, lone surrogates."""

HUGE: Final = (
    f"the body is longer than {MAX_CHARACTERS:,} characters of HTML; only its beginning is kept"
)


def clean_body(
    fragment: str, base: str, title: str, drop: Sequence[str] = ()
) -> tuple[SerializedBody, list[str]]:
    """Return the body in a fragment, without headline, buttons and tail, with absolute addresses.

    Also returns one sentence for each problem: an invalid selector in ``drop``, or a body that is
    too long.
    """
    root, reasons = clean_fragment(fragment, drop)
    seen = segment(root)
    kept = without_beside(seen.blocks, title)
    prose = prose_of(MainContent(seen.top, kept, "declared", 1.0), seen, base)
    if prose.is_huge:
        reasons.append(HUGE)
    return prose, reasons


def clean_fragment(fragment: str, drop: Sequence[str]) -> tuple[etree._Element, list[str]]:
    """Parse a fragment without the elements selected by ``drop`` and without layout tables.

    Also returns one sentence for each invalid selector.
    """
    if not (drop or NEEDS_SOUP.search(fragment)):
        return parsed(fragment), []
    from bs4 import BeautifulSoup  # noqa: PLC0415 - takes 0.1 s to load, and few bodies need it

    soup = BeautifulSoup(fragment, "lxml", multi_valued_attributes=None)
    reasons = drop_declared(soup, drop)
    if "<table" in fragment:
        unwrap_layout(soup)
    root = etree.fromstring(f"<html>{soup.body or soup}</html>", etree.HTMLParser(huge_tree=False))
    return root, reasons


def parsed(fragment: str) -> etree._Element:
    """Parse a fragment and sort the attributes of each element as BeautifulSoup writes them.

    Elements with more than MAX_ATTRIBUTES attributes are not sorted, because that takes quadratic
    time.
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
    """Remove the elements that a source file excludes; return a sentence per invalid selector."""
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


def unwrap_layout(soup: BeautifulSoup) -> None:
    """Unwrap layout tables: tables with a single filled cell that contains paragraphs."""
    for table in soup.find_all("table"):
        filled = [
            cell
            for cell in table.find_all(CELLS)
            if cell.find_parent("table") is table and (cell.get_text(strip=True) or cell.img)
        ]
        if len(filled) == 1 and filled[0].find(PARAGRAPHS):
            (cell,) = filled
            cell.name = "div"
            cell.attrs = {}
            table.replace_with(cell)
