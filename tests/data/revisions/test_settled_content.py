"""The content of a single page that is stored after a visit: everything except its noise."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from random import Random

import pytest

from data.models import Content, Media
from data.revisions.edits import SINGLE_PAGE, significant_changes
from data.revisions.settled_content import FILE_MARK, TITLE_MARK, settled_content
from data.text.clean import clean_text

DAY = dt.date(2026, 5, 4)

ICONS = "\ue000 Harbour office\n\ue001 12 Quay Street\n\ue88a Home"
"""Lines that begin with glyphs of an icon font, which are private characters."""

PAGE = Content(
    "Leaders",
    body_text=f"{ICONS}\n\nIda Moen, chair",
    attachments=(Media("https://o.example/a", "text/csv"),),
)


def test_lines_with_icons_are_kept_when_a_change_is_accepted() -> None:
    changed = replace(PAGE, title="Our leaders", body_text=PAGE.body_text.replace("Ida", "Kari"))
    first = settled_content(PAGE, changed, None, DAY)
    assert first.content == PAGE
    second = settled_content(PAGE, changed, first.state, DAY)
    assert second.content == changed


def test_lines_with_the_same_words_take_their_new_punctuation_with_a_change() -> None:
    page = replace(PAGE, body_text="Ships, boats and rafts\n\nThe fee is 58.2")
    comma = replace(page, body_text=page.body_text.replace("boats and", "boats, and"))
    state = None
    for _ in range(3):
        settled = settled_content(page, comma, state, DAY)
        state = settled.state
        assert settled.content == page
    changed = replace(comma, body_text=comma.body_text.replace("58.2", "48.2"))
    for _ in range(2):
        settled = settled_content(page, changed, state, DAY)
        state = settled.state
    assert settled.content == changed
    again = settled_content(changed, changed, state, DAY)
    assert (again.content, again.differs) == (changed, False)


def test_paragraphs_keep_their_blank_lines_after_a_change() -> None:
    def page(fee: int, number: int) -> Content:
        rows = f"Ships\nMore\n\nBoats\nMore\nRafts\n\n\nThe fee of a ship is {fee}, see {number}"
        return replace(PAGE, body_text=f"{rows}\n\nMore\nThe end")

    known, state = page(12, 0), None
    for number in range(1, 20):
        state = settled_content(known, page(12, number), state, DAY).state
    for number in range(20, 40):
        settled = settled_content(known, page(15, number), state, DAY)
        state = settled.state
        if settled.content != known:
            break
    assert settled.content.body_text == page(15, 0).body_text


TEASERS = (
    "Read our newest report on ships and the sea.",
    "The festival of the old harbour begins!",
    "Subscribe to our letters.",
)
QUOTES = ("Ships are the bridges of the sea", "No pier is an island", "A tide waits for none")


@pytest.mark.parametrize(
    "line",
    [
        "{teaser} The secretary is {name}. {other}",
        "{teaser} | Secretary: {name} | {other}",
        "{other}\u3002{name}\u3002{teaser}",
    ],
)
def test_a_change_beside_rotating_texts_in_the_same_line_is_found(line: str) -> None:
    random = Random(4)

    def page(name: str) -> Content:
        teaser, other = random.choice(TEASERS), random.choice(QUOTES)
        text = line.format(teaser=teaser, name=name, other=other)
        return replace(PAGE, body_text=f"The board\n\n{text}\n\nThe end")

    known, state = page("Ida Moen"), None
    for _ in range(20):
        settled = settled_content(known, page("Ida Moen"), state, DAY)
        state = settled.state
        assert settled.content == known
    for _ in range(4):
        settled = settled_content(known, page("Kari Lund"), state, DAY)
        state, known = settled.state, settled.content
    assert "Kari Lund" in known.body_text
    assert known.body_text.count("\n") == 4


def test_a_link_to_another_page_is_a_change_if_it_does_not_rotate() -> None:
    def page(address: str) -> Content:
        text = (
            f'<p>Crews follow <a href="http://o.example/{address}">the rules</a> of the pier.</p>'
        )
        return replace(PAGE, body_html=text, body_text="Crews follow the rules of the pier.")

    known, state = page("rules/2025"), None
    for number in range(12):
        settled = settled_content(known, page(f"rules/{number % 2 + 2025}"), state, DAY)
        state = settled.state
        assert settled.content == known
    moved = page("rules/2027")
    visits = 1
    while (settled := settled_content(known, moved, state, DAY)).content == known:
        state = settled.state
        visits += 1
        assert visits < 20
    assert settled.content == moved
    assert significant_changes(known, moved) == {"links"}
    first = settled_content(known, moved, None, DAY)
    assert (first.content, first.waits, first.differs) == (known, True, True)
    assert settled_content(known, moved, first.state, DAY).content == moved


def test_a_change_of_signs_is_significant_on_a_single_page() -> None:
    page = replace(PAGE, body_rule=SINGLE_PAGE, body_text="The limit is ≤ 5 tons")
    changed = replace(page, body_text="The limit is ≥ 5 tons")
    assert significant_changes(page, changed) == {"body"}
    assert not significant_changes(page, replace(page, body_text="The limit, is ≤ 5 tons."))


def test_no_text_of_a_page_has_the_marks_of_titles_and_files() -> None:
    assert clean_text(f"{TITLE_MARK}Pier{FILE_MARK} 1") == "Pier 1"
