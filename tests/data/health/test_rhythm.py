"""The rhythm of a source is learned from its days, and from what its country did on them."""

from __future__ import annotations

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from data.health.activity import Activity
from data.health.rhythm import MIN_DAYS, days_of_year, learn_rhythm
from data.models import Rhythm
from tests.examples import examples

MONDAY = dt.date(2026, 3, 2)
START = MONDAY.toordinal()
ALONE = Activity(None, START, (), ())


def after(days: int) -> dt.date:
    return MONDAY + dt.timedelta(days=days)


def learned(days: list[int], activity: Activity = ALONE) -> Rhythm:
    rhythm = learn_rhythm(map(after, days), activity)
    assert rhythm is not None
    return rhythm


def test_too_few_days_make_no_rhythm() -> None:
    assert learn_rhythm([], ALONE) is None
    assert learn_rhythm([after(day) for day in range(MIN_DAYS - 1)], ALONE) is None
    assert learn_rhythm([MONDAY] * 50, ALONE) is None
    assert learn_rhythm([after(day) for day in range(MIN_DAYS)], ALONE) is not None


def test_the_rate_and_the_weekdays_of_a_source_are_learned() -> None:
    weekly = learned([7 * week for week in range(60)])
    assert 40 < days_of_year(weekly.hazards) < 65
    assert weekly.hazards[0] > 10 * weekly.hazards[3]
    daily = learned([day for day in range(200) if day % 7 < 5])
    assert days_of_year(daily.hazards) > 230
    assert (weekly.first, weekly.last) == (MONDAY, after(7 * 59))


def test_a_day_with_many_releases_counts_once() -> None:
    assert learned([0, 3, 3, 3, 7, 9, 14, 14]) == learned([0, 3, 7, 9, 14])


def test_old_days_decay() -> None:
    slower = [*range(100), *range(100, 500, 10)]
    faster = [*range(0, 400, 10), *range(400, 500)]
    assert days_of_year(learned(slower).hazards) < 100 < days_of_year(learned(faster).hazards)


def test_a_new_source_is_assumed_to_be_like_its_country() -> None:
    days = [0, 3, 7, 9, 14]
    busy = Activity(None, START - 70, [36] * 100, [40] * 100)
    idle = Activity(None, START - 70, [2] * 100, [40] * 100)
    assert days_of_year(learned(days, busy).hazards) > days_of_year(learned(days, idle).hazards)


def test_the_power_of_following_other_sources_is_learned() -> None:
    # In every fifth week the country publishes half as much; one source stops, one never does.
    quiet = [day // 7 % 5 == 4 for day in range(350)]
    counts = [10 if rest else 24 for rest in quiet]
    activity = Activity(None, START, counts, [41] * 350)
    steady = learned(list(range(0, 350, 2)), activity)
    closing = learned([day for day in range(0, 350, 2) if not quiet[day]], activity)
    assert steady.follows < 0.7
    assert closing.follows > 1.3


def test_a_wait_reported_as_silence_is_remembered_as_a_rest() -> None:
    days = [day for day in range(150) if not 90 <= day < 120]
    assert learned(days).rests == ((after(90), after(119)),)
    assert learned(list(range(90))).rests == ()


@examples(60)
@given(st.sets(st.integers(0, 3000), min_size=MIN_DAYS, max_size=60))
def test_any_days_give_a_rhythm_with_finite_probabilities(days: set[int]) -> None:
    rhythm = learn_rhythm(map(after, days), Activity("GB", START, [3] * 900, [9] * 900))
    if rhythm is None:
        # They are too far from each other.
        assert sum(day > max(days) - 761 for day in days) < MIN_DAYS
    else:
        assert all(0 < one < 50 for one in rhythm.hazards)
        assert rhythm.last == after(max(days))
