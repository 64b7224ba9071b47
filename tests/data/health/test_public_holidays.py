"""The country of a time zone, and the days on which it rests."""

from __future__ import annotations

import datetime as dt

import pytest

from data.health.activity import country_of, public_holidays


@pytest.mark.parametrize(
    ("zone", "country"),
    [("Europe/Paris", "FR"), ("America/New_York", "US"), ("UTC", None), ("+04:00", None)],
)
def test_zones_belong_to_the_countries_of_zone_tab(zone: str, country: str | None) -> None:
    assert country_of(zone) == country


def test_holidays_are_known_by_country_and_year() -> None:
    assert dt.date(2026, 7, 14).toordinal() in public_holidays("FR", 2026)
    assert dt.date(2026, 7, 14).toordinal() not in public_holidays("US", 2026)
    assert public_holidays("XX", 2026) == frozenset()
