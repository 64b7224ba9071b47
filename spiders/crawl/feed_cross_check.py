"""The page of a source whose releases come from a feed: what it lists that the feed lacks.

A feed may be cut short, forgotten at a relaunch, or never have been complete; its page is there for
readers, and so is missed when it breaks.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from data.text.urls import canonical_url
from spiders.items import Listing, ListingItem, keys_of

LAG: Final = dt.timedelta(days=2)
"""How much newer than all of its feed a page's releases are where the feed has stopped."""

SURE: Final = 0.5
"""Confidence from which a page is believed on what no feed ever had."""

MOST: Final = 1000
"""Releases that are taken from one page, the first of it."""


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
