"""The order of day, month and year in a list is decided by all of its dates."""

from __future__ import annotations

import datetime as dt

import pytest

from data.dates.day_order import Order, Row, order_of_list

TODAY = dt.date(2026, 5, 2)


def rows(order: str, days: list[dt.date]) -> list[Row]:
    """Days as three numbers, the year with two digits."""
    parts = [{"Y": day.year % 100, "M": day.month, "D": day.day} for day in days]
    return [(one[order[0]], one[order[1]], one[order[2]]) for one in parts]


def days(count: int, step: int) -> list[dt.date]:
    """Days of a list, the newest first."""
    return [dt.date(2026, 4, 28) - dt.timedelta(days=number * step) for number in range(count)]


@pytest.mark.parametrize("order", ["DMY", "MDY", "YMD"])
@pytest.mark.parametrize(("count", "step"), [(20, 3), (8, 9), (6, 17)])
def test_a_list_shows_its_own_order(order: Order, count: int, step: int) -> None:
    listed = days(count, step)
    assert order_of_list(rows(order, listed), TODAY) == order
    assert order_of_list(rows(order, listed[::-1]), TODAY) == order
    pinned = [listed[-1], *listed[:-1]]
    assert order_of_list(rows(order, pinned), TODAY) in {order, None}


def test_days_of_one_month_leave_no_doubt_of_a_year_that_comes_first() -> None:
    assert order_of_list([(26, 3, 24), (26, 3, 20), (26, 3, 15), (26, 3, 9)], TODAY) == "YMD"


def test_a_few_dates_decide_nothing() -> None:
    assert order_of_list([(26, 3, 4), (26, 3, 3)], TODAY) is None
    assert order_of_list([], TODAY) is None
    assert order_of_list([(4, 4, 4)] * 5, TODAY) is None
