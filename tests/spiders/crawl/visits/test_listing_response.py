"""Telling a listing from another page that stands in its place."""

from __future__ import annotations

import pytest

from spiders.crawl.visits.listing_response import is_replaced
from spiders.items import Listing, ListingItem
from tests.drafts import published

URL = "https://harbour.example/news/"


def listing(numbers: range, *, what: str = "Notice", dated: bool = True) -> Listing:
    """A page that lists a release for each number."""
    items = tuple(
        ListingItem(
            f"{URL}{what}-{number}",
            f"{what} {number}",
            published(f"2026-03-{number:02}") if dated else None,
        )
        for number in numbers
    )
    return Listing(URL, items)


ADVERTS = listing(range(1, 6), what="Offer", dated=False)


def test_a_page_without_any_date_or_release_of_before_is_another() -> None:
    assert is_replaced(ADVERTS, listing(range(1, 9)))


@pytest.mark.parametrize(
    ("now", "before"),
    [
        (listing(range(11, 19)), listing(range(1, 9))),
        (listing(range(4, 12), dated=False), listing(range(1, 9))),
        (ADVERTS, listing(range(1, 9), dated=False)),
        (ADVERTS, listing(range(1, 3))),
    ],
    ids=["all new", "without dates now", "never dated", "few before"],
)
def test_a_listing_that_changes_as_listings_do_is_the_same(now: Listing, before: Listing) -> None:
    assert not is_replaced(now, before)
