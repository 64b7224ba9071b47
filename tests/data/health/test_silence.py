"""A source is expected by its rhythm, and silent if its wait is too long to be chance."""

from __future__ import annotations

import csv
import datetime as dt
from collections import defaultdict
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.health.activity import Activity
from data.health.rhythm import MIN_DAYS, learn_rhythm
from data.health.silence import MAX_WAIT_DAYS, Expected, expected_after
from tests.examples import examples

MONDAY = dt.date(2026, 3, 2)
START = MONDAY.toordinal()
ALONE = Activity(None, START, (), ())


def after(days: int) -> dt.date:
    return MONDAY + dt.timedelta(days=days)


def expected(days: list[int], activity: Activity = ALONE, today: dt.date | None = None) -> Expected:
    rhythm = learn_rhythm(map(after, days), activity)
    assert rhythm is not None
    return expected_after(rhythm, activity, today or rhythm.last)


def test_a_daily_source_is_late_after_two_days_and_silent_in_the_same_week() -> None:
    found = expected([*range(120)])
    assert after(120) <= found.by <= after(121)
    assert found.by < found.silent <= after(124)


def test_a_weekend_is_not_silence_for_an_office() -> None:
    days = [day for day in range(180) if day % 7 < 5]
    assert after(days[-1]).strftime("%a") == "Fri"
    found = expected(days)
    assert found.since == after(182)
    assert found.by in {after(182), after(183)}
    assert after(183) < found.silent <= after(187)


def test_a_weekly_source_is_expected_weekly() -> None:
    found = expected([7 * week for week in range(40)])
    assert after(7 * 40) <= found.by <= after(7 * 42)
    assert after(7 * 41) < found.silent <= after(7 * 44)


def test_expected_releases_are_counted_until_the_day_before() -> None:
    days = [day for day in range(180) if day % 7 < 5]
    friday, saturday, monday, tuesday, thursday = (
        expected(days, today=after(day)).releases for day in (179, 180, 182, 183, 185)
    )
    assert friday == saturday == 0 < monday < 0.3
    assert 0.8 < tuesday < 1.3
    assert 2.7 < thursday < 3.3


def test_a_recess_of_the_country_delays_the_alarm_until_its_end() -> None:
    weeks = [20 if day % 7 < 5 else 1 for day in range(240)]
    days = [day for day in range(200) if day % 7 in {0, 2, 3}]
    usual = Activity(None, START, weeks, [41] * 240)
    recess = [count // 10 if day >= 200 else count for day, count in enumerate(weeks)]
    quiet = Activity(None, START, recess, [41] * 240)
    told, put_off = (expected(days, one, after(240)).silent for one in (usual, quiet))
    assert (put_off - told).days > 14
    assert told < after(220)


def test_the_calendar_delays_an_alarm() -> None:
    start = dt.date(2025, 3, 3)
    christmas = dt.date(2025, 12, 24)
    days = [start + dt.timedelta(day) for day in range(298)]
    days = [day for day in days if day.weekday() < 5 and day < christmas]
    waits = []
    for country in ("DE", None):
        activity = Activity(country, start.toordinal(), (), ())
        rhythm = learn_rhythm(days, activity)
        assert rhythm is not None
        waits.append(expected_after(rhythm, activity, christmas).silent)
    assert waits[0] > waits[1]


def test_the_rest_of_an_earlier_year_may_be_listed_again() -> None:
    def is_open(day: int) -> bool:
        # Closed in every August.
        return after(day).weekday() < 5 and after(day).month != 8

    july = (dt.date(2027, 7, 30) - MONDAY).days
    found = expected([day for day in range(july + 1) if is_open(day)])
    assert found.by >= dt.date(2027, 8, 30)
    march = (dt.date(2027, 3, 15) - MONDAY).days
    found = expected([day for day in range(march + 1) if is_open(day)])
    assert found.silent <= dt.date(2027, 3, 24)


@examples(60)
@given(st.sets(st.integers(0, 700), min_size=MIN_DAYS, max_size=60), st.integers(0, 900))
def test_the_alarm_follows_the_expected_day_and_that_the_last_one(
    days: set[int], today: int
) -> None:
    activity = Activity("US", START, [5] * 800, [20] * 800)
    found = expected(sorted(days), activity, after(today))
    assert after(max(days)) == found.last < found.since
    assert found.last < found.by < found.silent <= found.last + dt.timedelta(MAX_WAIT_DAYS)
    assert found.releases >= 0


@pytest.mark.thorough
def test_real_offices_are_rarely_but_quickly_reported_as_silent(shared: Path) -> None:
    offices: dict[str, set[int]] = defaultdict(set)
    with (shared / "corpora/dev/rhythm/offices.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            offices[row["source"]].add(dt.date.fromisoformat(row["date"]).toordinal())
    start, end = min(map(min, offices.values())), max(map(max, offices.values()))
    counts = [sum(day in days for days in offices.values()) for day in range(start, end + 1)]
    known = [sum(min(days) < day for days in offices.values()) for day in range(start, end + 1)]
    activity = Activity("US", start, counts, known)
    alarms, years, waited = 0, 0.0, []
    for days in (sorted(found) for found in offices.values() if len(found) > 40):
        for number in range(30, len(days) - 1, 20):
            rhythm = learn_rhythm(map(dt.date.fromordinal, days[:number]), activity)
            assert rhythm is not None
            silent = expected_after(rhythm, activity, dt.date.fromordinal(end)).silent
            alarms += days[number] >= silent.toordinal()
            waited.append((silent.toordinal() - days[number - 1]) / 2.7)
        years += sum(later - day for day, later in pairwise(days[30:])) / 365.25 / 20
    assert alarms / years < 2
    assert sorted(waited)[len(waited) // 2] <= 5.5
