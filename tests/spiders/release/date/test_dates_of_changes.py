"""A date of a change never dates a release that states its own, wherever on the page it is.

The pages are invented: menus, cookie notices, sidebars and footers as sites have them, in languages
and scripts of many press rooms.
"""

from __future__ import annotations

import datetime as dt
import tomllib
from pathlib import Path

import pytest

from data.dates.context import DateContext
from data.models import Published
from spiders.page.page import Page
from spiders.release.read import read_release

NOW = dt.datetime(2026, 11, 25, tzinfo=dt.UTC)

PAGES = tomllib.loads(Path(__file__).with_name("dated_pages.toml").read_text("utf-8"))
"""For each language a headline, a paragraph, the date of publication, and a label of a change."""

PAGE = """<!DOCTYPE html><html lang="{lang}"><head><title>{headline}</title></head><body>
<div id="consent"><p>🍪</p><button>OK</button></div>
<div class="top"><a href="/">●</a> <ul class="menu"><li><a href="/a">A</a>
<li><a href="/b">B</a></ul>{above}</div>
<div class="page"><div class="inner"><h1>{headline}</h1>
{date}
<div class="text"><p>{text}<p>{text}<p>{text}</div>{after}
</div>{side}</div>
<div class="bottom"><p>© 2026 Saltmere</p>{bottom}<ul><li><a href="/c">C</a></ul></div></body>"""


def published(lang: str, **parts: str) -> Published | None:
    """The date that is read of a page in a language, with some ``parts`` of it."""
    empty = dict.fromkeys(("above", "date", "after", "side", "bottom"), "")
    html = PAGE.format(**{**empty, "lang": lang, **PAGES[lang], **parts})
    page = Page("https://saltmere.example/n/7", html.encode())
    return read_release(page, DateContext("UTC", now=NOW)).content.published


@pytest.mark.parametrize(
    ("part", "markup"),
    [
        ("bottom", "<p>{}</p>"),
        ("bottom", '<div class="info">{}</div>'),
        ("after", '<div class="files"><a href="/plan.pdf">PDF</a> ({})</div>'),
        ("side", '<aside class="sidebar"><p class="date">{}</p></aside>'),
        ("above", "<p>{}</p>"),
    ],
)
@pytest.mark.parametrize("date", ["<p>{}</p>", '<p><time datetime="2026-11-03">{}</time></p>'])
def test_a_change_stated_elsewhere_never_replaces_the_release_date(
    part: str, markup: str, date: str
) -> None:
    for lang, page in PAGES.items():
        parts = {"date": date.format(page["published"]), part: markup.format(page["changed"])}
        found = published(lang, **parts)
        assert found, lang
        assert found.day == dt.date(2026, 11, 3), lang


@pytest.mark.parametrize("lang", PAGES)
def test_a_change_in_the_own_block_never_replaces_the_release_date(lang: str) -> None:
    shown, changed = PAGES[lang]["published"], PAGES[lang]["changed"]
    for order in ("<p>{1}</p><p>{0}</p>", "<p>{0}</p><p><b>{1}</b></p>"):
        found = published(lang, date=order.format(shown, changed))
        assert found
        assert found.day == dt.date(2026, 11, 3)
    found = published(lang, date=f"<p>{shown}</p>", after=f'<p class="date">{changed}</p>')
    assert found
    assert found.day == dt.date(2026, 11, 3)


@pytest.mark.parametrize(
    ("part", "markup"),
    [
        ("bottom", "<p>Website last updated: 12 May 2025</p>"),
        ("bottom", "<footer>Last modified on 12 May 2025</footer>"),
        ("side", "<aside>Tide tables, updated 12 May 2025</aside>"),
        ("side", '<div class="sidebar"><h4>Update of the tide tables, 12 May 2025</h4></div>'),
        ("after", '<ul><li><a href="/t.pdf">Tide tables (PDF), updated 12 May 2025</a></ul>'),
        ("after", '<div id="comments"><p>Updated 12 May 2025 by Ann</p></div>'),
        ("headline", "Update of 12 May 2025: ferry pier reopens after the flood"),
    ],
)
def test_an_update_date_elsewhere_on_the_page_dates_no_release(part: str, markup: str) -> None:
    assert published("en", **{part: markup}) is None


@pytest.mark.parametrize(
    ("part", "markup"),
    [
        ("date", "<p>Last updated: 3 November 2026</p>"),
        ("date", "<p>As of: 3 November 2026</p>"),
        ("after", "<p>Last updated: 3 November 2026</p>"),
    ],
)
def test_an_update_date_in_the_releases_block_is_used_if_there_is_no_other_date(
    part: str, markup: str
) -> None:
    found = published("en", **{part: markup})
    assert found
    assert found.day == dt.date(2026, 11, 3)


def test_a_headline_that_mentions_an_update_is_not_a_label_of_the_next_date() -> None:
    found = published(
        "en",
        headline="Ferry pier update",
        date="<p>3 November 2026</p>",
        side='<div><p class="date">14 October 2026</p><h3><a href="/n/2">Tides</a></h3></div>',
    )
    assert found
    assert found.day == dt.date(2026, 11, 3)


def test_a_word_of_change_far_before_a_date_is_not_its_label() -> None:
    found = published(
        "en",
        date="<p>Last updated on the website by the press office of the port and its harbours. "
        "Published: 3 November 2026</p>",
        after="<p>Published 9 May 2025</p>",
    )
    assert found
    assert found.day == dt.date(2026, 11, 3)
