"""What a page adds to its feed."""

from __future__ import annotations

import datetime as dt

import pytest

from data.models import Published
from spiders.crawl.feed_cross_check import MOST, cross_check
from spiders.items import Listing, ListingItem


def items(*days: int, dated: bool = True, place: str = "r") -> tuple[ListingItem, ...]:
    """Items of days of March."""
    return tuple(
        ListingItem(
            f"https://harbour.example/{place}/{day}",
            f"Notice {place} of day {day}",
            Published(dt.datetime(2026, 3, day, 12, tzinfo=dt.UTC), "day", "UTC", "", "x")
            if dated
            else None,
        )
        for day in days
    )


def listing(found: tuple[ListingItem, ...], confidence: float = 0.9) -> Listing:
    """A listing of these items."""
    return Listing("https://harbour.example/", found, confidence=confidence)


def test_what_the_feed_has_under_another_address_is_not_lacking() -> None:
    feed = listing(items(3, 4))
    moved = ListingItem(
        "https://harbour.example/node/4", "Notice r of day 4", feed.items[1].published
    )
    assert cross_check(feed, listing((*items(3, 5), moved)), ()).lacks == items(5)


def test_a_page_without_dates_is_believed_only_if_half_of_it_has_been_seen() -> None:
    page = listing(items(4, 5, dated=False))
    assert not cross_check(listing(items(3)), page, ()).believed
    found = cross_check(listing(items(4)), page, ())
    assert (found.believed, found.lacks) == (True, page.items[1:])


@pytest.mark.parametrize(("confidence", "shared", "believed"), [
    (0.9, (), True), (0.2, (), False), (0.2, (1, 2, 3), True), (0.2, (1,), False),
])  # fmt: skip
def test_a_page_is_believed_if_it_is_sure_or_shares_half_with_the_feed(
    confidence: float, shared: tuple[int, ...], *, believed: bool
) -> None:
    page = listing((*items(*shared), *items(7, 8, 9)), confidence)
    assert bool(cross_check(listing(items(1, 2, 3)), page, ()).lacks) is believed


def test_what_is_stored_counts_as_shared() -> None:
    page = listing(items(7, 8, 9), 0.2)
    known = {"https://harbour.example/r/7", "https://harbour.example/r/8"}
    assert cross_check(listing(items(1, 2)), page, known).stale
    assert not cross_check(listing(items(1, 2)), page, ()).stale


def test_a_feed_that_lags_by_a_day_has_not_stopped() -> None:
    assert not cross_check(listing(items(5)), listing(items(4, 5, 6)), ()).stale
    assert "of 2026-03-07" in cross_check(listing(items(5)), listing(items(4, 5, 7)), ()).stale


def test_a_page_that_lists_older_releases_does_not_make_a_feed_stale() -> None:
    found = cross_check(listing(items(8, 9)), listing(items(1, 2, 8, 9)), ())
    assert (found.lacks, found.stale) == (items(1, 2), "")


def test_no_more_than_a_bound_is_taken_from_one_page() -> None:
    many = tuple(one for name in "abcdefghij" for one in items(*range(1, 29), place=name))
    assert len(cross_check(listing(items(1)), listing(many * 4), ()).lacks) == MOST
