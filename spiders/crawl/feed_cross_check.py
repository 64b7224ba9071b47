"""The feed and the page of a source, compared: what one lists alone, and what of it is believed.

A feed may be cut short, forgotten at a relaunch, or never have been complete; its page is there for
readers, and so is missed when it breaks. But a feed of a whole site also carries what the page
would never list (About, Careers, the posts of other categories), and a page beside a feed may be of
some other kind. So what either lists is collected, and what it lists alone only where that is like
what both list.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote, urlsplit

from data.text.urls import canonical_url
from spiders.crawl.facts.listing_facts import LAG
from spiders.items import Listing, ListingItem, keys_of, name_of
from spiders.page.links import url_pattern

SURE: Final = 0.5
"""Confidence from which a page is believed on what no feed ever had."""

MOST: Final = 1000
"""Releases that are taken from one page, the first of it."""


COMMON: Final = 3
"""Items of a feed that the page lists too, from which on their common categories say something."""

FEW: Final = 20
"""One in so many items may be in the feed only; more of them are of some other list."""

MOST_COMPARED: Final = 100_000
"""Items of a feed that one visit compares with its page."""

STANDING: Final = re.compile(
    r"about(?:-us)?|careers?|jobs|contacts?(?:-us)?|privacy(?:-policy)?|imprint|impressum|legal"
    r"(?:-notice)?|terms(?:-of-(?:use|service))?|disclaimer|cookies?(?:-policy)?|accessibility|"
    r"sitemap|search|login|faq|datenschutz(?:erklaerung|erklärung)?|kontakt|ueber-uns|über-uns|"
    r"karriere|a-propos|mentions-legales|contacto|quienes-somos|aviso-legal|privacidad|chi-siamo|"
    r"contatti|over-ons|om-oss|om-os|o-nas|kontakty|hakkimizda|iletisim|contato|sobre(?:-nos)?",
    re.IGNORECASE,
)
"""What the last part of an address says of a page that stands for good, and is no release."""

INDEX: Final = re.compile(r"/(?:categor(?:y|ies|ia|ie)|kategorie|tags?|authors?|autor)/[^/]+/?$")
"""Addresses of pages that list releases themselves."""


@dataclass(frozen=True, slots=True)
class CrossCheck:
    """What a page says beside its feed: whether it is ``believed``, its ``items``, and a doubt.

    The items that the feed ``lacks`` are among them. ``stale`` is a sentence where the feed has
    stopped while the page goes on, else empty.
    """

    believed: bool
    items: tuple[ListingItem, ...]
    lacks: tuple[ListingItem, ...]
    stale: str = ""


def cross_check(feed: Listing | None, page: Listing, known: Collection[str]) -> CrossCheck:
    """Compare a page with its feed, None where that can't be read; ``known`` are canonical URLs.

    What the page dates counts, or all of it where it dates next to nothing. What neither feed nor
    store has seen is believed if half of the page has been seen, or if its own reading is sure;
    without dates that is not enough.
    """
    dated = [item for item in page.items if item.published]
    plain = len(dated) * 2 < len(page.items)
    shown = list(page.items) if plain else dated
    listed = {key for item in (feed.items if feed else ()) for key in keys_of(item)}
    lacks = [item for item in shown if listed.isdisjoint(keys_of(item))]
    seen = len(shown) - sum(canonical_url(item.url) not in known for item in lacks)
    if (plain or (feed and page.confidence < SURE)) and seen * 2 < len(shown):
        return CrossCheck(believed=False, items=(), lacks=())
    items, lacks = shown[:MOST], lacks[:MOST]
    return CrossCheck(bool(shown), tuple(items), tuple(lacks), _stale(feed, lacks))


def _stale(feed: Listing | None, lacks: list[ListingItem]) -> str:
    if feed is None or not feed.items:
        return ""  # that is told as what it is
    newest = max((item.published.day for item in feed.items if item.published), default=None)
    if newest is None:
        return ""
    newer = [item.published.day for item in lacks if item.published and item.published.day > newest]
    if not newer or max(newer) - newest < LAG:
        return ""
    one = len(newer) == 1
    count = "a newer one" if one else f"{len(newer)} newer ones, the last"
    read = "it was read" if one else "they were read"
    return (
        f"the feed ends on {newest}, but the page lists {count} of {max(newer)}: {read} "
        "from the page; if the feed stays behind, take the line feed out of the source file"
    )


def is_standing(url: str) -> bool:
    """Whether an address is that of a page that is no release by its name: About, a category."""
    path = unquote(urlsplit(url).path)
    last = path.rstrip("/").rpartition("/")[2]
    stem = re.sub(r"\.\w{2,5}$", "", last)
    return bool(STANDING.fullmatch(stem) or INDEX.search(path))


def names_of(items: Iterable[ListingItem]) -> Mapping[str, str]:
    """The names of items by their canonical addresses."""
    return {canonical_url(item.url): name_of(item) for item in items}


@dataclass(slots=True)
class ListEvidence:
    """What a feed has listed in one visit, and which of it the page has listed, ever.

    ``families`` are those of the addresses that the page lists.
    """

    items: dict[str, ListingItem] = field(default_factory=dict)
    shown: set[str] = field(default_factory=set)
    families: set[tuple[str, str, tuple[str, ...]]] = field(default_factory=set)

    def add(self, items: Iterable[ListingItem], shown: Collection[str]) -> None:
        """Take in items of the feed, and the canonical addresses of those that the page lists."""
        for item in items:
            key = canonical_url(item.url)
            if key not in self.items and len(self.items) >= MOST_COMPARED:
                return
            self.items[key] = item
            if key in shown:
                self.shown.add(key)
                self.families.add(url_pattern(item.url))

    def believed(self, items: Iterable[ListingItem], *, walked: bool) -> tuple[ListingItem, ...]:
        """Of items of the feed that the page does not list, those that are like what it lists.

        They are of the same family of addresses; of a category that all in common have, if these
        have one; and, if not, few beside those in common of the same days. What is older than all
        in common waits until the page was ``walked`` to its end. Where feed and page have nothing
        in common, the feed is believed but for pages that are none by their names.
        """
        alone = [item for item in items if not is_standing(item.url)]
        both = [self.items[key] for key in self.shown]
        if not both:
            return tuple(alone)
        common = categories_of(both)
        days = [item.published.day for item in both if item.published]
        first, last = min(days, default=None), max(days, default=None)
        alike = [item for item in alone if url_pattern(item.url) in self.families]
        if common:
            alike = [item for item in alike if common <= set(item.categories)]
        if not walked and first:
            alike = [one for one in alike if not one.published or one.published.day >= first]
        if common:
            return tuple(alike)
        shown = Counter(url_pattern(item.url) for item in both)
        # What has no date may as well be older than all in common.
        other = Counter(
            url_pattern(item.url)
            for key, item in self.items.items()
            if key not in self.shown and not is_standing(item.url)
            if first and last and item.published and first <= item.published.day <= last
        )
        return tuple(
            item
            for item in alike
            if other[url_pattern(item.url)] <= max(1, shown[url_pattern(item.url)] // FEW)
        )


def categories_of(items: Sequence[ListingItem]) -> frozenset[str]:
    """The categories that all of these items have; none of too few."""
    if len(items) < COMMON:
        return frozenset()
    return frozenset.intersection(*(frozenset(item.categories) for item in items))
