"""What a text and a query are in PostgreSQL's full text search, word for word as in SQLite's.

The words are those of data.text.folding.fold_search, written as values of the types ``tsvector``
and ``tsquery`` rather than parsed by PostgreSQL, so that both databases decide by the same words.
In scripts without spaces each letter is a word, and each pair of neighbours is one too: ``信号站``
is looked for as ``信号`` before ``号站``, of which there are far fewer than of its letters.

Other words of a vector hold what no text does: ``:`` begins those of what a release is filed under,
and ``~`` stands in stems.
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

LONGEST: Final = 500
LONGEST_TOKEN: Final = 2000
"""Letters of a word that count, and of what stands for a filter: a lexeme has 2046 bytes."""

LAST_PLACE: Final = 16_383
MOST_PLACES: Final = 255
"""The last place in a text that a vector tells, and how many of one word."""

LARGEST: Final = 900_000
"""Bytes of a vector, which has 1 MB at most; the words that come after are not found."""

GAP: Final = 2
"""Places from the last word of a title to the first of a body: no phrase goes across."""


@dataclass(frozen=True, slots=True)
class Vector:
    """A text as it is searched: a ``tsvector``, and the words in a row where it can't place all."""

    lexemes: str
    long_text: str | None


def words_in(text: str) -> list[str]:
    """The words of a text in their order, as the index has them."""
    # Forms of capitals, such as those of mathematics, were folded to capitals.
    words = fold_search(text).lower().replace("_", " ").split()
    # Signs of currency and the like stand alone, and are no words.
    return [word[:LONGEST] for word in words if len(word) > 1 or is_word_letter(word)]


def pairs(words: Sequence[str]) -> Iterable[tuple[int, str]]:
    """The neighbours in scripts without spaces, each with the place of the first."""
    alone = [len(word) == 1 and bool(UNSPACED.match(word)) for word in words]
    for place in range(len(words) - 1):
        if alone[place] and alone[place + 1]:
            yield place, words[place] + words[place + 1]


def vector(title: str, body: str, others: Iterable[str]) -> Vector:
    """A text with its title, and with lexemes, as they are written, of what is no word of it."""
    places: defaultdict[str, list[str]] = defaultdict(list)
    size, is_whole, start = 0, True, 1
    in_title, in_body = words_in(title), words_in(body)
    for words, weight in ((in_title, "A"), (in_body, "")):
        for place, word in [*enumerate(words), *pairs(words)]:
            if size > LARGEST:
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
    """A lexeme as vectors and queries write it; nothing in it has a meaning."""
    return "'" + lexeme.replace("\\", "\\\\").replace("'", "''") + "'"


def any_of(words: Sequence[str]) -> str:
    """The ``tsquery`` that one of several is enough for, nested: PostgreSQL's stack is not deep."""
    if len(words) == 1:
        return words[0]
    half = len(words) // 2
    return f"({any_of(words[:half])} | {any_of(words[half:])})"


def filed_under(token: str) -> str:
    """A word of data.store.sql.search.tokens_of, as vectors and queries write it.

    A colon parts it from those of texts. A filter may be longer than a lexeme can be.
    """
    return quoted(f":{token[:LONGEST_TOKEN]}")


@dataclass(frozen=True, slots=True)
class Phrase:
    """A term as it is looked for: its words, which must be there; these in their order; as text.

    The first two are ``tsquery``. Where it is one word, the others are empty: it has no order. The
    text is looked for in `Vector.long_text`.
    """

    words: str
    ordered: str
    text: str


def phrase(term: Term) -> Phrase | None:
    """A term as it is looked for; None where it holds no word."""
    words = words_in(term.words)
    if not words:
        return None
    found = dict(enumerate(words))
    for place, pair in pairs(words):
        found[place] = pair
        # The last letter is in the last pair.
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
