"""What is highlighted is what the search index matched, at its place in the text as written."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.search.highlights import FoldedWord, highlights, is_word_letter, places_of, words_of
from data.search.query import Query, upgraded
from data.text.folding import fold_search

ODD = "aİıIßéẞﬁ½™信号がか\u3099ก่ั한\u1112\u1161\u11ab €_-\u0301\u0345\u200d\u0e31şÇ\ud800\0𐐀Å0"
"""Letters that fold to several, to none, with their neighbours, or into words of their own."""

TEXTS = st.text() | st.text(st.sampled_from(ODD), max_size=30)


def marked(text: str, query: str) -> str:
    """A text with what a query highlights in brackets."""
    shown, place = "", 0
    for start, end in highlights(text, Query(upgraded(query)).wanted):
        shown += f"{text[place:start]}[{text[start:end]}]"
        place = end
    return shown + text[place:]


@pytest.mark.parametrize(
    ("text", "query", "shown"),
    [
        ("The lamps, LAMPS and lampshades.", "lamps", "The [lamps], [LAMPS] and lampshades."),
        ("Lamps and lampshades", "lam*", "[Lamps] and [lampshades]"),
        ("Le CAFÉ de la gare", "cafe", "Le [CAFÉ] de la gare"),
        ("Le cafe\u0301 de la gare", "café", "Le [cafe\u0301] de la gare"),
        ("İZMİR ve Izmir, ızmir", "izmir", "[İZMİR] ve [Izmir], [ızmir]"),
        ("IŞIQ yandı", "ışıq", "[IŞIQ] yandı"),
        ("Die Straße, STRASSE", "strasse", "Die [Straße], [STRASSE]"),
        (
            "The northern mole; northern. Mole",
            '"northern mole"',
            "The [northern mole]; [northern. Mole]",
        ),
        ("新しい信号所が開所", "信号所", "新しい[信号所]が開所"),
        ("การท่าเรือเปิดสถานี", "ท่าเรือ", "การ[ท่าเรือ]เปิดสถานี"),
        ("ﬁnal ½ price™", "final", "[ﬁnal] ½ price™"),
        ("lamps of the mole", "lamps -mole", "[lamps] of the mole"),
        ("a_b", "b", "a_[b]"),
        ("nothing here", "", "nothing here"),
    ],
)
def test_matches_are_highlighted_as_they_are_written(text: str, query: str, shown: str) -> None:
    assert marked(text, query) == shown


@given(TEXTS)
def test_the_words_of_a_text_are_those_of_the_index(text: str) -> None:
    letters = "".join(char if is_word_letter(char) else " " for char in fold_search(text))
    assert [word.folded for word in words_of(text)] == letters.lower().split()


@given(TEXTS, st.data())
def test_any_word_of_a_text_is_highlighted(text: str, data: st.DataObject) -> None:
    words = words_of(text)
    assert all(0 <= one.start < one.end <= len(text) for one in words)
    if words:
        word = data.draw(st.sampled_from(words))
        found = highlights(text, Query(word.folded).wanted)
        assert any(start <= word.start and word.end <= end for start, end in found)


@given(TEXTS, TEXTS)
def test_highlights_are_parts_of_the_text_in_their_order(text: str, query: str) -> None:
    ends = [place for span in highlights(text, Query(upgraded(query)).wanted) for place in span]
    assert ends == sorted(set(ends))
    assert all(0 <= place <= len(text) for place in ends)


def test_a_term_without_words_matches_nothing() -> None:
    assert [*places_of(words_of("the harbour"), [], prefix=False)] == []


def test_words_that_match_are_compared_alone() -> None:
    taken = 0

    class Counted(list[FoldedWord]):
        def __getitem__(self, place: Any) -> Any:
            nonlocal taken
            found = super().__getitem__(place)
            taken += len(found) if isinstance(place, slice) else 1
            return found

    words = Counted(words_of("the harbour " * 300))
    assert len([*places_of(words, ["the", "harbour"], prefix=False)]) == 300
    assert taken < 5 * len(words)
