"""The links of a section, and the permanent address that it states."""

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
"""Maximum number of links of one section that are compared."""


def links_of(one: Rated, page: Page) -> frozenset[str]:
    """The addresses to which a section links, without its permanent address."""
    found = (node for node in _link_nodes(one) if not is_permalink(node, one))
    urls = (resolve(node.get("href") or "", page.base) for node in found)
    return frozenset(url for url in urls if url)


def _link_nodes(one: Rated) -> Iterator[etree._Element]:
    header = one.candidate.header
    parts = one.candidate.parts if header is None else (header, *one.candidate.parts)
    return islice((node for part in parts for node in part.iter("a")), MAX_LINKS)


def is_permalink(node: etree._Element, one: Rated) -> bool:
    """Whether a link leads to the anchor of its own section, on this page or another."""
    fragment = (node.get("href") or "").partition("#")[2].strip()
    return bool(fragment) and unquote(fragment) == one.candidate.anchor


def permanent_page(one: Rated, page: Page) -> str:
    """The address of the page on which a section has its permanent address, or empty."""
    for node in _link_nodes(one):
        url = is_permalink(node, one) and resolve(node.get("href") or "", page.base)
        if url and not is_elsewhere(url, [page.url]):
            return page_address(url)
    return ""
