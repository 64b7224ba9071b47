"""Dates in figures are read by all that a release page shows of their order."""

from __future__ import annotations

import datetime as dt

import pytest

from data.dates.context import DateContext
from spiders.page.page import Page
from spiders.release.read import read_release
from tests.spiders.release.date.test_dates_of_changes import PAGES

NOW = dt.datetime(2026, 11, 25, tzinfo=dt.UTC)


def day(
    lang: str, line: str, *, path: str = "/n/7", host: str = "saltmere.example", more: str = ""
) -> str | None:
    """The day of a page without a stated language whose headline has a line below it."""
    page = PAGES[lang]
    html = (
        f"<html><head><title>{page['headline']}</title></head><body><table><tr><td>"
        f"<a href=/>●</a><tr><td align=center class=big>{page['headline']}<tr><td align=center>"
        f"{line}<tr><td><p>{page['text']}<p>{page['text']}<p>{page['text']}</table>{more}"
    )
    context = DateContext("UTC", now=NOW)
    found = read_release(Page(f"https://{host}{path}", html.encode()), context).content.published
    return found.iso[:10] if found else None


@pytest.mark.parametrize(
    ("lang", "line", "expected"),
    [
        # Years of two digits come first in Chinese, Japanese and Korean.
        ("zh", "| 19-01-07 | 【大 中 小】", "2019-01-07"),
        ("zh", "时间：20-12-06", "2020-12-06"),
        ("ja", "掲載日 19/01/07", "2019-01-07"),
        ("ko", "등록일 19.01.07", "2019-01-07"),
        # The words of the text tell the language of a page that does not state it.
        ("de", "07-01-19", "2019-01-07"),
        ("pl", "12-11-2008", "2008-11-12"),
        ("vi", "12-11-2008", "2008-11-12"),
        ("ru", "12/11/2008", "2008-11-12"),
        ("el", "12/11/2008", "2008-11-12"),
        # English alone tells nothing.
        ("en", "12-11-2008", None),
        ("en", "03/04/2025", None),
    ],
)
def test_the_language_of_a_text_decides_the_date_order(
    lang: str, line: str, expected: str | None
) -> None:
    assert day(lang, line) == expected


@pytest.mark.parametrize(
    ("line", "given", "expected"),
    [
        # The address.
        ("12-11-2008", {"path": "/2008/11/pier-reopens"}, "2008-11-12"),
        ("11/12/2008", {"path": "/2008-11-12-pier.html"}, "2008-11-12"),
        ("19-01-07", {"path": "/201901/t20190107_77.html"}, "2019-01-07"),
        ("19-01-07", {"path": "/2007/01/19/pier"}, "2007-01-19"),
        # The country of the host.
        ("12-11-2008", {"host": "port.saltmere.in"}, "2008-11-12"),
        ("12-11-2008", {"host": "port.saltmere.gov"}, "2008-12-11"),
        # Another date of the page, of which one number is no month.
        ("12-11-2008", {"more": "<ul><li><a href=/n/6>Tides</a> 25-10-2008</ul>"}, "2008-11-12"),
        ("11/12/2008", {"more": "<ul><li><a href=/n/6>Tides</a> 10/25/2008</ul>"}, "2008-11-12"),
        # No release is of a day to come.
        ("12/03/2026", {}, "2026-03-12"),
        ("03/12/2026", {}, "2026-03-12"),
        # What the page shows beside other numbers decides nothing.
        ("12-11-2008", {"more": "<p>Call 555-25-10 or 20-25-2008-1.</p>"}, None),
        ("12-11-2008", {"path": "/2008/pier"}, None),
    ],
)
def test_the_page_decides_the_order(line: str, given: dict[str, str], expected: str | None) -> None:
    assert day("en", line, **given) == expected


def test_metadata_decides_the_order_of_an_ambiguous_date_line() -> None:
    page = PAGES["en"]
    html = (
        '<html><head><meta name="date" content="2008-11-12"></head><body>'
        f"<h1>{page['headline']}</h1><p class=date>11/12/2008</p><p>{page['text']}</p>"
    )
    context = DateContext("UTC", now=NOW)
    found = read_release(Page("https://saltmere.example/n", html.encode()), context)
    assert found.content.published
    assert found.content.published.iso == "2008-11-12"


def test_the_order_of_the_source_is_used() -> None:
    page = PAGES["de"]
    html = f"<html lang=de><body><h1>{page['headline']}</h1><p>11/12/2008</p><p>{page['text']}</p>"
    context = DateContext("UTC", order="MDY", now=NOW)
    found = read_release(Page("https://saltmere.de/2008/12/11/n", html.encode()), context)
    assert found.content.published
    assert found.content.published.iso == "2008-11-12"


@pytest.mark.parametrize(
    "line",
    [
        "<div class=meta><span>11/26/08</span><span>9 Views</span></div>",
        "<div class=meta><span>Nov 26, 2008</span><b>9</b> <i>Views</i></div>",
        "<p><time>26 November 2008</time><span>120 reads</span></p>",
        "<p>No. <b>4</b><span>26.11.2008</span><span>9</span></p>",
    ],
)
def test_a_date_ends_at_its_element(line: str) -> None:
    assert day("en", line) == "2008-11-26"
