"""Which releases existed before the first visit to their source."""

from __future__ import annotations

import datetime as dt

import pytest

from data.dates.parse import on_day
from data.identity.decision import listed_since, published_since
from data.models import Published

OSLO = "Europe/Oslo"
FIRST = dt.datetime(2026, 3, 2, 23, 30, tzinfo=dt.UTC)
"""Half past midnight of 3 March in Oslo."""
SEEN = FIRST + dt.timedelta(days=5)


def of_day(day: int) -> Published:
    return on_day(dt.date(2026, 3, day), OSLO, "", "test")


def at(moment: dt.datetime) -> Published:
    return Published(moment, "second", OSLO, "", "test")


@pytest.mark.parametrize(
    ("published", "since"),
    [
        (None, False),
        (at(FIRST - dt.timedelta(seconds=1)), False),
        (at(FIRST), True),
        (of_day(2), False),
        (of_day(3), False),
        (of_day(4), True),
        (at(SEEN + dt.timedelta(days=2)), False),
        (of_day(20), False),
    ],
)
def test_a_date_shows_that_a_release_is_newer_than_the_first_visit(
    published: Published | None,
    since: bool,  # noqa: FBT001 - what is expected
) -> None:
    assert published_since(published, FIRST, SEEN) is since


def test_the_day_of_the_first_visit_decides_if_nothing_else_can() -> None:
    assert published_since(of_day(3), FIRST, SEEN, same_day=True)
    assert not published_since(of_day(2), FIRST, SEEN, same_day=True)


@pytest.mark.parametrize(
    ("page", "before", "found"),
    [
        ("nab", "ab", "n"),
        ("anb", "ab", "n"),
        ("abn", "ab", ""),
        ("nmo", "ab", "nmo"),
        ("nabm", "ab", "n"),
    ],
)
def test_releases_found_above_known_ones_are_new(page: str, before: str, found: str) -> None:
    assert listed_since(page, before, anywhere=False) == frozenset(found)


def test_releases_missing_from_a_fully_read_listing_are_new_wherever_they_appear() -> None:
    assert listed_since("abn", "ab", anywhere=True) == {"n"}
