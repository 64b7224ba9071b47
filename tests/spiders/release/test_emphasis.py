"""The headline of a page without headings is the line that stands out above its text."""

from __future__ import annotations

import datetime as dt

import pytest

from data.dates.context import DateContext
from spiders.page.page import Page
from spiders.release.read import UNTITLED, read_release

READING = DateContext("Europe/London", now=dt.datetime(2026, 3, 2, tzinfo=dt.UTC))
HEADLINE = "Second lock opens to larger ships"
FIRST = (
    "The harbour authority of Lower Merrow has opened its second lock to ships of up to ninety "
    "metres, after four years of work and two winters in which the basin froze over."
)
SECOND = (
    "The director thanked the divers, who had worked in the dark for most of the time, and said "
    "that the old lock would be kept for small craft, for the school and for the lifeboat."
)


def title(above: str, text: str = f"<p>{FIRST}<p>{SECOND}", head: str = "Port of Merrow") -> str:
    html = (
        f"<html><head><title>{head}</title></head><body><table><tr><td><b>Port of Merrow</b>"
        f"<td><a href=/>Home</a> <a href=/news>News</a><tr><td>{above}{text}</table>"
    )
    return read_release(Page("https://merrow.example/?id=7", html.encode()), READING).content.title


@pytest.mark.parametrize(
    "above",
    [
        f"<p><b>{HEADLINE}</b><p>12 February 2026",
        f"<center><font size=5>{HEADLINE}</font></center>",
        f"<font size='+2'><b>{HEADLINE}</b></font><br>12 February 2026<br><br>",
        "<p>12 February 2026<p><strong>Second lock opens <i>to larger ships</i></strong>",
        f'<span class="titolo">{HEADLINE}</span><br><span>Pubblicato 12/02/2026</span><br><br>',
        f'<span id="ctl00_lblTitulo">{HEADLINE}</span><br>12/02/2026<br><br>',
        f"<font color=gray>News of the port</font><br><b>{HEADLINE}</b><br>12.02.2026<br><br>",
    ],
)
@pytest.mark.parametrize("head", ["Port of Merrow", "", "Port of Merrow - News"])
def test_an_emphasized_line_is_the_headline(above: str, head: str) -> None:
    assert title(above, head=head) == HEADLINE


def test_the_title_element_is_used_if_nothing_is_emphasized() -> None:
    assert title("<p>12 February 2026", head=HEADLINE) == HEADLINE
    assert title("<p><a href=/big><b>Buy a berth in our marina</b></a>", head=HEADLINE) == HEADLINE
    assert title(f"<p><b>{HEADLINE}!</b>", head=f"[Press] {HEADLINE}") == f"[Press] {HEADLINE}"
    assert title("<p>12 February 2026", head="") == UNTITLED


def test_a_heading_is_believed_before_a_line_in_bold() -> None:
    assert title(f"<h1>{HEADLINE}</h1><p><b>For immediate release today</b>") == HEADLINE
