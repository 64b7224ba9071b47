"""Headline and day of a text whose lines are separated by single line breaks."""

from __future__ import annotations

import datetime as dt
from typing import Final

import pytest

from data.dates.context import DateContext
from data.models import Content
from spiders.page.page import Page
from spiders.release.read import read_release

CONTEXT: Final = DateContext("UTC", now=dt.datetime(2026, 8, 1, tzinfo=dt.UTC))
HEADLINE: Final = "Zweite Schleuse für große Schiffe geöffnet"
TEXT: Final = (
    "Die Hafenbehörde hat nach vier Jahren Bauzeit die neue Kammer am Nordufer freigegeben."
    "<br>Der Direktor dankte den Tauchern, die im Dunkeln gearbeitet hatten, und den Nachbarn."
)
MENU: Final = "<td><a href=/>Start</a><br><a href=/presse>Presse</a><br><a href=/amt>Amt</a></td>"


def read(cell: str, *, title: str = "Hafenamt Merrow", above: str = "") -> Content:
    html = (
        f"<html lang=de><head><meta charset=utf-8><title>{title}</title></head><body>{above}"
        f"<table><tr>{MENU}{cell}</tr></table></body></html>"
    )
    return read_release(Page("https://hafen.example/p.php?id=7", html.encode()), CONTEXT).content


@pytest.mark.parametrize(
    "opening",
    [
        f"{HEADLINE}<br>25.06.2026<br>",
        f"25.06.2026<br>{HEADLINE}<br>",
        f"<b>{HEADLINE}</b><br>Donnerstag, 25.06.2026<br>",
        f"<font size=4>{HEADLINE}</font><br><i>25.06.2026</i><br>",
    ],
)
def test_headline_and_day_are_parted_from_the_text(opening: str) -> None:
    content = read(f"<td>{opening}{TEXT}</td>")
    assert content.title == HEADLINE
    assert content.published
    assert content.published.iso == "2026-06-25"
    assert content.body_text == TEXT.replace("<br>", "\n")


def test_a_line_below_the_day_is_no_headline_if_the_page_has_a_heading() -> None:
    cell = f"<td>25.06.2026<br>Die Kaistraße wird erst im Herbst gesperrt<br>{TEXT}</td>"
    assert read(cell, above=f"<h1>{HEADLINE}</h1>").title == HEADLINE


def test_the_place_above_the_day_is_no_headline() -> None:
    content = read(f"<td>Merrow<br>25.06.2026<br>{TEXT}</td>", title=f"{HEADLINE} - Hafenamt")
    assert content.title == HEADLINE


def test_the_lines_of_several_events_are_not_parted() -> None:
    event = "<td>Konzert am Fährkai mit Kapelle<br>{}.07.2026<br>Der Eintritt ist frei. {}</td>"
    events = "".join(event.format(day, TEXT) for day in (11, 18))
    content = read(f"<td><h1>{HEADLINE}</h1><p>25.06.2026</p><p>{TEXT}</p></td>{events}")
    assert content.title == HEADLINE
