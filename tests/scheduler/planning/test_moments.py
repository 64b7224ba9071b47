"""When a release was published, as far as a page and a visit tell."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from data.models import PublicationTime
from scheduler.planning.moments import MONDAY, WEEK, minute_of, moments_of

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
        assert minute_of(at, OSLO) % WEEK == 9.5 * 60, "both are Mondays"


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
