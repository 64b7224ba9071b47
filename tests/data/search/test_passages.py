"""The passage that is shown with a hit holds what was searched for."""

from __future__ import annotations

import pytest

from data.models import Content
from data.search.passages import MAX_SEARCHED_CHARACTERS, PASSAGE_LENGTH, passage
from data.search.query import Query


def test_a_passage_shows_where_the_word_is() -> None:
    body = "Before. " * 60 + "The lamps were lit. " + "After. " * 60
    shown = passage(Content("t", body_text=body), Query("LAMPS"))
    assert shown.startswith("… ")
    assert shown.endswith(" …")
    assert "The lamps were lit." in shown
    assert passage(Content("t", body_text="Short."), Query("lamps")) == "Short."


@pytest.mark.parametrize(
    ("words", "query"),
    [
        ("Le café de la gare", "cafe"),
        ("IŞIQLAR YANDI", "isiqlar"),
        ("Die Straße ist frei", "strasse"),
        ("信号站启用", "信号站"),
        ("การท่าเรือเปิด", "ท่าเรือ"),
        ("harbours and lights", "harb*"),
    ],
)
def test_a_word_is_marked_in_any_spelling(words: str, query: str) -> None:
    for filling in ("Before. ", "前" * 7):
        body = filling * 400 + words + "." + filling * 400
        shown = passage(Content("t", body_text=body), Query(query))
        assert words in shown
        assert len(shown) <= PASSAGE_LENGTH + 4


def test_the_passage_with_most_words_is_shown_without_parts_of_words() -> None:
    rest = "Other things were said at length. " * 30
    body = f"A lampshade. {rest} The lamps. {rest} Blue lamps of the mole were lit. {rest}"
    assert "The lamps." in passage(Content("t", body_text=body), Query("lamps"))
    assert "Blue lamps" in passage(Content("t", body_text=body), Query("mole lamps -harbour"))


def test_a_very_long_body_is_looked_through_up_to_a_bound() -> None:
    body = "word " * MAX_SEARCHED_CHARACTERS + "lamps"
    assert passage(Content("t", body_text=body), Query("lamps")).startswith("word word")
    assert passage(Content("t", body_text=""), Query("lamps")) == ""
