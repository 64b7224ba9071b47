"""What is asked for and not there leads to what is there and called alike."""

from __future__ import annotations

import pytest

from feeds.pages.search_problems import near_misses

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
