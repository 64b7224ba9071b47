"""Boxes of other news and widgets are no part of a text, whether their lines are links or not."""

from __future__ import annotations

import datetime as dt

import pytest

from data.dates.context import DateContext
from data.languages.vocabulary import vocabulary
from spiders.page.page import Page
from spiders.release.read import read_release

READING = DateContext("UTC", now=dt.datetime(2026, 3, 2, tzinfo=dt.UTC))
RELATED = {tag: found for tag, one in vocabulary().items() if (found := one.headings.related)}
FIRST = (
    "The harbour authority of Lower Merrow has opened its second lock to ships of up to ninety "
    "metres, after four years of work."
)
LAST = "The old lock will be kept for small craft, for the school and for the lifeboat."
TEXT = f"<p>{FIRST}</p><p>{LAST}</p>"
ITEM = "The mayor met the divers of the harbour board, who had worked in the dark, on day"
ITEMS = "".join(f"<div><p><span>1{day}/06/25</span> {ITEM} {day}</p></div>" for day in range(5))


def body(html: str) -> str:
    head = "<html><head><title>Second lock opens</title></head><body>"
    menu = "<div class='menu'><a href='/'>Home</a><a href='/news'>News</a></div>"
    page = Page("https://merrow.example/71", f"{head}{menu}{html}".encode())
    return read_release(page, READING).content.body_text


@pytest.mark.parametrize("tag", RELATED)
def test_a_column_of_related_news_is_left_out_in_each_language(tag: str) -> None:
    column = f"<div class='c2'><h4>{RELATED[tag][0]}</h4><div class='w'>{ITEMS}</div></div>"
    found = body(f"<div class='c1'><h1>Second lock opens</h1>{TEXT}</div>{column}")
    assert LAST in found
    assert ITEM not in found


BEFORE = f"<div class='c2'><h3>Latest news</h3>{ITEMS}</div>"
AMID = f"<div><b class='title'>Read also</b><p>{ITEM} 1</p></div>"
HEADED = "<h1>Second lock opens</h1>"


@pytest.mark.parametrize(
    "html",
    [
        pytest.param(f"<div>{BEFORE}{HEADED}{TEXT}</div>", id="before the text"),
        pytest.param(f"<div>{HEADED}{TEXT}<h3>Latest news</h3>{ITEMS}</div>", id="flat, below"),
        pytest.param(f"<div>{HEADED}<p>{FIRST}</p>{AMID}<p>{LAST}</p></div>", id="in the text"),
    ],
)
def test_a_box_is_left_out_wherever_it_is(html: str) -> None:
    found = body(html)
    assert FIRST in found
    assert LAST in found
    assert ITEM not in found


@pytest.mark.parametrize(
    "heading", ["Latest news from the lock", "Agenda", "Contact", "Related work on the river"]
)
def test_a_section_of_a_text_stays(heading: str) -> None:
    section = f"<h3>{heading}</h3><p>{ITEM} 1</p><p>{ITEM} 2</p>"
    found = body(f"<div><h1>Second lock opens</h1><p>{FIRST}</p>{section}<p>{LAST}</p></div>")
    assert f"{ITEM} 2" in found
    assert f"{ITEM} 2" in body(f"<div><h1>Second lock opens</h1>{section}<p>{LAST}</p></div>")


def test_a_widget_above_the_text_is_left_out() -> None:
    widget = "<div class='l'><h3>Weather</h3><p>Rain, 12 degrees, wind from the west</p></div>"
    found = body(f"{widget}<div><h1>Second lock opens</h1>{TEXT}</div>")
    assert FIRST in found
    assert "Rain" not in found
