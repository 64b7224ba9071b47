"""When a release whose page is gone is retracted, and when that is not believed."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from data.identity.retraction import Fate, ListedReleases, Vanished, at_once, fates, listing_name

NOON = dt.datetime(2026, 3, 10, 12, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)
DAY = dt.timedelta(days=1)
GONE = Vanished(
    "1",
    "http://harbour.example/1",
    "Pier 1 is open",
    "2026-03-02",
    frozenset(["https://harbour.example/1", "https://harbour.example/old/1"]),
    NOON - 7 * HOUR,
)
OTHERS = ListedReleases(frozenset(["https://harbour.example/2"]), frozenset())


def fate(
    one: Vanished = GONE,
    listed: ListedReleases | None = OTHERS,
    *,
    asked: int = 20,
    after: dt.timedelta = 6 * HOUR,
) -> tuple[Fate, dt.datetime | None]:
    """What becomes of one release, at noon of a visit that began some minutes ago."""
    started = NOON - HOUR / 6
    return fates([one], listed, gone=1, asked=asked, started=started, now=NOON, after=after)[one]


def test_a_release_missing_for_hours_and_unlisted_is_retracted() -> None:
    assert fate() == ("retracted", None)


def test_a_release_missed_too_recently_or_in_the_same_visit_waits() -> None:
    assert fate(replace(GONE, since=NOON - 5 * HOUR)) == ("waits", None)
    met_now = replace(GONE, since=NOON - HOUR / 12)
    assert fate(met_now, after=dt.timedelta(0)) == ("waits", None)
    met_before = replace(GONE, since=NOON - HOUR)
    assert fate(met_before, after=dt.timedelta(0)) == ("retracted", None)


def test_nothing_is_retracted_while_a_listing_fails() -> None:
    assert fate(listed=None) == ("waits", None)


@pytest.mark.parametrize(
    ("title", "day", "named"),
    [
        ("Pier 1 is open", "2026-03-02", True),
        ("PIER 1 IS OPEN!", "2026-03-02", True),
        ("Pier 1 is open", "", True),
        ("Pier 1 is open", "2026-03-03", False),
        ("Pier 2 is open", "2026-03-02", False),
        ("", "2026-03-02", False),
    ],
)
def test_a_release_listed_with_its_title_and_day_is_not_retracted(
    title: str, day: str, *, named: bool
) -> None:
    name = listing_name(title, day)
    listed = ListedReleases(frozenset(), frozenset([name] if name else []))
    assert fate(listed=listed)[0] == ("waits" if named else "retracted")


def test_a_release_listed_under_any_address_is_not_retracted() -> None:
    listed = ListedReleases(frozenset(["https://harbour.example/old/1"]), frozenset())
    assert fate(listed=listed) == ("waits", None)


@pytest.mark.parametrize(
    ("gone", "asked", "many"),
    [(4, 4, False), (5, 5, True), (5, 16, True), (5, 17, False), (29, 100, False), (30, 100, True)],
)
def test_five_and_thirty_percent_vanish_at_once(gone: int, asked: int, *, many: bool) -> None:
    assert at_once(gone, asked) is many


def test_releases_gone_at_once_are_held_and_retracted_after_a_week_of_good_listings() -> None:
    some = [replace(GONE, id=str(n), keys=frozenset([str(n)])) for n in range(5)]
    decided = fates(some, OTHERS, gone=5, asked=9, started=NOON, now=NOON, after=HOUR)
    assert [*decided.values()] == [("held", NOON)] * 5
    held = replace(GONE, held=True, unlisted=NOON - 6 * DAY)
    assert fate(held) == ("held", NOON - 6 * DAY), "few others are gone by now, but they were many"
    assert fate(replace(held, unlisted=NOON - 7 * DAY))[0] == "retracted"


def test_a_missing_release_is_held_while_most_of_its_source_moved() -> None:
    started = NOON - HOUR / 6
    decided = fates([GONE], OTHERS, gone=6, asked=9, started=started, now=NOON, after=HOUR)
    assert decided == {GONE: ("held", NOON)}


def test_the_week_restarts_if_a_listing_fails_or_names_a_held_release() -> None:
    held = replace(GONE, held=True, unlisted=NOON - 8 * DAY)
    assert fate(held, None) == ("held", None)
    assert fate(held, ListedReleases(GONE.keys, frozenset())) == ("held", None)
