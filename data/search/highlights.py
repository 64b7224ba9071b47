"""Where the words of a query stand in a text, as people wrote it.

Searches compare folded text (data.text.folding.fold_search), which has other characters at other
places: ``İZMİR`` is ``izmir`` there, ``Straße`` is ``strasse``. So each word is folded by itself,
and what it was made of is kept.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Final, NamedTuple, TypeAlias

from data.search.query import Term
from data.text.folding import fold_search

Span: TypeAlias = tuple[int, int]
"""The first character of a part of a text, and the one after the last."""

ASCII_WORD: Final = re.compile(r"[a-z0-9]+")

JAMO: Final = range(0x1160, 0x1200)
"""Vowels and final consonants of Hangul, which are composed with what comes before."""


class Word(NamedTuple):
    """A word as searches compare it, and where it stands."""

    folded: str
    start: int
    end: int


def words_of(text: str) -> list[Word]:
    """The words of a text as the search index has them, in their order."""
    if text.isascii():
        return [Word(one[0], one.start(), one.end()) for one in ASCII_WORD.finditer(text.lower())]
    words: list[Word] = []
    letters, start, end = "", 0, 0
    for at, after in clusters(text):
        for letter in folded_cluster(text[at:after]):
            if is_word_letter(letter):
                start = start if letters else at
                letters, end = letters + letter, after
            elif letters:
                words.append(Word(letters.lower(), start, end))
                letters = ""
    return [*words, Word(letters.lower(), start, end)] if letters else words


def clusters(text: str) -> Iterator[Span]:
    """The characters of a text, letters with the marks that follow them."""
    start = 0
    for place, char in enumerate(text):
        if place and not (is_word_letter(text[start]) and follows(char)):
            yield start, place
            start = place
    if text:
        yield start, len(text)


def follows(char: str) -> bool:
    """Whether a character is composed with what comes before."""
    return unicodedata.category(char)[0] == "M" or ord(char) in JAMO


@lru_cache(maxsize=10_000)
def folded_cluster(cluster: str) -> str:
    """A character with its marks as searches compare it: spaces part it from its neighbours."""
    # Between two letters, so that spaces at its ends stay.
    return fold_search(f"a{cluster}a")[1:-1]


@lru_cache(maxsize=10_000)
def is_word_letter(char: str) -> bool:
    """Whether the search index counts a character to a word."""
    category = unicodedata.category(char)
    return category[0] in "LMN" or category == "Co"


def highlights(text: str, terms: Iterable[Term]) -> list[Span]:
    """The parts of a text that match wanted terms, in their order; none overlaps another."""
    words = words_of(text)
    found: list[Span] = []
    for term in terms:
        if term.wanted:
            found += places_of(words, [one.folded for one in words_of(term.words)], term.prefix)
    return joined(found)


def places_of(words: Sequence[Word], wanted: Sequence[str], prefix: bool) -> Iterator[Span]:  # noqa: FBT001 - as the term has it
    """Where some words stand in a row, of the last one perhaps only its beginning."""
    if not wanted:
        return
    *whole, last = wanted
    for place in range(len(words) - len(whole)):
        end = words[place + len(whole)]
        if not (end.folded.startswith(last) if prefix else end.folded == last):
            continue
        if all(
            one.folded == other
            for one, other in zip(words[place : place + len(whole)], whole, strict=True)
        ):
            yield words[place].start, end.end


def joined(spans: Iterable[Span]) -> list[Span]:
    """Parts of a text in their order; those that overlap, or have nothing between, are one."""
    found: list[Span] = []
    for start, end in sorted(spans):
        if found and start <= found[-1][1]:
            found[-1] = found[-1][0], max(end, found[-1][1])
        else:
            found.append((start, end))
    return found
