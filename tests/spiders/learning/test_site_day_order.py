"""A listing page shows in which order it writes day and month."""

from __future__ import annotations

import datetime as dt

import pytest

from spiders.learning.site_day_order import listed_order
from spiders.listing.rows.flat_page import FlatPage
from spiders.page.page import Page

TODAY = dt.date(2026, 11, 25)


def page(*dates: str) -> Page:
    rows = "".join(f"<li><i>{one}</i> <a href='/{n}'>Notice {n}</a>" for n, one in enumerate(dates))
    return Page("https://weir.example/news/", f"<html><ul>{rows}</ul>".encode(), "text/html")


@pytest.mark.parametrize(
    ("dates", "order"),
    [
        (["24/03/2026", "03/02/2026"], "DMY"),
        (["03/24/2026", "02/03/2026"], "MDY"),
        (["24-\n   03-\n 2026", "03-02-2026"], "DMY"),
        (["٢٤/٠٣/٢٠٢٦", "03/02/2026"], "DMY"),
        (["<img src=a.png alt='24/03/2026'>", "03/02/2026"], "DMY"),
    ],
)
def test_dates_in_numbers_show_the_order(dates: list[str], order: str) -> None:
    assert listed_order(page(*dates), TODAY) == order


def test_a_page_without_numeric_dates_is_not_flattened(monkeypatch: pytest.MonkeyPatch) -> None:
    def flatten(_: Page) -> FlatPage:
        raise AssertionError("the page was laid flat")

    monkeypatch.setattr("spiders.learning.site_day_order.flatten", flatten)
    assert listed_order(page("2026-03-24", "3 February 2026", "2026年3月1日"), TODAY) is None
