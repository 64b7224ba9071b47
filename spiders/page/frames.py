"""The parts of a page that frame its content: header, footer, navigation, sidebar."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lxml import etree

from spiders.page.page import Page

TAGS: Final = frozenset(["header", "footer", "nav", "aside"])
NAMED_TAGS: Final = frozenset(["div", "p", "section", "td"])
NAMES: Final = frozenset(
    "foot footer site-footer page-footer colophon copyright imprint legal header site-header nav "  # noqa: SIM905 - words read better in a row
    "navbar breadcrumb breadcrumbs sidebar".split()
)
"""Classes and ids of elements that frame the pages of a site."""


def frame_texts(page: Page) -> Iterator[str]:
    """The text of each frame of a page, without frames inside of others."""
    walker = etree.iterwalk(page.tree, events=("start",))
    for _, node in walker:
        if is_frame(node):
            yield " ".join(map(str, node.itertext()))
            walker.skip_subtree()


def is_frame(node: etree._Element) -> bool:
    """Whether an element frames the content of its page."""
    if node.tag in TAGS:
        return True
    if node.tag not in NAMED_TAGS:
        return False
    names = {*node.get("class", "").lower().split(), node.get("id", "").lower()}
    return not NAMES.isdisjoint(names)


FOOTER_NAMES: Final = frozenset(["foot", "footer", "site-footer", "page-footer", "colophon"])


def is_in_footer(node: etree._Element) -> bool:
    """Whether an element is in the footer of a page, by tags, classes and ids.

    The footer of an article is none: it may hold the article's own date.
    """
    found = False
    for one in (node, *node.iterancestors()):
        if one.tag == "article":
            return False
        names = {*one.get("class", "").lower().split(), one.get("id", "").lower()}
        found = found or one.tag == "footer" or not FOOTER_NAMES.isdisjoint(names)
    return found
