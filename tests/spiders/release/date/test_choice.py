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


def test_a_time_is_shown_if_the_zone_of_the_source_is_known() -> None:
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
    context = DateContext("UTC", now=dt.datetime(2026, 5, 2, tzinfo=dt.UTC))
    assert read_release(page, context).content.published is None
    dated = html.replace("</h1>", '</h1><p class="date">7 March 2026</p>')
    found = read_release(Page(page.url, dated.encode()), context).content.published
    assert found is not None
    assert found.day == dt.date(2026, 3, 7)


def dated(html: str, url: str = "https://harbour.example/news/7") -> str | None:
    """The date of a page as ISO has it."""
    context = DateContext("UTC", now=NOW)
    found = read_release(Page(url, html.encode()), context).content.published
    return found.iso[:10] if found else None


@pytest.mark.parametrize(
    ("lang", "stated", "shown", "day"),
    [
        # Day and month in figures may be read in two ways by readers, but not by machines.
        ("en-US", "2026-02-01T08:00:00+00:00", "01/02/2026", "2026-02-01"),
        ("en-US", "2026-02-01", "01-02-26", "2026-02-01"),
        ("fr", "2026-02-01", "02/01/2026", "2026-02-01"),
        ("pt-BR", "2026-02-01", "01/02/2026", "2026-02-01"),
        # Dots are day first everywhere, and words leave no doubt.
        ("en-US", "2026-02-01", "02.01.2026", "2026-01-02"),
        ("en-US", "2026-02-01", "January 2, 2026", "2026-01-02"),
        # A template that states the day of the visit is wrong.
        ("en-US", "2026-05-01T00:00:00Z", "01/02/2026", "2026-01-02"),
    ],
)
def test_the_date_for_machines_settles_day_and_month(
    lang: str, stated: str, shown: str, day: str
) -> None:
    time = f'<p><span class="date"><a href="/n"><time datetime="{stated}">{shown}</time></a></p>'
    html = f'<html lang="{lang}"><body><h1>Lock opens</h1>{time}<article>{TEXT}</article>'
    assert dated(html) == day


def test_the_address_of_a_picture_dates_no_release() -> None:
    caption = (
        "<figure><img src=/a.jpg><figcaption>The lock in winter. Picture: "
        "http://harbour.example/pub/p3/2015/10/12/lock-700.jpg</figcaption></figure>"
    )
    html = f"<html lang=en><body><h1>Lock opens</h1><div>{TEXT}{TEXT}{caption}<p>Thanks.</p></div>"
    assert dated(html) is None


def test_a_month_folder_shows_which_date_is_the_publication_date() -> None:
    others = "".join(
        f'<dl class="date"><dt>2026.04.{day}</dt><dd><a href="/n/{day}">Buoy {day} lit</a></dl>'
        for day in (30, 29, 28)
    )
    html = f"<html lang=en><body><div>2026.03.12</div><h1>Lock opens</h1>{TEXT}{others}"
    assert dated(html, "https://harbour.example/news/202603/lock/") == "2026-03-12"


@pytest.mark.parametrize(
    ("body", "line", "path", "day"),
    [
        ("<body id=news20260302_77>", "[03月02日 11時30分]", "/n/77", "2026-03-02"),
        ("<body>", "March 2", "/2026/03/lock-opens", "2026-03-02"),
        ("<body>", "2. März, 14:30", "/aktuell/2026/schleuse", "2026-03-02"),
        ("<body class='post y2026'>", "2 марта", "/n/77", None),
        ("<body>", "2 марта", "/2026/lock", "2026-03-02"),
        # Another month than the address, a day to come, a sentence, and no year at all.
        ("<body>", "April 2", "/2026/03/lock-opens", None),
        ("<body>", "2 December", "/2026/lock", None),
        ("<body>", "The lock opens to small craft on 2 March, at noon.", "/2026/lock", None),
        ("<body>", "March 2", "/n/77", None),
    ],
)
def test_a_day_without_a_year_has_that_of_the_page(
    body: str, line: str, path: str, day: str | None
) -> None:
    html = f"<html>{body}<h1>Lock opens</h1><p>{line}</p><div>{TEXT}{TEXT}</div>"
    assert dated(html, f"https://harbour.example{path}") == day


MONTHS = "".join(
    f'<li><a href="/archive/2026/0{month}"><time datetime="2026-0{month}-{day}">{name} 2026</time>'
    f"</a></li>"
    for month, day, name in ((4, "01", "April"), (3, "17", "March"), (2, "09", "February"))
)


@pytest.mark.parametrize("names", ["class=archives", "class=list", "id=months"])
def test_a_time_in_a_list_of_months_dates_no_release(names: str) -> None:
    html = f"<html><body><h1>Lock opens</h1><div>{TEXT}</div><ul {names}>{MONTHS}</ul>"
    assert dated(html) is None
    own = '<footer class=end><time datetime="2026-02-03">3 February 2026</time></footer>'
    html = f"<html><body><article><h1>Lock opens</h1>{TEXT}{own}</article><ul {names}>{MONTHS}</ul>"
    assert dated(html) == "2026-02-03"


@pytest.mark.parametrize(
    ("line", "day"),
    [
        ("[March 5, 2026] ", "2026-03-05"),
        ("【2026年3月5日】", "2026-03-05"),
        ("(Merrow, 5 March 2026) ", "2026-03-05"),
        ("[5] On 5 March 2026 ", None),
    ],
)
def test_a_date_in_brackets_deep_in_the_text_dates_a_release(line: str, day: str | None) -> None:
    paragraph = TEXT.partition("</p>")[0].removeprefix("<p>")
    deep = f"<p>{line}{paragraph}</p>"
    html = f"<html lang=en><body><h1>Lock opens</h1><div>{TEXT * 3}{deep}{TEXT * 3}</div>"
    assert dated(html) == day


def test_a_line_far_below_the_text_contains_the_publication_date() -> None:
    buttons = "".join(f"<li><a href=/s/{n}>Send by post {n}</a></li>" for n in range(9))
    below = "<p>Posted on 5 March 2026 by the press office</p>"
    html = f"<html lang=en><body><h1>Lock opens</h1><div>{TEXT * 3}</div><ul>{buttons}</ul>"
    assert dated(html + below) == "2026-03-05"
    others = "".join(f"<div><p>Posted on {n} March 2026</p></div>" for n in (2, 3, 4))
    assert dated(html + others) is None


@pytest.mark.parametrize(
    ("stated", "zone", "told"),
    [
        # Midnight in UTC is a day without an hour.
        ("2026-03-02T00:00:00+00:00", "America/New_York", "2026-03-02"),
        ("2026-03-02T00:00:00Z", "Europe/Oslo", "2026-03-02"),
        # Local time that is called UTC: readers see its day.
        ("2026-03-02T02:30:00Z", "America/New_York", "2026-03-02"),
        ("2026-03-02T22:30:00Z", "Asia/Tokyo", "2026-03-02"),
        # An instant in UTC, of the same day in the source's zone.
        ("2026-03-02T10:00:00Z", "America/New_York", "2026-03-02T05:00:00-05:00"),
    ],
)
def test_a_label_of_utc_yields_to_the_day_that_readers_see(
    stated: str, zone: str, told: str
) -> None:
    assert published(stated, "2 March 2026", zone=zone).iso == told


def test_midnight_in_utc_beside_a_day_alone_claims_no_hour() -> None:
    time = '<time datetime="2026-03-02 00:00:00+00:00">March 2, 2026</time>'
    html = f"<html><body><h1>Lock opens</h1>{time}{TEXT}</body></html>"
    context = DateContext("America/New_York", now=NOW)
    found = read_release(Page("https://merrow.example/n", html.encode()), context).content.published
    assert found
    assert found.iso == "2026-03-02"
