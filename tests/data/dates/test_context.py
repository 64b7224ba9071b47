"""The order of day, month and year in a list is decided by all of its dates."""

from __future__ import annotations

import datetime as dt

import pytest

from data.dates.address_days import address_days
from data.dates.context import ListedDate, Order, order_of_list

TODAY = dt.date(2026, 5, 2)


def rows(order: str, days: list[dt.date]) -> list[ListedDate]:
    """Days as three numbers, the year with two digits."""
    parts = [{"Y": day.year % 100, "M": day.month, "D": day.day} for day in days]
    return listed(*((one[order[0]], one[order[1]], one[order[2]]) for one in parts))


def listed(*numbers: tuple[int, int, int]) -> list[ListedDate]:
    """Dates of a list without links."""
    return [ListedDate(one) for one in numbers]


def days(count: int, step: int) -> list[dt.date]:
    """Days of a list, the newest first."""
    return [dt.date(2026, 4, 28) - dt.timedelta(days=number * step) for number in range(count)]


@pytest.mark.parametrize("order", ["DMY", "MDY", "YMD"])
@pytest.mark.parametrize(("count", "step"), [(20, 3), (8, 9), (6, 17)])
def test_a_list_shows_its_own_order(order: Order, count: int, step: int) -> None:
    shown = days(count, step)
    assert order_of_list(rows(order, shown), TODAY) == order
    assert order_of_list(rows(order, shown[::-1]), TODAY) == order
    pinned = [shown[-1], *shown[:-1]]
    assert order_of_list(rows(order, pinned), TODAY) in {order, None}


def test_days_of_one_month_prove_that_the_year_stands_first() -> None:
    assert order_of_list(listed((26, 3, 24), (26, 3, 20), (26, 3, 15), (26, 3, 9)), TODAY) == "YMD"


def test_a_few_dates_decide_nothing() -> None:
    assert order_of_list(listed((26, 3, 4), (26, 3, 3)), TODAY) is None
    assert order_of_list([], TODAY) is None
    assert order_of_list(listed(*[(4, 4, 4)] * 5), TODAY) is None


@pytest.mark.parametrize(
    ("order", "addresses"),
    [
        ("YMD", ["/2012/a.html", "/2011/b.html", "/2010/c.html"]),
        (
            "YMD",
            ["/201211/t20121110_1.html", "/201112/t20111209_2.html", "/201011/t20101108_3.html"],
        ),
        ("DMY", ["/2010/11/12/a", "/2009-12-11-b", "/08.11.2008/c?date=20081110"]),
        ("MDY", ["/news/2010/12/11/a", "/news/2009/11/12/b", "/news/2008/10/11/c"]),
    ],
)
def test_days_in_addresses_decide_between_orders_that_all_exist(
    order: Order, addresses: list[str]
) -> None:
    numbers = [(12, 11, 10), (11, 12, 9), (10, 11, 8)]
    found = [
        ListedDate(one, address_days(f"https://board.example{address}"))
        for one, address in zip(numbers, addresses, strict=True)
    ]
    assert order_of_list(found, TODAY) == order
    assert order_of_list(found[:1], TODAY) == order


def test_an_upload_date_in_every_address_decides_nothing() -> None:
    named = address_days("https://board.example/uploads/2025/05/a.pdf")
    found = [ListedDate((24, 3, 20 - n), named) for n in range(6)]
    assert order_of_list(found, TODAY) == order_of_list(
        [ListedDate(one.numbers) for one in found], TODAY
    )


def test_the_usual_order_decides_between_orders_that_fit_equally_well() -> None:
    # 2012 falling to 2009, or rising from 2009 to 2012.
    found = listed((12, 1, 9), (11, 2, 10), (10, 3, 11), (9, 4, 12))
    assert order_of_list(found, TODAY, "YMD") == "YMD"
    assert order_of_list(found, TODAY, "DMY") == "DMY"


def test_without_a_usual_order_the_list_that_falls_wins() -> None:
    assert order_of_list(listed((20, 10, 1), (19, 11, 2), (18, 12, 3), (17, 10, 4)), TODAY) == "YMD"
