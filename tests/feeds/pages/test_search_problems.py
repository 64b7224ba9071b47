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
    ("query", "operators"),
    [
        ("storm OR surge", ["OR"]),
        ('"high water" OR surge', ["OR"]),
        ("storm AND surge OR flood OR tide", ["AND", "OR"]),
        ("NOT storm", ["NOT"]),
        ("storm NOT surge", ["NOT"]),
        ("storm or surge and not flood", []),
        ('"storm OR surge"', []),
        ("storm -OR surge", []),
        ("OR airport", []),
        ("airport OR", []),
        ("OR", []),
    ],
)
def test_operators_of_other_searches_are_reported_as_words(
    query: str, operators: list[str]
) -> None:
    notes = notes_on(texts_of("en"), Query(query))
    assert [note.partition(" ")[0] for note in notes] == operators
