"""Find a site's feeds, news sitemaps and WordPress API, and compare them with a listing page.

A source uses one of them instead of the page if it has all releases of the page and few other
items. Visits still use the page for comparison.
"""

import datetime as dt
import html
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urljoin, urlsplit

from protego import Protego

from data.text.urls import canonical_url, page_key
from data.wording import counted
from spiders.crawl.listings.feed_cross_check import contiguous_days, in_order, is_permanent_page
from spiders.items import Listing, ListingItem, keys_of
from spiders.listing.feed import NEWS, feed_links
from spiders.page.links import resolve, url_pattern
from spiders.page.page import Page

Kind = Literal["feed", "wordpress", "sitemap"]

MAX_FEED_REQUESTS = 6
"""Maximum number of feed URLs tried per site, not counting sitemaps."""

MAX_SITEMAPS = 3
"""Maximum number of sitemaps read from a robots.txt or a sitemap index."""

MIN_HELD = 0.8
"""Minimum share of a page's releases that a feed must contain to add older releases to the page."""

POSTS = "posts?per_page=50&_fields=id,link,date,title"

WORDPRESS = re.compile(r"/wp-content/|/wp-includes/|/wp-json/")
RSS_PAGE = re.compile(
    r"<channel\b[^<]*(?:<(?!item\b)[^<]*){0,40}?<link>\s*(?:<!\[CDATA\[)?([^<\]\s]+)"
)
ATOM_PAGE = re.compile(
    r"<feed\b[^<]*(?:<(?!entry\b|link\b)[^<]*|<link\b(?![^>]{0,500}alternate)[^<]*){0,40}?"
    r"<link\b(?=[^>]{0,500}alternate)[^>]{0,500}\bhref=[\"']([^\"']+)"
)
JSON_PAGE = re.compile(r'"home_page_url"\s*:\s*"([^"]+)"')
TERM = re.compile(r"/wp-json/wp/v2/(categories|tags)/(\d+)")


@dataclass(frozen=True, slots=True)
class FeedCandidate:
    """A URL that may lead to a feed, an API or a sitemap.

    ``sure`` is whether the site links to the URL.
    """

    url: str
    kind: Kind
    sure: bool


@dataclass(frozen=True, slots=True)
class Comparison:
    """A comparison of a feed, an API or a sitemap (all called feed here) with a listing page.

    - ``listed``: number of releases on the page
    - ``held``: number of these releases that the feed also contains
    - ``surplus``: number of feed items that are missing from the page, although the page has
      releases from the same days
    - ``strange``: number of feed items whose URL pattern differs from all URLs on the page
    - ``dated``: whether the feed has a date for each release that is in both
    """

    place: FeedCandidate
    listing: Listing
    listed: int
    held: int
    surplus: int
    dated: bool
    strange: int = 0

    @property
    def complete(self) -> bool:
        """Whether the feed can replace the page: it has all its releases and few other items."""
        few = max(1, self.listed // 10)
        whole = 0 < self.listed == self.held and self.dated
        return whole and self.surplus <= few and not self.strange

    @property
    def continues(self) -> bool:
        """Whether the feed can add older releases to a page that shows only a part of its list.

        Such a feed has most of the page's releases, and older ones. Visits then read both.
        """
        few = max(1, self.listed // 10)
        most = self.dated and self.held >= MIN_HELD * self.listed > 0
        older = len(self.listing.items) - self.held - self.surplus
        return self.place.sure and most and self.surplus <= few and not self.strange and older > 0

    @property
    def back_to(self) -> dt.date:
        """The day of the oldest release on the feed's first page."""
        days = [item.published.day for item in self.listing.items if item.published]
        return min(days, default=dt.date.max)

    @property
    def verdict(self) -> str:
        """Phrase that describes how the feed compares with the page's list, for a sentence."""
        if not self.listing.items:
            return "; ".join(self.listing.reasons) or "it lists nothing"
        if not self.listed:
            items = counted(len(self.listing.items), "item")
            return f"{items}; the page lists nothing to compare with"
        verdict = f"contains {self.held} of the {counted(self.listed, 'release')} on the page"
        if self.surplus:
            verdict += f", and {counted(self.surplus, 'other')} from the same period"
        if self.strange:
            verdict += f", and {counted(self.strange, 'page')} of another kind"
        return verdict if self.dated else f"{verdict}, but without dates"


def feed_candidates(page: Page) -> tuple[FeedCandidate, ...]:
    """Return feed URLs to try for a page: linked feeds first, then common URLs."""
    found: dict[str, FeedCandidate] = {}
    for place in (*_named(page), *_customary(page)):
        if canonical_url(place.url) != page_key(page.url):
            found.setdefault(canonical_url(place.url), place)
    return tuple(found.values())[:MAX_FEED_REQUESTS]


def page_of_feed(feed: Page) -> str | None:
    """Return the URL of the web page that a feed declares as its own, or None."""
    start = feed.text[:20_000]
    for pattern in (RSS_PAGE, ATOM_PAGE, JSON_PAGE):
        if match := pattern.search(start):
            return resolve(html.unescape(match[1]), feed.url)
    return None


def sitemaps_of(robots: Page) -> tuple[FeedCandidate, ...]:
    """Return the sitemaps in a robots.txt that may list releases, news sitemaps first."""
    text = robots.text if "<html" not in robots.text[:1000].lower() else ""
    found = (resolve(address, robots.url) for address in Protego.parse(text).sitemaps)
    return _likely(url for url in found if url)


def sitemaps_in(index: Listing) -> tuple[FeedCandidate, ...]:
    """Return the sitemaps in a sitemap index whose names suggest that they contain news."""
    if index.rule != "xml:sitemapindex":
        return ()
    return tuple(
        place
        for place in _likely(item.url for item in index.items)
        if NEWS.search(urlsplit(place.url).path)
    )


def compare(place: FeedCandidate, listing: Listing, page: Listing) -> Comparison:
    """Compare a feed, an API or a sitemap with a listing page.

    ``listing`` is the feed's listing, ``page`` the page's. Items with the same URL, or the same
    title on the same day, are the same release. If most items of the page have a date, undated
    items are ignored.
    """
    dated = [item for item in page.items if item.published]
    shown = dated if len(dated) * 2 >= len(page.items) else list(page.items)
    keys = {key: item for item in listing.items for key in keys_of(item)}
    held = [found for item in shown if (found := _same(item, keys))]
    listed = {key for item in page.items for key in keys_of(item)}
    days = [item.published.day for item in in_order(held) if item.published]
    oldest = min(contiguous_days(days), default=None)
    others = [item for item in listing.items if not any(key in listed for key in keys_of(item))]
    kinds = {url_pattern(item.url) for item in (*page.items, *held)}
    return Comparison(
        place,
        listing,
        len(shown),
        len(held),
        sum(
            oldest is None or item.published is None or item.published.day > oldest
            for item in others
        ),
        all(item.published for item in held),
        sum(is_permanent_page(item.url) or url_pattern(item.url) not in kinds for item in others),
    )


def preferred(comparisons: Iterable[Comparison], *, is_part: bool = False) -> Comparison | None:
    """Return the best feed, API or sitemap that can replace the page, or None.

    If the page shows only a part of its list (``is_part``), a feed that adds older releases is the
    second choice. Several candidates are compared by these criteria, in order:

    1. A feed or API is better than a sitemap.
    2. An older oldest release is better.
    3. A feed is better than the API.
    4. A smaller surplus is better.
    """
    order = {"feed": 0, "wordpress": 1, "sitemap": 2}
    return min(
        (found for found in comparisons if found.complete or (is_part and found.continues)),
        key=lambda found: (
            not found.complete,
            found.place.kind == "sitemap",
            found.back_to,
            found.listing.next is None,
            order[found.place.kind],
            found.surplus,
            not found.place.sure,
        ),
        default=None,
    )


def _named(page: Page) -> Iterator[FeedCandidate]:
    for offer in feed_links(page):
        if "/wp-json/" not in offer.url:
            yield FeedCandidate(offer.url, "feed", sure=True)
    for node in page.tree.iter("link"):
        target = resolve(node.get("href") or "", page.base) or ""
        # A category page links to its category in the API. The API lists the category's posts.
        if term := TERM.search(target):
            posts = f"{target[: term.start()]}/wp-json/wp/v2/{POSTS}"
            yield FeedCandidate(f"{posts}&{term[1]}={term[2]}", "wordpress", sure=True)
    for node in page.tree.iter("link"):
        root = resolve(node.get("href") or "", page.base) or "?"
        if node.get("rel") == "https://api.w.org/" and "?" not in root:
            yield FeedCandidate(f"{root.rstrip('/')}/wp/v2/{POSTS}", "wordpress", sure=True)


def _customary(page: Page) -> Iterator[FeedCandidate]:
    parts = urlsplit(page.url)
    if parts.path.rstrip("/") and not parts.query:
        folder = page.url if page.url.endswith("/") else f"{page.url}/"
        if "." not in parts.path.rpartition("/")[2]:
            yield FeedCandidate(urljoin(folder, "feed/"), "feed", sure=False)
    yield FeedCandidate(urljoin(page.url, "/feed"), "feed", sure=False)
    if WORDPRESS.search(page.text):
        yield FeedCandidate(urljoin(page.url, f"/wp-json/wp/v2/{POSTS}"), "wordpress", sure=False)


def _likely(urls: Iterable[str]) -> tuple[FeedCandidate, ...]:
    named = sorted(dict.fromkeys(urls), key=lambda url: not NEWS.search(urlsplit(url).path))
    return tuple(FeedCandidate(url, "sitemap", sure=True) for url in named[:MAX_SITEMAPS])


def _same(item: ListingItem, keys: dict[str, ListingItem]) -> ListingItem | None:
    return next((keys[key] for key in keys_of(item) if key in keys), None)
