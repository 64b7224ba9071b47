"""The activity of a country on a day decides how much the silence of one source counts."""

from __future__ import annotations

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from data.health.activity import (
    MAX_BUSY,
    MIN_BUSY,
    NO_OTHERS,
    USUAL_HAZARDS,
    Activity,
    activity_by_zone,
)
from tests.examples import examples

MONDAY = dt.date(2026, 3, 2)
START = MONDAY.toordinal()


def of_country(days: int, published: int, known: int = 40) -> Activity:
    """A country whose sources publish alike on all days, from a Monday on."""
    return Activity(None, START, [published] * days, [known] * days)


def busy(activity: Activity, day: int) -> float:
    """How busy the others are to a source that is silent and new."""
    return activity.others(START + day, published=False, heard=0.0, asked=0.0).busy


def test_a_usual_day_counts_fully_and_a_quiet_one_less() -> None:
    published = [20] * 70
    assert abs(busy(of_country(71, 20), 70) - 1) < 0.1
    quiet = Activity(None, START, [*published, 5], [40] * 71)
    eager = Activity(None, START, [*published, 30], [40] * 71)
    assert busy(quiet, 70) < 0.4
    assert busy(eager, 70) > 1.5


def test_a_source_is_not_counted_among_the_others() -> None:
    # The releases of a source do not make its own days busy, and its habits are not expected of
    # others.
    activity = Activity(None, START, [1] * 71, [2] * 71)
    alone = activity.others(START + 70, published=True, heard=10.0, asked=10.0)
    assert alone.busy < 1
    assert alone.expected < USUAL_HAZARDS[0]


def test_few_sources_prove_little() -> None:
    few = Activity(None, START, [*[2] * 70, 0], [4] * 71)
    many = Activity(None, START, [*[20] * 70, 0], [40] * 71)
    assert busy(many, 70) < busy(few, 70) < 1


def test_a_day_without_other_sources_counts_fully() -> None:
    lone = Activity(None, START, [0] * 7, [1] * 7)
    assert lone.others(START, published=False, heard=0.0, asked=0.0) == NO_OTHERS
    activity = of_country(7, 20)
    for day in (START - 1, START + 7):
        assert activity.others(day, published=False, heard=0.0, asked=0.0) == NO_OTHERS


def test_the_weekdays_of_a_country_are_learned() -> None:
    # Friday and Saturday are its weekend.
    published = [0 if (day % 7) in {4, 5} else 20 for day in range(364)]
    usual = Activity(None, START, published, [40] * 364).usual(START + 364)
    assert max(usual[4], usual[5]) < min(usual[6], usual[0])


def test_public_holidays_do_not_count_for_weekdays() -> None:
    independence = dt.date(2025, 7, 4)
    start = dt.date(2025, 1, 6).toordinal()
    days = independence.toordinal() - start + 1
    published = [20 if day % 7 < 5 else 0 for day in range(days)]
    published[-1] = 1
    here = Activity("US", start, published, [40] * days)
    elsewhere = Activity("FR", start, published, [40] * days)
    day = independence.toordinal()
    told = [one.others(day, published=False, heard=0.0, asked=0.0) for one in (here, elsewhere)]
    assert told[0].expected < told[1].expected
    assert told[0].busy > told[1].busy


def test_zones_of_a_country_are_counted_together_from_the_second_day_of_a_source() -> None:
    counts = {
        "America/New_York": {MONDAY: 2, MONDAY + dt.timedelta(1): 1},
        "America/Chicago": {MONDAY: 1},
        "+04:00": {MONDAY: 9},
    }
    first = {
        "America/New_York": [MONDAY, MONDAY - dt.timedelta(99)],
        "America/Chicago": [MONDAY],
        "+04:00": [MONDAY],
    }
    found = activity_by_zone(counts, first, since=MONDAY, until=MONDAY + dt.timedelta(1))
    assert found["America/New_York"] is found["America/Chicago"]
    expected = Activity("US", START, [3, 1], [1, 3])
    for day in (0, 1):
        assert busy(found["America/Chicago"], day) == busy(expected, day)
    assert found["+04:00"].country is None


@examples(60)
@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 50)), min_size=1, max_size=40))
def test_no_count_gives_a_day_an_infinite_or_zero_weight(counts: list[tuple[int, int]]) -> None:
    published, known = zip(*counts, strict=True)
    activity = Activity("GB", START, published, known)
    for day in range(len(counts)):
        assert MIN_BUSY <= busy(activity, day) <= MAX_BUSY
    assert all(one > 0 for one in activity.usual(START + len(counts)))
