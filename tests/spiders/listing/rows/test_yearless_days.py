"""Days without a year in a list get their year from headings, or because they are recent."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from data.dates.context import DateContext
from spiders.listing.read import read_listing
from spiders.page.page import Page

TITLES = ("Second lock opens to larger ships", "New fees for small boats", "Old anchor recovered")


def days(rows: str, language: str = "en") -> list[str]:
    html = f"<html lang={language}><body><h1>Notices</h1>{rows}</body></html>"
    context = DateContext("UTC", now=dt.datetime(2026, 5, 1, tzinfo=dt.UTC))
    page = Page("https://port.example/notices", html.encode(), "text/html; charset=utf-8")
    return [item.day for item in read_listing(page, context).items]


def listed(dates: Sequence[str], first: int = 0, attributes: str = "") -> str:
    """A list with a row per date."""
    rows = (
        f"<li><a href=/notices/{first + n}>{TITLES[n % 3]}</a> <i {attributes}>{date}</i>"
        for n, date in enumerate(dates)
    )
    return f"<ul>{''.join(rows)}</ul>"


def test_days_in_digits_below_a_year_are_read_in_the_order_of_the_page() -> None:
    two_years = f"<h2>2026</h2>{listed(['(12/3)', '(11/3)'])}<h2>2025</h2>{listed(['(30/12)'], 5)}"
    assert days(two_years, "vi") == ["2026-03-12", "2026-03-11", "2025-12-30"]
    dotted = f"<h2>2026</h2>{listed(['12.4.', '9.4.', '1.4.'])}"
    assert days(dotted, "de") == ["2026-04-12", "2026-04-09", "2026-04-01"]


def test_a_few_digits_or_digits_without_a_year_are_not_days() -> None:
    assert days(f"<h2>2026</h2>{listed(['1/2', '2/2', '1/2'])}", "de") == ["", "", ""]
    assert days(listed(["12/3", "11/3", "10/3"]), "de") == ["", "", ""]


def test_days_without_a_year_above_days_of_earlier_years_are_recent() -> None:
    assert days(listed(["Apr 12", "Jun 3", "Mar 9, 2025"])) == [
        "2026-04-12",
        "2025-06-03",
        "2025-03-09",
    ]


def test_days_without_a_year_stay_unknown_below_or_beside_days_with_one() -> None:
    assert days(listed(["Mar 9, 2025", "Apr 12", "Jan 3, 2025"])) == [
        "2025-03-09",
        "",
        "2025-01-03",
    ]
    assert days(listed(["Apr 12", "Mar 9, 2026", "Jan 3, 2026"])) == [
        "",
        "2026-03-09",
        "2026-01-03",
    ]


def test_the_time_ago_of_a_weblog_is_recent() -> None:
    assert days(listed(["Apr 12", "Mar 3", "Dec 9"], attributes="data-hook=time-ago")) == [
        "2026-04-12",
        "2026-03-03",
        "2025-12-09",
    ]
