"""Search queries and their results: pages of releases, and numbers of matches.

A release must contain all words of a query. ``"a phrase"`` in quotation marks matches successive
words, ``harb*`` matches words with this beginning (at least three letters), and ``-word`` or ``-"a
phrase"`` excludes releases. Other characters have no meaning, so every text is a valid query. Case
and accents are ignored. In scripts without spaces, each run of letters is a phrase.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from data.models import Release
from data.text.folding import fold_search

MAX_QUERY_LENGTH: Final = 1000
MAX_TERMS: Final = 32
"""Maximum number of terms in a query. Together with MAX_QUERY_LENGTH (characters), this limits the
work of a search."""

MIN_PREFIX_LETTERS: Final = 3
"""Minimum number of letters of a prefix. Shorter prefixes would match a large share of all
words."""

OPERATORS: Final = ("AND", "OR", "NOT")
"""Operators of other search languages. In our queries, they are ordinary words."""

TERM: Final = re.compile(r'(-?)(?:"([^"]*)"?|([^\s"]+))')


@dataclass(frozen=True, slots=True)
class Query:
    """A search query: ``text`` in the syntax of this module, and filters, which may be None.

    Days are inclusive. Several sources, topics, languages or states are separated by commas, and a
    match with one of them is enough. ``en`` also matches ``en-GB``, but ``en-GB`` does not match
    ``en``. data.search.query.STATES lists the states.
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
        """Return whether the query selects nothing: it has no required word and no filter.

        A query whose text has no words selects nothing, whatever its filters.
        """
        terms = terms_of(self.text)
        if any(term.wanted for term in terms):
            return False
        filters = (self.source, self.topic, self.language, self.state, self.since, self.until)
        return not any(filters) or (not terms and bool(self.text.strip()))


@dataclass(frozen=True, slots=True)
class Term:
    """A folded term of a query: successive words, of which the last one may be a prefix.

    ``written`` is the original word if other forms of the word also match. It is empty for phrases,
    prefixes and excluded terms.
    """

    words: str
    prefix: bool = False
    wanted: bool = True
    written: str = ""


def short_beginnings(text: str) -> tuple[str, ...]:
    """Return the prefixes in a query that are too short and thus treated as words."""
    found = (phrase or word for _, phrase, word in TERM.findall(text[:MAX_QUERY_LENGTH]))
    return tuple(
        raw
        for raw in found
        if raw.rstrip().endswith("*")
        and 0 < len(fold_search(raw).rpartition(" ")[2]) < MIN_PREFIX_LETTERS
    )


def operators_read_as_words(text: str) -> tuple[str, ...]:
    """Return the operators of other search languages in a query, each only once."""
    raw = [word and minus + word for minus, _, word in TERM.findall(text[:MAX_QUERY_LENGTH])]
    # An operator at the end joins nothing. At the start, only NOT is an operator.
    found = (word for at, word in enumerate(raw[:-1]) if at or word == "NOT")
    return tuple(dict.fromkeys(word for word in found if word in OPERATORS))


def terms_of(text: str, *, most: int = MAX_TERMS) -> tuple[Term, ...]:
    """Return the first ``most`` terms of a query. Terms without words are skipped."""
    found = []
    for minus, phrase, word in TERM.findall(text[:MAX_QUERY_LENGTH]):
        raw = phrase or word
        words = fold_search(raw)
        if words:
            last = words.rpartition(" ")[2]
            prefix = raw.rstrip().endswith("*") and len(last) >= MIN_PREFIX_LETTERS
            is_one = not (phrase or prefix or minus or " " in words)
            found.append(Term(words, prefix, not minus, raw if is_one else ""))
    return tuple(found[:most])


MAX_COUNTED: Final = 10_000
"""Maximum number of matches that are counted. With this limit, the work does not grow with the
store."""

STATES: Final = ("corrected", "retracted")
"""States of releases by which searches can filter."""


@dataclass(frozen=True, slots=True)
class Hits:
    """A page of search results. ``cursor`` leads to the next page, and is None on the last page."""

    releases: tuple[Release, ...]
    cursor: int | None


@dataclass(frozen=True, slots=True)
class Matches:
    """Numbers of matching releases: in total, and by source, topic, language, period and state.

    If there are ``more`` matches than `MAX_COUNTED`, only the newest are counted. Languages have no
    region; periods are ISO years and months. Counts of 0 are omitted.
    """

    total: int
    more: bool
    sources: Mapping[str, int]
    topics: Mapping[str, int]
    languages: Mapping[str, int]
    periods: Mapping[str, int]
    states: Mapping[str, int]
