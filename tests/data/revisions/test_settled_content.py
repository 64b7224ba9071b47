"""The content of a single page that is stored after a visit: everything except its noise."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from data.models import Content, Media
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


def test_no_text_of_a_page_has_the_marks_of_titles_and_files() -> None:
    assert clean_text(f"{TITLE_MARK}Pier{FILE_MARK} 1") == "Pier 1"
