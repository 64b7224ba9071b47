"""Searching releases: what a query asks for.

A query is words, which must all be there; ``"a phrase"`` in quotation marks; ``harb*`` for all
words that begin so (three letters or more); ``-word`` or ``-"a phrase"`` for what must not be
there. Nothing else in it has a meaning, so no text is a wrong query. Case and accents make no
difference. In scripts that write no spaces each run of letters is a phrase.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import Final

from data.text.folding import fold_search

LONGEST: Final = 1000
MOST_TERMS: Final = 32
"""Characters and terms of a query that are read: a bound on the work that it can ask for."""

LEAST_BEGINNING: Final = 3
"""Letters of a word's beginning: the words that begin with fewer are a large part of all."""

OPERATORS: Final = ("AND", "OR", "NOT")
"""What other searches give a meaning, and this one reads as words."""

TERM: Final = re.compile(r'(-?)(?:"([^"]*)"?|([^\s"]+))')


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked: ``text`` as above, and filters, None for all. Days are inclusive.

    Where several sources, topics, languages or states are named, parted by commas, any of them will
    do. What is in ``en-GB`` is in ``en``, not the other way round. The states are those of
    data.search.matches.STATES.
    """

    text: str
    source: str | None = None
    topic: str | None = None
    since: dt.date | None = None
    until: dt.date | None = None
    language: str | None = None
    state: str | None = None

    @property
    def is_empty(self) -> bool:
        """Whether it asks for nothing: no word of it must be there, and no filter chooses.

        A text without a word is no query, whatever the filters.
        """
        terms = terms_of(self.text)
        if any(term.wanted for term in terms):
            return False
        filters = (self.source, self.topic, self.language, self.state, self.since, self.until)
        return not any(filters) or (not terms and bool(self.text.strip()))


@dataclass(frozen=True, slots=True)
class Term:
    """One part of a query, folded: words in a row, the last one perhaps only the beginning.

    ``written`` is a word as people wrote it where other forms of it will do; it is empty for what
    stands in quotation marks, for beginnings and for what must not be there.
    """

    words: str
    prefix: bool = False
    wanted: bool = True
    written: str = ""


def short_beginnings(text: str) -> tuple[str, ...]:
    """The beginnings in a query that are too short, and so looked for as whole words."""
    found = (phrase or word for _, phrase, word in TERM.findall(text[:LONGEST]))
    return tuple(
        raw
        for raw in found
        if raw.rstrip().endswith("*")
        and 0 < len(fold_search(raw).rpartition(" ")[2]) < LEAST_BEGINNING
    )


def operators_read_as_words(text: str) -> tuple[str, ...]:
    """The operators of other searches that stand before a word, each once, as people write them."""
    raw = [word and minus + word for minus, _, word in TERM.findall(text[:LONGEST])]
    # The last one joins nothing, and the first one only where it denies what follows.
    found = (word for at, word in enumerate(raw[:-1]) if at or word == "NOT")
    return tuple(dict.fromkeys(word for word in found if word in OPERATORS))


def terms_of(text: str, *, most: int = MOST_TERMS) -> tuple[Term, ...]:
    """The terms of a query, the first ``most``; those that hold no word are left out."""
    found = []
    for minus, phrase, word in TERM.findall(text[:LONGEST]):
        raw = phrase or word
        words = fold_search(raw)
        if words:
            last = words.rpartition(" ")[2]
            prefix = raw.rstrip().endswith("*") and len(last) >= LEAST_BEGINNING
            is_one = not (phrase or prefix or minus or " " in words)
            found.append(Term(words, prefix, not minus, raw if is_one else ""))
    return tuple(found[:most])
