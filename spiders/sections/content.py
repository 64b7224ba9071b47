"""The text, the links and the permalink of a section."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from itertools import islice
from typing import Final
from urllib.parse import unquote

from lxml import etree

from data.text.sites import is_elsewhere
from data.text.urls import page_address
from spiders.page.links import resolve
from spiders.page.page import Page
from spiders.sections.lines import INLINE, text_of
from spiders.sections.rate import Rated

HIDING: Final = ("class", "style", "hidden", "aria-hidden", "role")
"""Attributes that may hide a text until a control opens it. They are removed from the copy."""

MAX_BYLINE: Final = 120
"""Maximum length of a permalink line that is removed from a section's text (characters)."""

MAX_LINKS: Final = 10_000
"""Maximum number of links checked per section."""


def content_of(one: Rated) -> etree._Element:
    """Return a copy of a section's text without title, date and permalink lines."""
    content = etree.Element("div")
    for part in one.candidate.parts:
        cut = {line.element for line in one.heads if text_of(line.element) == line.text}
        cut |= _bylines(part, one)
        if part in cut:
            continue
        copied = deepcopy(part)
        copied.tail = None
        for attribute in HIDING:
            copied.attrib.pop(attribute, "")
        for original, copy in zip(part.iter(), [*copied.iter()], strict=True):
            if original in cut:
                _remove(copy)
        content.append(copied)
    return content


def _bylines(part: etree._Element, one: Rated) -> set[etree._Element]:
    """Return the short blocks with a section's permalink, such as "posted at 9:00"."""
    found = set()
    for node in part.iter("a"):
        if is_permalink(node, one):
            block = node
            while block.tag in INLINE and (parent := block.getparent()) is not None:
                block = parent
            if block is not part or block.tag == "p":
                found.add(block)
    return {block for block in found if len(text_of(block)) <= MAX_BYLINE}


def _remove(element: etree._Element) -> None:
    """Remove an element from its tree and keep the text after it."""
    parent = element.getparent()
    if parent is None:
        return
    before = element.getprevious()
    if before is not None:
        before.tail = f"{before.tail or ''}{element.tail or ''}"
    else:
        parent.text = f"{parent.text or ''}{element.tail or ''}"
    parent.remove(element)


def links_of(one: Rated, page: Page) -> frozenset[str]:
    """Return the addresses that a section links to, without its permalink."""
    found = (node for node in _link_nodes(one) if not is_permalink(node, one))
    urls = (resolve(node.get("href") or "", page.base) for node in found)
    return frozenset(url for url in urls if url)


def _link_nodes(one: Rated) -> Iterator[etree._Element]:
    header = one.candidate.header
    parts = one.candidate.parts if header is None else (header, *one.candidate.parts)
    return islice((node for part in parts for node in part.iter("a")), MAX_LINKS)


def is_permalink(node: etree._Element, one: Rated) -> bool:
    """Whether a link's fragment is the anchor of its own section, on this page or another."""
    fragment = (node.get("href") or "").partition("#")[2].strip()
    return bool(fragment) and unquote(fragment) == one.candidate.anchor


def permanent_page(one: Rated, page: Page) -> str:
    """Return the address of the page in a section's permalink, or ""."""
    for node in _link_nodes(one):
        url = is_permalink(node, one) and resolve(node.get("href") or "", page.base)
        if url and not is_elsewhere(url, [page.url]):
            return page_address(url)
    return ""
