"""The publication rate of a source per minute of the week, learned from its releases."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from data.models import PublicationTime
from scheduler.planning.intensity import (
    DAY_MINUTES,
    MONDAY,
    WEEK_MINUTES,
    Moments,
    counts_of,
    minute_of,
    mixture,
    moments_of,
    weekly_intensity,
)

NOON = 12 * 60


def moments(*minutes: float) -> Moments:
    """Releases at minutes, each known exactly."""
    return Moments(np.array(sorted(minutes), float), np.ones(len(minutes)))


def daily(minute: float, weeks: int, days: int = 5) -> list[float]:
    """The same minute of the first days of so many weeks."""
    return [
        week * WEEK_MINUTES + day * DAY_MINUTES + minute
        for week in range(weeks)
        for day in range(days)
    ]


def test_an_unknown_source_is_assumed_to_keep_office_hours() -> None:
    week = weekly_intensity(moments(), 0.0)
    assert week.sum() == pytest.approx(1), "a release a week, until more is known"
    assert week[NOON] > 3 * week[3 * 60]
    assert week[NOON] > 3 * week[5 * DAY_MINUTES + NOON]
    assert week.min() > 0


def test_the_minute_at_which_a_source_always_publishes_is_prominent() -> None:
    week = weekly_intensity(moments(*daily(7 * 60 + 20, 30)), 30.0 * WEEK_MINUTES)
    assert week.sum() == pytest.approx(5, rel=0.1), "as many as it published"
    at = DAY_MINUTES + 7 * 60 + 20
    assert week[at] > 10 * week[at - 20]
    assert week[at] > 100 * week[DAY_MINUTES + 3 * 60]
    assert week[at] > 10 * week[5 * DAY_MINUTES + 7 * 60 + 20], "not on Saturdays"


def test_morning_and_afternoon_minutes_are_learned_separately() -> None:
    both = [*daily(7 * 60 + 20, 30), *daily(16 * 60, 30)]
    week = weekly_intensity(moments(*both), 30.0 * WEEK_MINUTES)
    assert week[7 * 60 + 20] > 2 * week[7 * 60]
    assert week[16 * 60] > 2 * week[16 * 60 + 20]


def test_round_minutes_count_in_hours_with_little_data() -> None:
    hours = np.random.default_rng(1).integers(8, 18, 200)
    on_the_hour = [
        week * WEEK_MINUTES + 2 * DAY_MINUTES + 60.0 * hours[week] for week in range(200)
    ]
    week = weekly_intensity(moments(*on_the_hour), 200.0 * WEEK_MINUTES)
    assert week[2 * DAY_MINUTES + 11 * 60] > 5 * week[2 * DAY_MINUTES + 11 * 60 + 25]


def test_old_releases_count_less() -> None:
    moved = [*daily(9 * 60, 60), *(60 * WEEK_MINUTES + at for at in daily(16 * 60, 60))]
    week = weekly_intensity(moments(*moved), 120.0 * WEEK_MINUTES)
    assert week[16 * 60] > 3 * week[9 * 60]


def test_a_silent_source_is_expected_to_publish_less_over_time() -> None:
    known = moments(*daily(9 * 60, 20))
    sums = [weekly_intensity(known, weeks * float(WEEK_MINUTES)).sum() for weeks in (20, 40, 80)]
    assert sums == sorted(sums, reverse=True)
    assert sums[-1] < sums[0] / 4


def test_a_release_announced_for_later_is_not_counted() -> None:
    known = daily(9 * 60, 20)
    now = 20.0 * WEEK_MINUTES
    ahead = weekly_intensity(moments(*known, now + 60, now + 500 * WEEK_MINUTES), now)
    assert np.array_equal(ahead, weekly_intensity(moments(*known), now))


def test_a_new_source_is_assumed_to_be_like_others() -> None:
    now = 20.0 * WEEK_MINUTES
    others = counts_of(moments(*daily(6 * 60, 20) * 5), now)
    young = moments(now - 2 * DAY_MINUTES + 6 * 60)
    alone, among = weekly_intensity(young, now), weekly_intensity(young, now, others)
    assert among[6 * 60] > 2 * alone[6 * 60]
    assert among.sum() == pytest.approx(alone.sum())


def test_the_profile_with_the_best_predictions_counts_most() -> None:
    foretold = np.array([[1.0, 3.0, 0.0], [1.0, 5.0, 0.0], [1.0, 0.1, 0.0]])
    even, best, never = mixture(foretold, np.ones(3), np.full(3, 1 / 3))
    assert best > even > never > 0
    assert even + best + never == pytest.approx(1)


OSLO = ZoneInfo("Europe/Oslo")
LONG_AFTER = dt.datetime(2026, 6, 1, tzinfo=dt.UTC)


def hours(time: PublicationTime) -> list[float]:
    """The hours of the day of the points of one release, on the clock of Oslo."""
    found = moments_of([time], OSLO)
    assert found.parts.sum() == pytest.approx(1)
    return [float(minute % (24 * 60) / 60) for minute in found.minutes]


def test_a_stated_time_is_one_point_in_the_time_zone_of_the_source() -> None:
    summer = dt.datetime(2026, 7, 6, 7, 30, tzinfo=dt.UTC)
    winter = dt.datetime(2026, 1, 5, 8, 30, tzinfo=dt.UTC)
    for at in (summer, winter):
        assert hours(PublicationTime(at, "second", LONG_AFTER)) == [9.5]
        assert minute_of(at, OSLO) % WEEK_MINUTES == 9.5 * 60, "both are Mondays"


def test_a_release_seen_on_a_later_day_is_spread_over_office_hours() -> None:
    noon = dt.datetime(2026, 3, 3, 11, tzinfo=dt.UTC)
    assert hours(PublicationTime(noon, "day", LONG_AFTER)) == [9, 11, 13, 15, 17]


def test_a_release_seen_on_its_day_was_published_before_the_visit() -> None:
    noon = dt.datetime(2026, 3, 3, 11, tzinfo=dt.UTC)
    seen = dt.datetime(2026, 3, 3, 15, tzinfo=dt.UTC)
    found = hours(PublicationTime(noon, "day", seen))
    assert 15 < min(found) <= max(found) < 16
    soon = dt.datetime(2026, 3, 2, 23, 20, tzinfo=dt.UTC)
    assert min(hours(PublicationTime(noon, "day", soon))) > 0, "not on the day before"


def test_a_release_without_a_date_was_published_before_it_was_seen() -> None:
    seen = dt.datetime(2026, 3, 3, 15, tzinfo=dt.UTC)
    found = hours(PublicationTime(seen, "none", seen))
    assert 15 < min(found) <= max(found) < 16


def test_points_are_sorted_and_can_be_cut_at_a_minute() -> None:
    days = [dt.datetime(2026, 3, day, 11, tzinfo=dt.UTC) for day in (9, 3, 5)]
    found = moments_of([PublicationTime(day, "second", day) for day in days], OSLO)
    assert list(found.minutes) == sorted(found.minutes)
    assert len(found.before(float(found.minutes[2])).minutes) == 2
    assert moments_of([], OSLO).minutes.size == 0
    assert np.isfinite(found.minutes).all()
    assert MONDAY.weekday() == 0
