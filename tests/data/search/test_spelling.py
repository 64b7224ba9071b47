"""Unknown words of a search are replaced by similar words of titles."""

import pytest

from data.search.spelling import respelled

TITLES = [
    "Harbour Board lights new lamps",
    "Straßen gesperrt",
    "Közlekedési változások",
    "新しい灯台",
    "Порт открыт для судов",
]


@pytest.mark.parametrize(
    ("asked", "suggested"),
    [
        ("harbor lamps", "Harbour lamps"),
        ("lapms", "lamps"),
        ("Strasen", "Straßen"),
        ("közlekedesi valtozasok -tram", None),
        ("valtozasokk", "változások"),
        ("судав", "судов"),
        ("harbour lamps", None),
        ("bard", "Board"),
        ("new", None),
        ("title:harbor", None),
        ('"harbor board"', None),
        ("harbor OR lamps", "Harbour OR lamps"),
        ("灯火", None),
        ("harbor " * 9, None),
        ("", None),
    ],
)
def test_a_query_gets_words_that_titles_contain(asked: str, suggested: str | None) -> None:
    assert respelled(asked, TITLES) == suggested


def test_without_titles_nothing_is_suggested() -> None:
    assert respelled("harbor", []) is None
