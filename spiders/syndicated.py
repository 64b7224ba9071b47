"""Listings made for machines: feeds, sitemaps and JSON, told apart by what they hold."""

from __future__ import annotations

import re
from dataclasses import dataclass

from data.dates import Reading
from spiders.link_targets import resolve
from spiders.page import Page
from spiders.pages import ListingPage
from spiders.syndicated_json import html_within as html_within  # noqa: PLC0414 - part of this door
from spiders.syndicated_json import read_json
from spiders.syndicated_xml import read_xml

_DECLARES = re.compile(r"<!DOCTYPE\s+(?!html\b)\w+[^>]{0,500}\[", re.IGNORECASE)
_XML = re.compile(
    r"(?:\s|<!--.{0,2000}?-->|<\?[^>]{0,500}\?>|<!DOCTYPE(?!\s+html)[^>\[]{0,500}>)*"
    r"<(?!html\b|!)(?:[\w-]+:)?(?P<root>\w+)",
    re.IGNORECASE | re.DOTALL,
)
_ROOTS = frozenset(("rss", "feed", "rdf", "urlset", "sitemapindex"))
_TYPES = {
    "application/rss+xml": "rss",
    "application/atom+xml": "atom",
    "application/feed+json": "json",
    "application/json": "json",
    "application/rdf+xml": "rss",
}
_COMMENTS = re.compile(
    r"comments?(?:/|$|\?)|/comments|oembed|wp-json/wp/v2/(?:pages|tags|categories)", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Offer:
    """A feed that a page offers: its absolute address, ``rss``, ``atom`` or ``json``, its title."""

    url: str
    kind: str
    title: str


def read_syndicated(page: Page, reading: Reading) -> ListingPage | None:
    """The items of a feed, a sitemap or a JSON listing; None where the page is none of these."""
    start = page.text[:4096].lstrip("\ufeff \t\r\n")
    if start[:1] in {"{", "["}:
        return read_json(page, reading)
    if _DECLARES.search(start):
        return read_xml(page, reading)
    match = _XML.match(start)
    if match and (match["root"].lower() in _ROOTS or _says_xml(page, start)):
        return read_xml(page, reading)
    return None


def offers(page: Page) -> tuple[Offer, ...]:
    """The feeds that a page offers by ``<link rel=alternate>``, those of comments left out."""
    found: dict[str, Offer] = {}
    for node in page.tree.iter("link"):
        kind = _TYPES.get((node.get("type") or "").lower().split(";")[0].strip())
        if kind and "alternate" in (node.get("rel") or "").lower().split():
            url = resolve(node.get("href") or "", page.base)
            if url and not _COMMENTS.search(url):
                found.setdefault(url, Offer(url, kind, node.get("title") or ""))
    return tuple(found.values())


def _says_xml(page: Page, start: str) -> bool:
    kind = page.content_type.split(";")[0].strip().lower()
    if kind in {"text/html", "application/xhtml+xml"}:
        return False
    return kind.endswith("xml") or start.startswith("<?xml")
