"""The day of publication, where machines are told another one than readers are."""

from __future__ import annotations

import datetime as dt

import pytest

from data.dates.context import DateContext
from data.models import Published
from spiders.page.page import Page
from spiders.release.read import read_release

NOW = dt.datetime(2026, 5, 1, tzinfo=dt.UTC)
TEXT = (
    "<p>The harbour authority of Lower Merrow has opened its second lock to ships of up to ninety "
    "metres, after four years of work and two winters in which the basin froze over.</p><p>The "
    "director thanked the divers, who had worked in the dark, and said that the old lock would be "
    "kept for small craft, for the school and for the lifeboat.</p>"
)


def published(stated: str, shown: str, path: str = "/news/7", zone: str = "UTC") -> Published:
    head = f'<meta property="article:published_time" content="{stated}"><title>Lock opens</title>'
    html = f"<html><head>{head}</head><body><h1>Lock opens</h1><p>{shown}</p>{TEXT}"
    found = read_release(
        Page(f"https://merrow.example{path}", html.encode()), DateContext(zone, now=NOW)
    ).content.published
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("stated", "shown", "path", "day", "precision"),
    [
        # In the evening of UTC it is the next day in the east, in its morning the last in the west.
        ("2026-03-02T22:30:00Z", "3 March 2026", "/news/7", 3, "day"),
        ("2026-03-02T03:30:00Z", "1 March 2026", "/news/7", 1, "day"),
        ("2026-03-02T22:30:00Z", "", "/2026/03/03/lock", 3, "day"),
        # What readers see is the same, or no day that it can be anywhere.
        ("2026-03-02T22:30:00Z", "2 March 2026", "/news/7", 2, "second"),
        ("2026-03-02T22:30:00Z", "12 March 2026", "/news/7", 2, "second"),
        ("2026-03-02T22:30:00Z", "2 March 2026</p><p>3 March 2026", "/news/7", 2, "second"),
    ],
)
def test_an_instant_in_utc_is_of_the_day_that_readers_see(
    stated: str, shown: str, path: str, day: int, precision: str
) -> None:
    found = published(stated, shown, path)
    assert (found.day, found.precision) == (dt.date(2026, 3, day), precision)


def test_an_instant_stands_where_the_zone_of_the_source_is_known() -> None:
    found = published("2026-03-02T22:30:00Z", "3 March 2026", zone="Asia/Baku")
    assert (found.day, found.precision) == (dt.date(2026, 3, 3), "second")


@pytest.mark.parametrize(
    ("stated", "shown", "told"),
    [
        # What Drupal writes of a date without an hour.
        ("2026-03-02T12:00:00Z", "2 March 2026", "2026-03-02"),
        ("2026-03-02T12:00:00Z", "2 March 2026, 13:00", "2026-03-02T13:00:00+01:00"),
        ("2026-03-02T12:00:00Z", "noon", "2026-03-02T13:00:00+01:00"),
        ("2026-03-02T12:00:01Z", "2 March 2026", "2026-03-02T13:00:01+01:00"),
    ],
)
def test_noon_in_utc_beside_a_day_alone_claims_no_hour(stated: str, shown: str, told: str) -> None:
    shown = f'<time datetime="{stated}">{shown}</time>'
    html = f"<html><head><title>Lock opens</title></head><body><h1>Lock opens</h1>{shown}{TEXT}"
    page = Page("https://merrow.example/news/7", html.encode())
    found = read_release(page, DateContext("Europe/Oslo", now=NOW)).content.published
    assert found is not None
    assert found.iso == told


@pytest.mark.parametrize(
    "around",
    [
        '<footer><p class="date">2 March 2026</p></footer>',
        '<div class="foot"><span class="date">2 March 2026</span> Harbour Board</div>',
        '<div id="footer"><time datetime="2026-03-02">2 March 2026</time></div>',
        '<p><a href="/files/tides.pdf">Tides of 2 March 2026</a></p>',
    ],
)
def test_neither_a_footer_nor_a_file_dates_a_release(around: str) -> None:
    text = "<p>The board counted 37 ships in its basins, and eleven of them came from the east.</p>"
    html = f"<html><body><h1>Ships counted</h1><div>{text * 3}</div>{around}</body></html>"
    page = Page("http://harbour.example/ships", html.encode())
    reading = DateContext("UTC", now=dt.datetime(2026, 5, 2, tzinfo=dt.UTC))
    assert read_release(page, reading).content.published is None
    dated = html.replace("</h1>", '</h1><p class="date">7 March 2026</p>')
    found = read_release(Page(page.url, dated.encode()), reading).content.published
    assert found is not None
    assert found.day == dt.date(2026, 3, 7)
