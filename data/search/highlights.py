"""Positions of a query's words in the original text.

Searches compare folded text (data.text.folding.fold_search), in which positions differ: ``İZMİR``
becomes ``izmir``, ``Straße`` becomes ``strasse``. So each word is folded separately, and its
original position is kept.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Final, NamedTuple, TypeAlias

from data.search.expression import Term
from data.text.folding import fold_search

Span: TypeAlias = tuple[int, int]
"""Start and end of a part of a text. The end is the position after its last character."""

ASCII_WORD: Final = re.compile(r"[a-z0-9]+")

JAMO: Final = range(0x1160, 0x1200)
"""Code points of Hangul vowels and final consonants, which combine with the previous character."""


class FoldedWord(NamedTuple):
    """A folded word and its position in the original text."""

    folded: str
    start: int
    end: int


def words_of(text: str) -> list[FoldedWord]:
    """Return the words of a text in the form of the search index, in order."""
    if text.isascii():
        return [
            FoldedWord(one[0], one.start(), one.end()) for one in ASCII_WORD.finditer(text.lower())
        ]
    words: list[FoldedWord] = []
    letters, start, end = "", 0, 0
    for at, after in clusters(text):
        for letter in folded_cluster(text[at:after]):
            if is_word_letter(letter):
                start = start if letters else at
                letters, end = letters + letter, after
            elif letters:
                words.append(FoldedWord(letters.lower(), start, end))
                letters = ""
    return [*words, FoldedWord(letters.lower(), start, end)] if letters else words


def clusters(text: str) -> Iterator[Span]:
    """Yield the spans of characters together with their combining marks."""
    start = 0
    for place, char in enumerate(text):
        if place and not (is_word_letter(text[start]) and follows(char)):
            yield start, place
            start = place
    if text:
        yield start, len(text)


def follows(char: str) -> bool:
    """Return whether a character combines with the previous character."""
    return unicodedata.category(char)[0] == "M" or ord(char) in JAMO


@lru_cache(maxsize=10_000)
def folded_cluster(cluster: str) -> str:
    """Return the folded form of a character with its combining marks.

    If the character is a word by itself, the folded form is surrounded by spaces.
    """
    # Surrounding letters keep the spaces at both ends.
    return fold_search(f"a{cluster}a")[1:-1]


@lru_cache(maxsize=10_000)
def is_word_letter(char: str) -> bool:
    """Return whether a character is part of a word in the search index."""
    category = unicodedata.category(char)
    return category[0] in "LMN" or category == "Co"


def highlights(text: str, terms: Iterable[Term]) -> list[Span]:
    """Return the spans of a text that match terms of a query, in order and without overlaps."""
    words = words_of(text)
    found: list[Span] = []
    for term in terms:
        found += places_of(words, [one.folded for one in words_of(term.words)], term.prefix)
    return merged_spans(found)


def places_of(words: Sequence[FoldedWord], wanted: Sequence[str], prefix: bool) -> Iterator[Span]:  # noqa: FBT001 - an attribute of Term
    """Yield the spans where the words ``wanted`` follow each other.

    With ``prefix``, the last word may have more letters.
    """
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


def merged_spans(spans: Iterable[Span]) -> list[Span]:
    """Return spans in order, and merge spans that overlap or touch."""
    found: list[Span] = []
    for start, end in sorted(spans):
        if found and start <= found[-1][1]:
            found[-1] = found[-1][0], max(end, found[-1][1])
        else:
            found.append((start, end))
    return found
