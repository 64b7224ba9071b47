"""Compare the feed and the listing page of a source, and decide which items to accept.

Neither is reliable. A feed may be truncated, incomplete, or abandoned after a relaunch. It may
cover the whole site, with items that the page never lists, such as About and Careers. The page may
not be a listing at all. So the items of both are collected. An item that is only on one of them
must resemble the items on both.
"""

import datetime as dt
import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final
from urllib.parse import unquote, urlsplit

from data.text.urls import canonical_url
from data.wording import counted
from spiders.crawl.listings.listing_facts import STOPPED_LAG
from spiders.items import Listing, ListingItem, item_name, keys_of
from spiders.page.links import url_pattern

MIN_LISTING_CONFIDENCE: Final = 0.5
"""Minimum confidence (0 to 1) in a page's listing. Below it, the page is rejected if most of its
items are neither in the feed nor stored."""

MAX_PAGE_RELEASES: Final = 1000
"""Maximum number of releases accepted per listing page."""


MIN_COMMON_ITEMS: Final = 3
"""A page and its feed must share at least this many items before their categories are compared."""

PAGE_ITEMS_PER_FEED_ONLY_ITEM: Final = 20
"""Minimum number of common items per feed-only item (an item that is not on the page). If there are
more feed-only items, they belong to another list.
"""

ITEMS_PER_OUTLIER: Final = 8
"""One outlier (a far older release) is ignored per this many listed releases."""

MAX_FEED_ITEMS: Final = 100_000
"""Maximum number of feed items compared with the page in a visit."""

PERMANENT_PAGE: Final = re.compile(
    r"about(?:-us)?|careers?|jobs|contacts?(?:-us)?|privacy(?:-policy)?|imprint|impressum|legal"
    r"(?:-notice)?|terms(?:-of-(?:use|service))?|disclaimer|cookies?(?:-policy)?|accessibility|"
    r"sitemap|search|login|faq|datenschutz(?:erklaerung|erklärung)?|kontakt|ueber-uns|über-uns|"
    r"karriere|a-propos|mentions-legales|contacto|quienes-somos|aviso-legal|privacidad|chi-siamo|"
    r"contatti|over-ons|om-oss|om-os|o-nas|kontakty|hakkimizda|iletisim|contato|sobre(?:-nos)?",
    re.IGNORECASE,
)
"""Pattern that matches the last URL segment of permanent pages such as *about*, which are not
releases."""

CATEGORY_PAGE: Final = re.compile(
    r"/(?:categor(?:y|ies|ia|ie)|kategorie|tags?|authors?|autor)/[^/]+/?$"
)
"""Pattern of URLs of pages that list the releases of a category, a tag or an author."""


@dataclass(frozen=True, slots=True)
class CrossCheck:
    """The result of comparing a feed with a listing page.

    - ``accepted``: whether the page is accepted
    - ``items``: the accepted items of the page
    - ``lacks``: items of the page that are missing from the feed
    - ``stale``: a warning if the feed has stopped while the page continues, else ""
    """

    accepted: bool
    items: tuple[ListingItem, ...]
    lacks: tuple[ListingItem, ...]
    stale: str = ""


def cross_check(feed: Listing | None, page: Listing, known: Collection[str]) -> CrossCheck:
    """Compare a listing page with its feed, which is None if it could not be read.

    ``known`` contains canonical URLs of stored releases. If at least half of the page's items have
    a date, only dated items are compared. Items that are neither in the feed nor stored are
    accepted in two cases: half of the items are known, or the items have dates and the confidence
    in the page's listing is high.
    """
    dated = [item for item in page.items if item.published]
    plain = len(dated) * 2 < len(page.items)
    shown = list(page.items) if plain else dated
    listed = {key for item in (feed.items if feed else ()) for key in keys_of(item)}
    lacks = [item for item in shown if listed.isdisjoint(keys_of(item))]
    seen = len(shown) - sum(canonical_url(item.url) not in known for item in lacks)
    if (plain or (feed and page.confidence < MIN_LISTING_CONFIDENCE)) and seen * 2 < len(shown):
        return CrossCheck(accepted=False, items=(), lacks=())
    items, lacks = shown[:MAX_PAGE_RELEASES], lacks[:MAX_PAGE_RELEASES]
    return CrossCheck(bool(shown), tuple(items), tuple(lacks), _stale(feed, lacks))


def _stale(feed: Listing | None, lacks: list[ListingItem]) -> str:
    if feed is None or not feed.items:
        return ""  # an unreadable feed is reported as an error
    newest = max((item.published.day for item in feed.items if item.published), default=None)
    if newest is None:
        return ""
    newer = [item.published.day for item in lacks if item.published and item.published.day > newest]
    if not newer or max(newer) - newest < STOPPED_LAG:
        return ""
    were = "It was" if len(newer) == 1 else "They were"
    return (
        f"the feed ends on {newest}, but the page lists {counted(len(newer), 'newer release')}, up"
        f" to {max(newer)}. {were} read from the page. If the feed stays behind, remove feed from"
        " the source file"
    )


def is_permanent_page(url: str) -> bool:
    """Whether a URL looks like a permanent page (such as *about*) or a category page."""
    path = unquote(urlsplit(url).path)
    last = path.rstrip("/").rpartition("/")[2]
    stem = re.sub(r"\.\w{2,5}$", "", last)
    return bool(PERMANENT_PAGE.fullmatch(stem) or CATEGORY_PAGE.search(path))


def item_names(items: Iterable[ListingItem]) -> Mapping[str, str]:
    """Return the name (day and title) of each item, by canonical URL."""
    return {canonical_url(item.url): item_name(item) for item in items}


@dataclass(slots=True)
class ListEvidence:
    """The feed's items in one visit, and which of them the page has listed.

    ``families`` contains the patterns of the page's URLs. ``front`` contains the items on the first
    page of the listing, in page order.
    """

    items: dict[str, ListingItem] = field(default_factory=dict)
    shown: set[str] = field(default_factory=set)
    families: set[tuple[str, str, tuple[str, ...]]] = field(default_factory=set)
    front: list[ListingItem] = field(default_factory=list)

    def add_front(self, items: Sequence[ListingItem]) -> None:
        """Add the items on the first page of the listing, in page order."""
        self.families.update(url_pattern(item.url) for item in items)
        self.front.extend(items)

    def add(self, items: Iterable[ListingItem], shown: Collection[str]) -> None:
        """Add items of the feed.

        ``shown`` contains the canonical URLs of the items that are also on the page.
        """
        for item in items:
            key = canonical_url(item.url)
            if key not in self.items and len(self.items) >= MAX_FEED_ITEMS:
                return
            self.items[key] = item
            if key in shown:
                self.shown.add(key)
                self.families.add(url_pattern(item.url))

    def accepted(self, items: Iterable[ListingItem], *, walked: bool) -> tuple[ListingItem, ...]:
        """Return the feed items that are missing from the page but resemble the page's items.

        The items must have URLs with the same patterns as the page's items. If all items on both
        lists share a category, the feed-only items must have it, too. Otherwise, there must be few
        of them, compared with the items on both lists from the same period. Items older than all
        common items are returned only if the visit paged to the end of the listing (``walked``).

        If feed and page have no items in common, all feed items except permanent pages are
        accepted.
        """
        alone = [item for item in items if not is_permanent_page(item.url)]
        both = [self.items[key] for key in self.shown]
        if not both:
            return tuple(alone)
        common = categories_of(both)
        first, last = self._days(both)
        alike = [item for item in alone if url_pattern(item.url) in self.families]
        if common:
            alike = [item for item in alike if common <= set(item.categories)]
        if not walked and first:
            alike = [one for one in alike if not one.published or one.published.day >= first]
        if common:
            return tuple(alike)
        shown = Counter(url_pattern(item.url) for item in both)
        # Undated items are left out, because they may be older than all items on both lists.
        other = Counter(
            url_pattern(item.url)
            for key, item in self.items.items()
            if key not in self.shown and not is_permanent_page(item.url)
            if first and last and item.published and first <= item.published.day <= last
        )
        return tuple(
            item
            for item in alike
            if other[url_pattern(item.url)]
            <= max(1, shown[url_pattern(item.url)] // PAGE_ITEMS_PER_FEED_ONLY_ITEM)
        )

    def _days(self, both: Sequence[ListingItem]) -> tuple[dt.date | None, dt.date | None]:
        """Return the first and last day of the items on both lists, ignoring pinned items."""
        front = [self._dated(item) for item in self.front]
        kept = {key for item in in_order(front) for key in keys_of(item)}
        pinned = {key for item in front for key in keys_of(item)} - kept
        listed = [item for item in both if pinned.isdisjoint(keys_of(item))]
        days = contiguous_days([item.published.day for item in listed if item.published])
        return min(days, default=None), max(days, default=None)

    def _dated(self, item: ListingItem) -> ListingItem:
        """Return an item of the page, with the date from the feed if it has none."""
        known = self.items.get(canonical_url(item.url))
        if item.published or known is None:
            return item
        return replace(item, published=known.published)


def in_order(items: Sequence[ListingItem]) -> Sequence[ListingItem]:
    """Return the longest series of items sorted newest first, together with all undated items.

    An old release pinned to the top is removed, because it does not show how far back the page
    reaches. If most items are out of order, the page is sorted differently, and all items are
    returned.
    """
    dated = [(place, item.published.day) for place, item in enumerate(items) if item.published]
    kept = {dated[place][0] for place in _longest_rise([-day.toordinal() for _, day in dated])}
    kept |= {place for place, item in enumerate(items) if not item.published}
    if len(kept) * 2 <= len(items):
        return items
    return [item for place, item in enumerate(items) if place in kept]


def _longest_rise(values: Sequence[int]) -> Sequence[int]:
    """Return the positions of the longest non-decreasing subsequence, in O(n log n) time."""
    ends: list[int] = []
    tops: list[int] = []
    before: list[int] = []
    for place, value in enumerate(values):
        length = bisect_right(tops, value)
        before.append(ends[length - 1] if length else -1)
        # Replace only the smallest end of a subsequence of this length.
        ends[length : length + 1] = [place]
        tops[length : length + 1] = [value]
    found = []
    place = ends[-1] if ends else -1
    while place >= 0:
        found.append(place)
        place = before[place]
    return found[::-1]


def contiguous_days(days: Sequence[dt.date]) -> Sequence[dt.date]:
    """Return the days of a list, newest first, without outliers.

    Outliers are far older days, such as those in a box of featured releases below the list. At most
    one day in ITEMS_PER_OUTLIER is removed, and only if the gap before it is longer than the period
    of the other days.
    """
    found = sorted(days, reverse=True)
    for place in range(len(found) - len(found) // ITEMS_PER_OUTLIER, len(found)):
        if found[place - 1] - found[place] > found[0] - found[place - 1]:
            return found[:place]
    return found


def categories_of(items: Sequence[ListingItem]) -> frozenset[str]:
    """Return the categories that all items share, or an empty set if there are too few items."""
    if len(items) < MIN_COMMON_ITEMS:
        return frozenset()
    return frozenset.intersection(*(frozenset(item.categories) for item in items))
