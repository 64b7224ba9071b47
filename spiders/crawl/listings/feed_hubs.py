"""Find the WebSub hub of a source's feed, which notifies subscribers of new releases.

If the source is a feed, a visit finds the hub in it. If the source is a page, the feed that it
links to is requested once a day to find its hub.
"""

import datetime as dt
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from html import unescape
from typing import Final

import msgspec

from data.models import FeedHub
from data.text.urls import is_web
from spiders.crawl.visit_scope import VisitScope
from spiders.listing.feed import feed_links
from spiders.page.links import resolve
from spiders.page.page import Page

RECHECK_SECONDS: Final = dt.timedelta(days=1).total_seconds()
"""Minimum time in seconds before the same feed is searched for a hub again."""

MAX_ADDRESS_LENGTH: Final = 2000
"""Maximum length of the URL of a hub or feed, in characters."""

MAX_HEAD_CHARACTERS: Final = 65_536
"""Number of characters searched for links at the start of a feed."""

ENTRY_TAG: Final = re.compile(r"<(?:\w+:)?(?:entry|item)\b", re.IGNORECASE)
LINK_ELEMENT: Final = re.compile(r"<(?:\w+:)?link\b([^<>]*)>", re.IGNORECASE)
LINK_ATTRIBUTE: Final = re.compile(r"\b(rel|href)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')", re.IGNORECASE)
LINK_HEADER: Final = re.compile(r"<([^<>\s]*)>([^<>,]*)")
HEADER_RELATION: Final = re.compile(r";\s*rel\s*=\s*(?:\"([^\"]*)\"|([^\s\";,]+))", re.IGNORECASE)


class _Hub(msgspec.Struct):
    type: str = ""
    url: str = ""


class _JsonFeed(msgspec.Struct):
    feed_url: str = ""
    hubs: list[_Hub] = []


class FeedHubs:
    """Finds the WebSub hub of a source during a visit. Does nothing if ``asks`` is false."""

    def __init__(self, scope: VisitScope, *, asks: bool) -> None:
        self._source = scope.id
        self._file = scope.file
        self._store = scope.store
        self._now = scope.started.timestamp()
        self._asks = asks
        self._offered = ""

    def read_listing(self, url: str, page: Page, links: Iterable[str]) -> None:
        """Find the hub that a listing's first page announces, or the feed that it links to.

        ``links`` contains the page's Link headers.
        """
        if not self._asks:
            return
        if url == self._file.feed:
            self.read_feed(url, page, links)
        elif url == self._file.url and not self._file.feed:
            self._offered = next((one.url for one in feed_links(page)), "")

    def read_feed(self, url: str, page: Page, links: Iterable[str]) -> None:
        """Store the hub that the source's feed announces."""
        hub, topic = announced(page, links)
        found = FeedHub(url, hub, topic or url, self._now)
        known = self._store.feed_hubs().get(self._source)
        # Do not write to the store in every visit just to update the time.
        if known is None or self._is_old(known) or replace(known, looked=found.looked) != found:
            self._store.keep_feed_hub(self._source, found)

    def next(self) -> tuple[str, ...]:
        """Return the URL of the feed that the page links to, if it is due for another hub check."""
        url, self._offered = self._offered, ""
        if not url:
            return ()
        known = self._store.feed_hubs().get(self._source) or FeedHub(url)
        if not self._is_old(known):
            return ()
        # Check at most once a day, even if the request fails.
        self._store.keep_feed_hub(self._source, replace(known, looked=self._now))
        return (url,)

    def _is_old(self, known: FeedHub) -> bool:
        return not 0 <= self._now - known.looked < RECHECK_SECONDS


def announced(page: Page, links: Iterable[str]) -> tuple[str, str]:
    """Return the URL of a feed's hub and the feed's own URL (WebSub, section 4).

    Either is "" if it is not announced. Link headers take precedence over links in the feed.
    """
    found: dict[str, str] = {}
    for rel, address in (*header_links(links), *feed_head(page)):
        url = resolve(unescape(address), page.url) or ""
        if rel not in found and is_web(url) and len(url) <= MAX_ADDRESS_LENGTH and url.isascii():
            found[rel] = url
    return found.get("hub", ""), found.get("self", "")


def header_links(links: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield the relation and URL of each link in Link headers (RFC 8288)."""
    for field in links:
        for address, rest in LINK_HEADER.findall(field[:MAX_HEAD_CHARACTERS]):
            for quoted, bare in HEADER_RELATION.findall(rest):
                yield from ((rel, address) for rel in (quoted or bare).lower().split())


def feed_head(page: Page) -> Iterator[tuple[str, str]]:
    """Yield the relation and URL of each link in the head of an RSS, Atom or JSON feed."""
    if page.text[:100].lstrip("\ufeff \t\r\n").startswith("{"):
        try:
            feed = msgspec.json.decode(page.markup, type=_JsonFeed)
        except msgspec.DecodeError:
            return
        yield from (("hub", one.url) for one in feed.hubs if one.type.lower() == "websub")
        yield "self", feed.feed_url
        return
    for element in LINK_ELEMENT.findall(
        ENTRY_TAG.split(page.text[:MAX_HEAD_CHARACTERS], maxsplit=1)[0]
    ):
        named = {
            name.lower(): left or right for name, left, right in LINK_ATTRIBUTE.findall(element)
        }
        for rel in named.get("rel", "").lower().split():
            yield rel, named.get("href", "")
