"""Unknown sources and topics get suggestions with similar names."""

from __future__ import annotations

import pytest

from data.search.query import Query
from feeds.pages.search_problems import near_misses, notes_on
from feeds.translations import texts_of

KNOWN = {
    "merrow": "Merrow Sound Harbour Authority",
    "zoo": "City Zoo",
    "bahn": "Лунногорская дорога",
}


@pytest.mark.parametrize(
    ("word", "near"),
    [
        ("merow", ["merrow"]),
        ("harbor", ["merrow"]),
        ("City zoo", ["zoo"]),
        ("дорога", ["bahn"]),
        ("nothing at all", []),
        ("", []),
        ("x" * 10_000, []),
    ],
)
def test_ids_names_and_words_of_names_are_compared(word: str, near: list[str]) -> None:
    assert near_misses(word, KNOWN) == near


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("storm or surge", ["or"]),
        ("storm or surge and not flood", ["or", "not"]),
        ('"storm or surge"', []),
        ("storm OR surge", []),
        ("or airport", []),
    ],
)
def test_operators_in_lower_case_are_reported_as_words(query: str, words: list[str]) -> None:
    notes = notes_on(texts_of("en"), Query(query))
    assert [note.partition("”")[0] for note in notes] == [f"“{word}" for word in words]
