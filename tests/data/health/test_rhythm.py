"""A source is expected by its own rhythm: its weekdays, its gaps, its seasons."""

from __future__ import annotations

import csv
import datetime as dt
from collections import defaultdict
from itertools import pairwise
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from data.health.rhythm import FEWEST, expected_after

MONDAY = dt.date(2026, 3, 2)


def after(days: int) -> dt.date:
    return MONDAY + dt.timedelta(days=days)


def test_too_few_days_make_no_rhythm() -> None:
    assert expected_after(after(day) for day in range(FEWEST - 1)) is None
    assert expected_after([MONDAY] * 50) is None
    assert expected_after(after(day) for day in range(FEWEST)) is not None


def test_a_daily_source_is_late_after_a_day() -> None:
    expected = expected_after(after(day) for day in range(60))
    assert expected is not None
    assert (expected.by, expected.silent) == (after(60), after(61))


def test_a_weekend_is_no_silence_for_an_office() -> None:
    days = [after(day) for day in range(89) if after(day).weekday() < 5]
    assert days[-1].strftime("%a") == "Fri"
    expected = expected_after(days)
    assert expected is not None
    assert (expected.by.strftime("%a"), (expected.by - days[-1]).days) == ("Mon", 3)
    assert 3 < (expected.silent - days[-1]).days < 7


def test_a_weekly_source_has_its_weeks() -> None:
    expected = expected_after(after(7 * week) for week in range(30))
    assert expected is not None
    assert after(7 * 30) <= expected.by < after(7 * 31)
    assert after(7 * 31) <= expected.silent <= after(7 * 32)


def test_the_rest_of_an_earlier_year_may_come_again() -> None:
    def open_on(day: int) -> bool:
        # Closed in every August.
        return after(day).weekday() < 5 and after(day).month != 8

    july = (dt.date(2028, 7, 31) - MONDAY).days
    expected = expected_after(after(day) for day in range(july + 1) if open_on(day))
    assert expected is not None
    assert expected.by >= dt.date(2028, 8, 30)
    march = (dt.date(2028, 3, 15) - MONDAY).days
    expected = expected_after(after(day) for day in range(march + 1) if open_on(day))
    assert expected is not None
    assert expected.by <= dt.date(2028, 3, 20)
    assert expected.silent <= dt.date(2028, 3, 27)


@given(st.sets(st.integers(0, 4000), min_size=FEWEST, max_size=60))
def test_the_alarm_comes_after_what_is_expected_and_that_after_the_last(days: set[int]) -> None:
    expected = expected_after(map(after, days))
    assert expected is not None
    assert after(max(days)) <= expected.by < expected.silent
    assert (expected.silent - after(max(days))).days <= 1001


def test_real_offices_are_seldom_called_silent_and_never_for_long(shared: Path) -> None:
    offices: dict[str, set[dt.date]] = defaultdict(set)
    with (shared / "corpora/dev/rhythm/offices.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            offices[row["source"]].add(dt.date.fromisoformat(row["date"]))
    alarms = 0
    waited = []
    years = 0.0
    for days in (sorted(found) for found in offices.values() if len(found) > 40):
        for count in range(30, len(days) - 1, 3):
            expected = expected_after(days[: count + 1])
            assert expected is not None
            alarms += days[count + 1] >= expected.silent
            waited.append((expected.silent - days[count]).days)
        years += sum((later - day).days for day, later in pairwise(days[30:])) / 365.25 / 3
    assert alarms / years < 1
    assert sorted(waited)[len(waited) // 2] <= 21
