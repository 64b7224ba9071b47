"""Unknown sources and topics get suggestions with similar names."""

from __future__ import annotations

import pytest

from data.errors import QueryError
from data.search.query import Query
from feeds.pages.search_problems import fault_of, near_misses, notes_on
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


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("tide AND", "AND operatorunun yanında söz çatışmır"),
        ('tide "harbour', "dırnaq işarəsi bağlanmayıb"),
        ("tide state:lost", "açıqlamanın vəziyyəti deyil"),
        ("tide titel:harbour", "bəlkə title demək istəyirdiniz?"),
        ("tide saved:wrong", "mötərizə bağlanmayıb"),
    ],
)
def test_faults_of_a_query_are_in_the_language_of_the_page(query: str, words: str) -> None:
    with pytest.raises(QueryError) as caught:
        assert Query(query, saved={"wrong": "(tide"}).expression
    english, translated = (fault_of(texts_of(language), caught.value) for language in ("en", "az"))
    place = str(caught.value.position + 1)
    assert english.message.startswith(f"At character {place} of the query, ")
    assert caught.value.problem in english.message
    assert translated.message.startswith(f"Sorğunun {place} ")
    assert words in translated.message
    assert translated.excerpt == english.excerpt


def test_a_quoted_query_is_shown_unchanged() -> None:
    unknown = QueryError("why", 0, "'%(name)s' is unknown", "did you mean %(name)s?", name="why?.")
    message = "At character 1 of the query, 'why?.' is unknown; did you mean why?.?"
    assert fault_of(texts_of("en"), unknown).message == message
