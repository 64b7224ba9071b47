"""Texts that are no body of a release: what is left of a page when its text is not there."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from lxml import etree

from data.words import tokens
from spiders.page import Page

MOST_WORDS: Final = 25
"""Words of a text that may be a line of every page of a site."""

NAME_WORDS: Final = 8
"""Words of a text that may be the name of an institution, and little more."""

TAGS: Final = ("header", "footer", "nav", "aside")
NAMES: Final = frozenset(
    "foot footer site-footer page-footer colophon copyright imprint legal header site-header nav "  # noqa: SIM905 - words read better in a row
    "navbar breadcrumb breadcrumbs sidebar".split()
)
"""What is called so frames the pages of a site."""


def is_furniture(page: Page, text: str, names: Iterable[str]) -> bool:
    """Whether a text is what frames every page: a line of the foot, or the name of the site.

    ``names`` are what the institution is called.
    """
    words = tokens(text)
    if not words or len(words) > MOST_WORDS:
        return False
    called = {word for name in names for word in tokens(name)}
    if len(words) <= NAME_WORDS and sum(word in called for word in words) * 2 >= len(words):
        return True
    said = " ".join(words)
    return any(said in " ".join(tokens(_text(node))) for node in _frames(page))


def _frames(page: Page) -> Iterable[etree._Element]:
    for node in page.tree.iter("div", "p", "section", "td", *TAGS):
        names = {*node.get("class", "").lower().split(), node.get("id", "").lower()}
        if node.tag in TAGS or not NAMES.isdisjoint(names):
            yield node


def _text(node: etree._Element) -> str:
    return " ".join(map(str, node.itertext()))
