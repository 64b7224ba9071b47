"""The words of a text, and the hashes that stand for them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.text.words import PLANE, role, tokens, without_counters, word_hashes

TEXT = st.text(st.sampled_from("aBßİé-−5 .\n(%$€_中ไ\u0301𝒳\x00\ud800ago views:|"), max_size=60)

LINES = st.one_of(
    st.sampled_from(["1.204 Aufrufe", "Views: 7 | Lamps", "İki İz", "12 lamps", "", "浏览 34 次"]),
    st.sampled_from(["3 hours ago", "long ago", "as of 3 " + "hours " * 20 + "ago", "reads 5 \r"]),
    TEXT.filter(lambda text: "\n" not in text),
)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("The Lamps, of  pier 5!", ["the", "lamps", "of", "pier", "5"]),
        ("a loss of -5 (-6) and 3-4", ["a", "loss", "of", "-", "5", "-", "6", "and", "3", "4"]),
        ("−5 or $3 or 50% or 7€", ["-", "5", "or", "$", "3", "or", "50", "%", "or", "7", "€"]),
        ("港口ไทย open", ["港", "口", "ไ", "ท", "ย", "open"]),
        ("STRASSE Straße", ["strasse", "strasse"]),
        ("𝒳 and 𠀀𠀁", ["𝒳", "and", "𠀀", "𠀁"]),
        ("Lamps lit\n1,234 views\nViews: 99 | Visits today: 3", ["lamps", "lit"]),
        ("an hour ago\nlong ago", ["long", "ago"]),
        ("", []),
    ],
)
def test_words_are_counted_as_readers_would(text: str, words: list[str]) -> None:
    assert tokens(text) == words


@given(st.lists(LINES, max_size=8).map("\n".join))
def test_lines_with_visitor_counters_are_left_out_anywhere(text: str) -> None:
    assert tokens(text) == [
        word for line in text.split("\n") for word in tokens(without_counters(line))
    ]


def plain_words(text: str) -> list[str]:
    """The words of a text, by the same rule written plainly: a character at a time."""
    folded = without_counters(text).casefold()
    spelled = ""
    for at, char in enumerate(folded):
        before, after = folded[at - 1] if at else " ", folded[at + 1 : at + 2]
        if char in "-−":
            minus = after in set("0123456789") and (before.isspace() or before == "(")
            spelled += " - " if minus else " "
        elif char in "%$":
            spelled += f" {char} "
        else:
            spelled += "_" if char == "_" else role(char)
    return spelled.split()


@given(st.lists(LINES, max_size=8).map("\n".join) | st.text())
def test_words_are_those_of_the_plain_rule(text: str) -> None:
    assert tokens(text) == plain_words(text)


@given(TEXT, TEXT)
def test_hashes_are_equal_where_words_are(left: str, right: str) -> None:
    words, hashes = tokens(left) + tokens(right), [*word_hashes(left), *word_hashes(right)]
    assert len(words) == len(hashes)
    assert len(set(words)) == len(set(hashes)) == len(set(zip(words, hashes, strict=True)))


def test_a_word_has_the_same_hash_anywhere_in_a_text_of_any_length() -> None:
    hashes = word_hashes("lighthouse keepers " * (PLANE // 8))
    assert len(hashes) * 9 > PLANE
    assert len(np.unique(hashes)) == 2
