"""Texts and queries in PostgreSQL's full-text search, with the same words as in SQLite.

The words come from data.text.folding.fold_search. They are written as values of the types
``tsvector`` and ``tsquery`` instead of being parsed by PostgreSQL, so that both databases match the
same words. In scripts without spaces, each letter and each pair of neighbouring letters is a word.
``信号站`` is searched as ``信号`` before ``号站``, because pairs are much rarer than letters.

Other lexemes of a vector contain characters that no word contains. ``:`` is the first character of
filters, such as the source or topic of a release. ``~`` separates the language from a stem.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from data.search.highlights import is_word_letter
from data.search.query import Term
from data.text.folding import fold_search
from data.text.words import UNSPACED

MAX_WORD_LENGTH: Final = 500
"""Maximum number of letters of a word in the index. Later letters of a word are not searched."""
LONGEST_TOKEN: Final = 2000
"""Maximum number of letters of a filter in the index. A lexeme can have at most 2046 bytes."""

LAST_PLACE: Final = 16_383
"""Last position of a word that a ``tsvector`` can store (a limit of PostgreSQL)."""
MOST_PLACES: Final = 255
"""Maximum number of positions of one word that a ``tsvector`` can store."""

MAX_VECTOR_BYTES: Final = 900_000
"""Maximum size of a ``tsvector`` in bytes (PostgreSQL's limit is 1 MB). Later words are not
found."""

GAP: Final = 2
"""Distance between the last word of a title and the first word of a body, so that no phrase matches
words of both."""


@dataclass(frozen=True, slots=True)
class Vector:
    """A text for searching: a ``tsvector``, and all words in order if it lacks positions."""

    lexemes: str
    long_text: str | None


def words_in(text: str) -> list[str]:
    """Return the words of a text in order, as the index contains them."""
    # Variants of capital letters, for example mathematical ones, are folded to capital letters.
    words = fold_search(text).lower().replace("_", " ").split()
    # Currency signs and similar characters stand alone and are not words.
    return [word[:MAX_WORD_LENGTH] for word in words if len(word) > 1 or is_word_letter(word)]


def pairs(words: Sequence[str]) -> Iterable[tuple[int, str]]:
    """Yield the pairs of neighbouring letters in scripts without spaces.

    Each pair has the position of its first letter.
    """
    alone = [len(word) == 1 and bool(UNSPACED.match(word)) for word in words]
    for place in range(len(words) - 1):
        if alone[place] and alone[place + 1]:
            yield place, words[place] + words[place + 1]


def vector(title: str, body: str, others: Iterable[str]) -> Vector:
    """Return the vector of a title, a body and the quoted lexemes in ``others``."""
    places: defaultdict[str, list[str]] = defaultdict(list)
    size, is_whole, start = 0, True, 1
    in_title, in_body = words_in(title), words_in(body)
    for words, weight in ((in_title, "A"), (in_body, "")):
        for place, word in [*enumerate(words), *pairs(words)]:
            if size > MAX_VECTOR_BYTES:
                is_whole = False
                break
            known = places[word]
            size += 4 if known else 12 + len(word.encode())
            if start + place <= LAST_PLACE and len(known) < MOST_PLACES:
                known.append(f"{start + place}{weight}")
            else:
                is_whole = False
        start += len(words) - 1 + GAP
    lexemes = [
        f"{quoted(word)}:{','.join(of)}" if of else quoted(word) for word, of in places.items()
    ]
    lexemes += others
    long_text = None if is_whole else f" {' '.join(in_title)} \n {' '.join(in_body)} "
    return Vector(" ".join(lexemes), long_text)


def quoted(lexeme: str) -> str:
    """Return a lexeme quoted for vectors and queries, without special characters."""
    return "'" + lexeme.replace("\\", "\\\\").replace("'", "''") + "'"


def any_of(words: Sequence[str]) -> str:
    """Return a ``tsquery`` that matches any of these words.

    The query is nested as a balanced tree, because PostgreSQL's parser stack is limited.
    """
    if len(words) == 1:
        return words[0]
    half = len(words) // 2
    return f"({any_of(words[:half])} | {any_of(words[half:])})"


def filed_under(token: str) -> str:
    """Return a filter of data.store.shared_sql.search.tokens_of as a quoted lexeme.

    A colon at the beginning distinguishes filters from words. Long filters are cut to the maximum
    length of a lexeme.
    """
    return quoted(f":{token[:LONGEST_TOKEN]}")


@dataclass(frozen=True, slots=True)
class Phrase:
    """A search term as a ``tsquery`` of its ``words``, as a phrase, and as text.

    ``ordered`` is a ``tsquery`` for the words in their order. ``text`` is searched in
    `Vector.long_text`. Both are empty for a single word, which has no order.
    """

    words: str
    ordered: str
    text: str


def phrase(term: Term) -> Phrase | None:
    """Return a term as a phrase, or None if it contains no words."""
    words = words_in(term.words)
    if not words:
        return None
    found = dict(enumerate(words))
    for place, pair in pairs(words):
        found[place] = pair
        # The last letter is already part of the last pair.
        found.pop(place + 1, None)
    lexemes = [(place, quoted(found[place])) for place in sorted(found)]
    if term.prefix:
        place, last = lexemes[-1]
        lexemes[-1] = place, f"{last}:*"
    together = " & ".join(lexeme for _, lexeme in lexemes)
    if len(lexemes) == 1:
        return Phrase(together, "", "")
    ordered = lexemes[0][1]
    for (before, _), (place, lexeme) in pairwise(lexemes):
        ordered += f" <{place - before}> {lexeme}"
    return Phrase(together, ordered, f" {' '.join(words)}" + ("" if term.prefix else " "))
