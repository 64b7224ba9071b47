"""What a page adds to its feed."""

from __future__ import annotations

import datetime as dt

import pytest

from data.models import Published
from data.text.urls import canonical_url
from spiders.crawl.listings.feed_cross_check import (
    MAX_PAGE_RELEASES,
    ListEvidence,
    contiguous_days,
    cross_check,
    in_order,
)
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


def test_a_release_with_another_address_in_the_feed_is_not_missing() -> None:
    feed = listing(items(3, 4))
    moved = ListingItem(
        "https://harbour.example/node/4", "Notice r of day 4", feed.items[1].published
    )
    assert cross_check(feed, listing((*items(3, 5), moved)), ()).lacks == items(5)


def test_a_page_without_dates_is_trusted_only_if_half_of_it_is_known() -> None:
    page = listing(items(4, 5, dated=False))
    assert not cross_check(listing(items(3)), page, ()).accepted
    found = cross_check(listing(items(4)), page, ())
    assert (found.accepted, found.lacks) == (True, page.items[1:])


@pytest.mark.parametrize(("confidence", "shared", "accepted"), [
    (0.9, (), True), (0.2, (), False), (0.2, (1, 2, 3), True), (0.2, (1,), False),
])  # fmt: skip
def test_a_page_is_believed_if_it_is_sure_or_shares_half_with_the_feed(
    confidence: float, shared: tuple[int, ...], *, accepted: bool
) -> None:
    page = listing((*items(*shared), *items(7, 8, 9)), confidence)
    assert bool(cross_check(listing(items(1, 2, 3)), page, ()).lacks) is accepted


def test_stored_texts_count_as_shared() -> None:
    page = listing(items(7, 8, 9), 0.2)
    known = {"https://harbour.example/r/7", "https://harbour.example/r/8"}
    assert cross_check(listing(items(1, 2)), page, known).stale
    assert not cross_check(listing(items(1, 2)), page, ()).stale


def test_a_feed_that_lags_by_a_day_has_not_stopped() -> None:
    assert not cross_check(listing(items(5)), listing(items(4, 5, 6)), ()).stale
    assert "2026-03-07" in cross_check(listing(items(5)), listing(items(4, 5, 7)), ()).stale


def test_a_page_that_lists_older_releases_does_not_make_a_feed_stale() -> None:
    found = cross_check(listing(items(8, 9)), listing(items(1, 2, 8, 9)), ())
    assert (found.lacks, found.stale) == (items(1, 2), "")


def test_a_page_yields_at_most_the_limit() -> None:
    many = tuple(one for name in "abcdefghij" for one in items(*range(1, 29), place=name))
    assert len(cross_check(listing(items(1)), listing(many * 4), ()).lacks) == MAX_PAGE_RELEASES


TODAY = dt.date(2026, 3, 20)


def aged(*ages: int, place: str = "r") -> list[ListingItem]:
    """Items that are so many days old, in this order."""
    return [
        ListingItem(
            f"https://harbour.example/{place}/{age}",
            f"Notice {place} of age {age}",
            Published(
                dt.datetime.combine(TODAY - dt.timedelta(days=age), dt.time(12), dt.UTC),
                "day",
                "UTC",
                "",
                "x",
            ),
        )
        for age in ages
    ]


def accepted(feed: list[ListingItem], page: list[ListingItem], *, walked: bool = True) -> int:
    """How many items of the feed are accepted that the page does not list."""
    evidence = ListEvidence()
    evidence.add_front(page)
    shown = {canonical_url(item.url) for item in page}
    evidence.add(feed, shown)
    alone = [item for item in feed if canonical_url(item.url) not in shown]
    return len(evidence.accepted(alone, walked=walked))


SITE = aged(*range(0, 450, 10))
"""Releases of a whole source, one per ten days."""


@pytest.mark.parametrize(
    "pinned",
    [aged(400), aged(2400), aged(400, 420, 440), aged(1200, 150, 3000)],
    ids=["of the feed", "older than the feed", "several", "in any order"],
)
def test_releases_pinned_above_a_page_do_not_make_others_foreign(
    pinned: list[ListingItem],
) -> None:
    urls = {item.url for item in SITE}
    feed = [*SITE, *(item for item in pinned if item.url not in urls)]
    assert accepted(feed, [*pinned, *SITE[:13]]) == len(feed) - 13 - len(pinned)


def test_a_box_of_one_old_release_below_a_page_does_not_void_its_feed() -> None:
    assert accepted([*SITE, *aged(2000)], [*SITE[:13], *aged(2000)]) == len(SITE) - 13


def test_dates_of_the_feed_show_which_rows_of_an_undated_page_are_pinned() -> None:
    page = [*SITE[40:41], *SITE[:13]]
    undated = [ListingItem(item.url, item.title) for item in page]
    assert accepted(SITE, undated) == len(SITE) - 14


def test_before_a_page_was_walked_only_releases_newer_than_its_last_row_are_trusted() -> None:
    page = [*SITE[44:], *SITE[:13]]
    feed = [*SITE, *aged(15)]
    assert accepted(feed, page, walked=False) == 1


@pytest.mark.parametrize("pinned", [[], SITE[44:], SITE[40:44:2]])
def test_posts_of_other_categories_of_a_whole_site_stay_foreign(pinned: list[ListingItem]) -> None:
    category = SITE[:30:2]
    assert accepted(SITE, [*pinned, *category]) == 0


def test_a_page_that_ends_with_the_oldest_rows_of_its_category_keeps_its_range() -> None:
    assert accepted(SITE, [*SITE[:6], *SITE[40:]]) == 0


def test_a_page_sorted_by_title_has_no_pinned_rows() -> None:
    mixed = aged(30, 10, 50, 0, 40, 20)
    assert in_order(aged(10, 20, 5, 30, 4, 3, 50)) == aged(10, 20, 30, 50)
    assert in_order(aged(50, 40, 30, 20, 10)) == aged(50, 40, 30, 20, 10)
    assert in_order(mixed) == mixed


def test_days_far_from_the_others_are_left_out_only_if_they_are_few() -> None:
    days = [item.published.day for item in aged(*range(0, 90, 10)) if item.published]
    old = TODAY - dt.timedelta(days=900)
    assert contiguous_days([old, *days]) == days
    assert contiguous_days([old, old, *days]) == [*days, old, old]
    assert contiguous_days(days[:3]) == days[:3]
    assert contiguous_days([]) == []
