"""What a page shows to no eye opens no body: labels for screen readers, data for programs."""

from __future__ import annotations

import datetime as dt

import pytest

from data.dates.context import DateContext
from spiders.page.page import Page
from spiders.release.read import read_release

READING = DateContext("UTC", now=dt.datetime(2026, 11, 20, tzinfo=dt.UTC))
FIRST = (
    "The Harbour Board of Lindmouth will light a second lamp on the northern mole, and the pilots "
    "who had asked for it since the storms of last winter are content."
)
LAST = (
    "Harbour master Odile Brandt said that work begins on Monday and ends before the first ferries "
    "of the summer leave for the eastern ports, which is in May."
)
HIDDEN = {
    "display none": '<div style="display: none">Lamp feature archive, board internal</div>',
    "visibility": '<p style="color:red;visibility:hidden">Lamp feature archive, board internal</p>',
    "hidden": "<div hidden>Lamp feature archive, board internal</div>",
    "dialog": '<div class="modal" aria-hidden="true"><p>Lamp feature archive</p><p>Close</p></div>',
    "microdata": '<div itemprop="publisher" itemscope class="hidden"><span itemprop="name">Lamp '
    'feature archive</span><meta itemprop="url" content="https://harbour.example"></div>',
    "bootstrap": '<p class="d-none">Lamp feature archive, board internal</p>',
    "drupal": '<h2 class="element-invisible">Lamp feature archive</h2>',
    "wordpress": '<p class="screen-reader-text">Lamp feature archive, board internal</p>',
    "gov.uk": '<p class="govuk-visually-hidden">Lamp feature archive, board internal</p>',
    "template": "<template><p>Lamp feature archive, board internal</p></template>",
    "within a line": f'<p><span class="sr-only">Lamp feature archive: </span>{LAST}</p>',
}


def page(inside: str, headline: str = "Second lamp for the mole") -> str:
    """A release page with this in its body."""
    return (
        "<html><head><title>Second lamp for the mole</title></head><body>"
        '<ul class="nav"><li><a href="/">Home</a></li><li><a href="/t">Tides</a></li></ul>'
        f'<div class="article"><h1>{headline}</h1><span class="date">2 March 2026</span>'
        f'<div class="text">{inside}</div></div><div class="foot">Lindmouth</div></body></html>'
    )


def body_of(html: str) -> tuple[str, str]:
    """The text and HTML of the body that is read."""
    found = read_release(Page("https://harbour.example/1", html.encode()), READING).content
    return found.body_text, found.body_html


@pytest.mark.parametrize("part", HIDDEN.values(), ids=HIDDEN)
def test_hidden_parts_are_not_text_of_a_release(part: str) -> None:
    text, html = body_of(page(f"{part}<p>{FIRST}</p><p>{LAST}</p>"))
    assert "feature archive" not in text
    assert "feature archive" not in html
    assert text.endswith(f"{FIRST}\n\n{LAST}")


SHOWN = {
    "on wide screens": f'<div class="d-none d-md-block"><p>{LAST}</p></div>',
    "on wide screens by Tailwind": f'<div class="hidden lg:block"><p>{LAST}</p></div>',
    "when it is found": f'<div hidden="until-found"><p>{LAST}</p></div>',
    "when it is unfolded": f'<div style="display:none"><p>{LAST}</p><p>{FIRST}</p><p>{LAST}</p>'
    f"<p>{FIRST}</p><p>{LAST}</p></div>",
    "a class that only sounds so": f'<div class="hide-and-seek"><p>{LAST}</p></div>',
}


@pytest.mark.parametrize("part", SHOWN.values(), ids=SHOWN)
def test_text_that_appears_within_the_time_limit_is_read(part: str) -> None:
    assert LAST in body_of(page(f"<p>{FIRST}</p>{part}"))[0]


def test_a_page_whose_whole_text_is_hidden_until_a_script_runs_is_read() -> None:
    text, _ = body_of(
        page(f"<p>{FIRST}</p><p>{LAST}</p>").replace("<body>", '<body style="display:none">')
    )
    assert text == f"{FIRST}\n\n{LAST}"


def test_a_headline_for_screen_readers_is_the_title() -> None:
    html = page(f"<p>{FIRST}</p><p>{LAST}</p>").replace("<h1>", '<h1 class="sr-only">')
    read = read_release(Page("https://harbour.example/1", html.encode()), READING).content
    assert read.title == "Second lamp for the mole"


def test_a_heading_of_the_first_level_opens_no_body() -> None:
    html = page(f"<h1>News of the board</h1><p>{FIRST}</p><p>{LAST}</p>")
    assert body_of(html)[0] == f"{FIRST}\n\n{LAST}"
