"""A heading that only says what kind of page this is stands above a headline, and is none."""

from __future__ import annotations

import datetime as dt

import pytest

from data.dates.context import DateContext
from spiders.page.generic_names import is_label
from spiders.page.page import Page
from spiders.release.read import read_release

READING = DateContext("Europe/London", now=dt.datetime(2026, 3, 2, tzinfo=dt.UTC))
HEADLINE = "Second lock opens to larger ships"
TEXT = (
    "<p>The harbour authority of Lower Merrow has opened its second lock to ships of up to ninety "
    "metres, after four years of work and two winters in which the basin froze over.</p><p>The "
    "director thanked the divers, who had worked in the dark, and said that the old lock would be "
    "kept for small craft, for the school and for the lifeboat.</p>"
)


def title(above: str, head: str = "Port of Merrow") -> str:
    html = f"<html><head><title>{head}</title></head><body>{above}<p>3 March 2026</p>{TEXT}"
    return read_release(Page("https://merrow.example/?id=7", html.encode()), READING).content.title


@pytest.mark.parametrize(
    "label",
    ["Press release", "Press Release No. 44/2025", "Pressemitteilung Nr. 12", "News", "Tiedote",
     "COMMUNIQUÉ DE PRESSE", "Nota de prensa 3", "Пресс-релиз № 7", "Medienmitteilung"],
)  # fmt: skip
def test_the_heading_below_a_label_is_the_headline(label: str) -> None:
    assert title(f"<h1>{label}</h1><h2>{HEADLINE}</h2>") == HEADLINE
    assert title(f"<h1>{label}</h1><h3>{HEADLINE}</h3>", f"{label} - Port of Merrow") == HEADLINE


def test_of_the_headings_below_a_label_the_first_is_the_headline() -> None:
    """Be it that the page calls itself as the second one, and so knows that first."""
    below = f"<h2>{HEADLINE}</h2><h2>Port of Merrow</h2>"
    assert title(f"<h1>Press release</h1>{below}") == HEADLINE


def test_a_label_stays_where_no_heading_follows_it() -> None:
    assert title("<h1>Press release</h1>", "Press release") == "Press release"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Press release 44/2025", True), ("Communiqué", True), ("Aktuelles", True),
        ("Press release on the second lock", False), ("News of the second lock", False),
        ("44/2025", False), ("", False),
    ],
)  # fmt: skip
def test_a_label_says_nothing_else(text: str, *, expected: bool) -> None:
    assert is_label(text) is expected
