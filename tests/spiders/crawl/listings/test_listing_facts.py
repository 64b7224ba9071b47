"""Rows that leave a listing: pushed off by others, or lost."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Sequence

import pytest

from data.models import VisitFacts
from data.text.urls import canonical_url
from spiders.crawl.listings.listing_facts import Front, disappeared_items, front_of, listing_facts
from spiders.items import Listing, ListingItem
from tests.drafts import published

URL = "https://harbour.example/news/"
START = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)


def rows(days: Iterable[int], *, dated: bool = True) -> list[ListingItem]:
    """One row for each day of 2026, counted from its first."""
    first = dt.date(2026, 1, 1).toordinal()
    return [
        ListingItem(
            f"{URL}{day}",
            f"Notice {day}",
            published(dt.date.fromordinal(first + day).isoformat()) if dated else None,
        )
        for day in days
    ]


def after(
    *listings: Sequence[ListingItem], gone: Collection[str] = (), place: str = ""
) -> VisitFacts:
    """The facts after visits, one a day, that saw these rows; the last at ``place``."""
    facts, before = VisitFacts(), None
    for day, listed in enumerate(listings):
        last = day == len(listings) - 1
        front = Front(place if last else "", listed, before)
        facts = listing_facts(facts, front, gone if last else (), START + dt.timedelta(days=day))
        before = listed
    return facts


def page(newest: int, count: int = 10) -> list[ListingItem]:
    """A page of so many rows, the newest first."""
    return rows(range(newest, newest - count, -1))


STEADY = [page(20), page(21), page(23), page(24)]


@pytest.mark.parametrize(
    "listings",
    [
        [page(20), page(22), page(25)],
        [page(20), page(40)],
        [page(20), rows([21])],
        [page(20), rows([22, 21, 17, 12])],
        [*STEADY, rows([26, 25, 17])],
        [page(20), page(20)[2:]],
        [*STEADY, page(24)[:8]],
        # A window of some days, of which nobody knows yet how many rows it holds.
        [page(20), page(20)[:5]],
        [rows(range(20, 10, -1), dated=False), rows(range(40, 30, -1), dated=False)],
    ],
    ids=[
        "pushed off",
        "all new",
        "a new month",
        "pinned",
        "pinned, regular",
        "two down",
        "two fell",
        "window",
        "plain",
    ],
)
def test_rows_that_left_as_rows_do_are_not_lost(listings: list[list[ListingItem]]) -> None:
    assert after(*listings).lost.count == 0


@pytest.mark.parametrize(
    ("listings", "count"),
    [
        ([page(20), page(20)[::2]], 5),
        ([page(20), rows([21]) + page(20)[1::2]], 4),
        ([*STEADY, page(24)[:5]], 5),
        ([page(20), rows([3, 2, 1])], 10),
        ([page(20), rows([3, 2, 1], dated=False)], 10),
        ([page(20), page(20, 20)[::2]], 5),
    ],
    ids=[
        "every second",
        "beside a new one",
        "cut after regular visits",
        "others",
        "no dates",
        "every second, of two pages",
    ],
)
def test_rows_that_nothing_took_the_place_of_are_lost(
    listings: list[list[ListingItem]], count: int
) -> None:
    facts = after(*listings)
    assert (facts.lost.count, facts.rows_before) == (count, 10)


def same_day(names: Iterable[int]) -> list[ListingItem]:
    """A row for each number, all of one day."""
    return [ListingItem(f"{URL}{n}", f"Notice {n}", published("2026-01-21")) for n in names]


def test_rows_of_the_newest_day_push_off_others_of_that_day() -> None:
    assert after(same_day(range(10)), same_day(range(10, 20))).lost.count == 0
    pinned = [*rows([-500]), *same_day(range(10, 19))]
    assert after(same_day(range(10)), pinned).lost.count == 0
    mostly_older = [*same_day([10]), *rows(range(-20, -11))]
    assert after(same_day(range(10)), mostly_older).lost.count == 10


@pytest.mark.parametrize(("kept", "lost"), [(page(20), 0), (page(20)[::2], 5), ([], 10)])
def test_rows_on_the_next_pages_are_not_lost(kept: list[ListingItem], lost: int) -> None:
    older = rows(range(3))
    below = {canonical_url(item.url) for item in kept}
    facts = listing_facts(VisitFacts(), Front("", page(20), None), (), START)
    facts = listing_facts(facts, Front("", older, page(20)), (), START, below=below)
    assert facts.lost.count == lost


def test_rows_replaced_by_older_ones_are_lost_until_they_return() -> None:
    half = page(20, 20)[::2]
    assert after(page(20), half, half, half).lost.visits == 3
    assert after(page(20), half, half, page(21)).lost.count == 0


def test_undated_rows_are_reported_if_rows_used_to_have_dates() -> None:
    plain = rows(range(20, 10, -1), dated=False)
    assert after(page(20), plain, plain).dateless.visits == 2
    assert after(page(20), plain, page(20)).dateless.count == 0
    assert after(plain, plain).dateless.count == 0


def test_missing_releases_are_not_lost() -> None:
    gone = [canonical_url(f"{URL}{day}") for day in range(20, 10, -2)]
    assert after(page(20), page(20)[1::2], gone=gone).lost.count == 0


def test_a_release_at_another_address_is_the_same_by_its_day_and_title() -> None:
    moved = [
        ListingItem(one.url.replace("/news/", "/press/"), one.title, one.published)
        for one in page(20)
    ]
    assert after(page(20), moved).lost.count == 0


def test_a_loss_is_reported_until_it_ends_or_becomes_usual() -> None:
    half = page(20)[::2]
    again = after(page(20), half, half, half)
    assert (again.lost.count, again.lost.visits) == (5, 3)
    assert again.lost.since == START + dt.timedelta(days=1)
    assert after(page(20), half, half, page(21)).lost.count == 0
    assert after(page(20), *[half] * 14).lost.count == 5
    assert after(page(20), *[half] * 15).lost.count == 0


def test_a_redirected_listing_is_reported_without_secrets() -> None:
    listing = Listing(URL, tuple(page(20)))
    front = front_of(URL, f"{URL}?token=s3cret", listing, None)
    assert front.place
    assert "s3cret" not in front.place
    secret = f"{URL}?token=s3cret"
    assert front_of(secret, secret, listing, None).place == ""


def test_the_usual_address_of_a_listing_is_its_constant_redirect_target() -> None:
    place = "https://harbour.example/all/"
    facts = listing_facts(VisitFacts(), Front(place, page(20), None), (), START)
    facts = listing_facts(facts, Front(place, page(21), page(20)), (), START)
    assert facts.usual == place


@pytest.mark.parametrize(
    ("before", "now", "left"),
    [
        (page(20), page(22), []),
        (page(20), [*page(20, 4), *page(15, 6)], [16]),
        (page(20), [*page(21, 5), *page(15, 5)], [16]),
        (page(20), page(20)[1:], []),
        (page(20), page(20)[:-1], []),
        (page(20), [*page(20, 2), *page(12, 2)], []),
        (page(90, 60), rows([*range(90, 50, -2), *range(50, 30, -1)]), range(89, 69, -2)),
        (page(20), rows(range(20, 10, -1), dated=False), []),
        ([], page(20), []),
    ],
)
def test_rows_that_leave_from_between_others_are_reported(
    before: Sequence[ListingItem], now: Sequence[ListingItem], left: Sequence[int]
) -> None:
    found = disappeared_items(Front("", now, before))
    assert [item.title for item in found] == [f"Notice {day}" for day in left]
