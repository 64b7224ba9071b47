"""Find the links of a section and its permalink."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Final
from urllib.parse import unquote

from lxml import etree

from data.text.sites import is_elsewhere
from data.text.urls import page_address
from spiders.page.links import resolve
from spiders.page.page import Page
from spiders.sections.rate import Rated

MAX_LINKS: Final = 10_000
"""Maximum number of links checked per section."""


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
