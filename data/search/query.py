"""Searching releases: what is asked, in the form that the index understands.

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

from data.models import Content
from data.text.folding import fold_search

LONGEST: Final = 1000
MOST_TERMS: Final = 32
"""Characters and terms of a query that are read: a bound on the work that it can ask for."""

LEAST_BEGINNING: Final = 3
"""Letters of a word's beginning: the words that begin with fewer are a large part of all."""

RANKED: Final = 5000
"""Matches that are ranked, the newest ones: the work must not grow with the archive."""

ROW_BITS: Final = 24
"""Bits of a row of the index below those of its day: so many releases of one day have a place."""

NO_DAY: Final = 0
"""Stands for the day of what has none: the first of January of the year 1 is 1."""

PASSAGE: Final = 240
"""Characters of a body that are shown with a hit."""

TERM: Final = re.compile(r'(-?)(?:"([^"]*)"?|([^\s"]+))')


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked: ``text`` as above, and filters, None for all. Days are inclusive.

    Where several sources or topics are named, parted by commas, any of them will do.
    """

    text: str
    source: str | None = None
    topic: str | None = None
    since: dt.date | None = None
    until: dt.date | None = None


@dataclass(frozen=True, slots=True)
class Term:
    """One part of a query, folded: words in a row, the last one perhaps only the beginning."""

    words: str
    prefix: bool = False
    wanted: bool = True

    @property
    def expression(self) -> str:
        """The term in the language of FTS5: a string, in which nothing has a meaning."""
        return f'"{self.words}"' + (" *" if self.prefix else "")


def terms_of(text: str) -> tuple[Term, ...]:
    """The terms of a query; those that hold no word are left out."""
    found = []
    for minus, phrase, word in TERM.findall(text[:LONGEST]):
        raw = phrase or word
        words = fold_search(raw)
        if words:
            last = words.rpartition(" ")[2]
            prefix = raw.rstrip().endswith("*") and len(last) >= LEAST_BEGINNING
            found.append(Term(words, prefix=prefix, wanted=not minus))
    return tuple(found[:MOST_TERMS])


def expression(query: Query) -> str | None:
    """The query in the language of FTS5, or None where it asks for nothing."""
    terms = terms_of(query.text)
    wanted = [term.expression for term in terms if term.wanted]
    if not wanted:
        return None
    asked = " AND ".join(wanted)
    for term in terms:
        if not term.wanted:
            asked = f"({asked}) NOT {term.expression}"
    marks = [
        " OR ".join(f'"{mark(kind, name)}"' for name in names.split(","))
        for kind, names in (("s", query.source), ("t", query.topic))
        if names
    ]
    return " AND ".join([f"({{title body}} : ({asked}))", *(f"(tokens : ({m}))" for m in marks)])


def rows_between(since: dt.date | None, until: dt.date | None) -> tuple[int, int]:
    """The first and last row of the index for releases of these days (inclusive; None: open).

    What has no day stands before all days.
    """
    first = since.toordinal() if since else NO_DAY
    return first << ROW_BITS, (((until or dt.date.max).toordinal() + 1) << ROW_BITS) - 1


def rows_of_day(day: str) -> tuple[int, int]:
    """The first and last row of the index for releases of a day as ISO writes it, or of none."""
    number = dt.date.fromisoformat(day).toordinal() if day else NO_DAY
    return number << ROW_BITS, ((number + 1) << ROW_BITS) - 1


def mark(kind: str, name: str) -> str:
    """A word that stands for a source (``s``) or topic (``t``) in the index."""
    return f"x{kind}{name.encode('utf-8', 'replace').hex()}"


def marks_of(source: str, topics: tuple[str, ...]) -> str:
    """The words that stand for the source and the topics of a release."""
    return " ".join([mark("s", source), *(mark("t", topic) for topic in topics)])


def passage(content: Content, query: Query) -> str:
    """The part of a body where the first of the terms stands, or its beginning; one line."""
    text = " ".join(content.body_text.split())
    start = 0
    for term in terms_of(query.text):
        first = term.words.partition(" ")[0]
        place = text.casefold().find(first) if term.wanted else -1
        if place >= 0:
            start = max(0, text.rfind(" ", 0, max(0, place - PASSAGE // 3)) + 1)
            break
    end = start + PASSAGE
    cut = text[start:end] if end >= len(text) else text[start:end].rsplit(" ", 1)[0]
    return ("… " if start else "") + cut + (" …" if start + len(cut) < len(text) else "")
