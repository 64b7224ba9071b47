"""Days in web addresses."""

from __future__ import annotations

import datetime as dt

import pytest

from data.dates.address_days import AddressDay, address_days, year_of_day


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("/2020/10/01/plan.html", [AddressDay(2020, 10, 1)]),
        ("/202010/t20201001_580.html", [AddressDay(2020, 10), AddressDay(2020, 10, 1)]),
        ("/news/2020-10-1-plan", [AddressDay(2020, 10, 1)]),
        ("/news/2020/plan-for-12-piers", [AddressDay(2020)]),
        ("/info/20201001153000123.shtml", [AddressDay(2020, 10, 1)]),
        ("/202010/01/plan", [AddressDay(2020, 10, 1)]),
        ("/2020/13/plan", [AddressDay(2020)]),
        ("/2020/1001/c580.html", [AddressDay(2020, 10, 1)]),
        ("/2020/1301/c580.html", [AddressDay(2020)]),
        ("/show?date=2020-10-01&id=7", [AddressDay(2020, 10, 1)]),
        ("/article/120201/1850-1945", []),
    ],
)
def test_an_address_names_days_months_and_years(path: str, found: list[AddressDay]) -> None:
    assert [*address_days(f"https://2019.board.example{path}")] == found


def test_a_day_agrees_with_as_much_as_an_address_names() -> None:
    day = dt.date(2020, 10, 1)
    assert AddressDay(2020).agrees(day)
    assert AddressDay(2020, 10).agrees(day)
    assert AddressDay(2020, 10, 1).agrees(day)
    assert not AddressDay(2020, 10, 2).agrees(day)
    assert not AddressDay(2020, 1).agrees(day)
    assert not AddressDay(2001).agrees(day)


def test_a_long_address_is_read_in_part() -> None:
    assert len(address_days("https://board.example/" + "2020-10-01/" * 10_000)) <= 8


@pytest.mark.parametrize(
    ("path", "year"),
    [
        ("/art/2026/6/25/art_12_1.html", 2026),
        ("/news/202606/t20260625_71.html", 2026),
        ("/2026/06/lamps/", 2026),
        ("/news/2026/new-lamps/", 2026),
        ("/news/2026/07/lamps/", None),
        ("/2025/2026/lamps/", None),
        ("/news/budget-2027/", None),
        ("/news/lamps-of-2026", None),
        ("/news/71", None),
    ],
)
def test_the_year_of_a_month_and_day_is_that_of_an_address_with_the_same_month_or_none(
    path: str, year: int | None
) -> None:
    assert year_of_day(f"https://board.example{path}", 6, 25) == year
