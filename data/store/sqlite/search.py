"""The search index of the SQLite store: entered in batches, apart from the writes of visits."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from itertools import groupby, islice
from typing import Final, TypeAlias

import msgspec

from data.models import Content, Release
from data.search.query import Query, Term, terms_of
from data.store.sqlite.connection import Part, places
from data.store.sqlite.releases import select_releases
from data.text.folding import fold_search

Found: TypeAlias = tuple[int, str, str, str]
"""Of a release: its number, source, day and content."""

BATCH: Final = 200
"""Releases that are entered in one transaction: visits wait for the store for a moment only."""

TITLE_WEIGHT: Final = 8.0

RANKED: Final = 5000
"""Matches that are ranked, the newest ones: the work must not grow with the archive."""

ROW_BITS: Final = 24
"""Bits of a row of the index below those of its day: so many releases of one day have a place."""

NO_DAY: Final = 0
"""Stands for the day of what has none: the first of January of the year 1 is 1."""

_content = msgspec.json.Decoder(Content)


class SearchPart(Part):
    """The verbs of data.store.protocol.Store that search."""

    def enter_queued(self) -> int:
        """Enter all that waits; how many releases."""
        entered = 0
        while count := self._index_batch():
            entered += count
        return entered

    def awaits_indexing(self) -> bool:
        """Whether something waits to be entered."""
        return bool(self._ask("SELECT 1 FROM search_queue LIMIT 1"))

    def search(
        self, query: Query, *, limit: int, offset: int = 0, newest: bool = False
    ) -> tuple[Release, ...]:
        """The releases that a query finds, best first (BM25, titles before bodies), or newest.

        Of more than `RANKED` matches, the newest are ranked and the others left out. Only what
        `index` has entered is found. A query that asks for nothing finds nothing.
        """
        asked = expression(query)
        if asked is None:
            return ()
        hits = self._ask(
            f"SELECT rowid, bm25(search, {TITLE_WEIGHT}, 1.0, 0.0) FROM search"
            " WHERE search MATCH ? AND rowid BETWEEN ? AND ? ORDER BY rowid DESC LIMIT ?",
            [asked, *rows_between(query.since, query.until), RANKED],
        )
        # They come with the newest first.
        order = hits if newest else sorted(hits, key=lambda hit: (hit[1], -hit[0]))
        numbers = islice(self._releases_at([row for row, _ in order]), offset, offset + limit)
        return tuple(
            release
            for number in numbers
            for release in select_releases(self._connection, "WHERE r.number = ?", [number])
        )

    def _releases_at(self, rows: list[int]) -> Iterator[int]:
        """The numbers of the releases in these rows of the index; old versions have none."""
        for place in range(0, len(rows), BATCH):
            some = rows[place : place + BATCH]
            found = dict(
                self._ask(
                    f"SELECT row, release FROM search_rows WHERE row IN ({places(some)})"
                    " AND release IS NOT NULL"
                    " AND release NOT IN (SELECT release FROM hidden_releases)",
                    some,
                )
            )
            yield from (found[row] for row in some if row in found)

    def _index_batch(self) -> int:
        with self._writing() as db:
            rows = self._ask(
                "SELECT r.number, r.source, r.day, r.content FROM search_queue u"
                " JOIN releases r ON r.number = u.release ORDER BY u.release LIMIT ?",
                [BATCH],
            )
            numbers = [(row[0],) for row in rows]
            db.executemany("UPDATE search_rows SET release = NULL WHERE release = ?", numbers)
            entries, entered = [], []
            for row, (number, source, _, text) in self._in_rows(rows):
                content = _content.decode(text)
                tokens = tokens_of(source, content.topics)
                entries.append(
                    (row, fold_search(content.title), fold_search(content.body_text), tokens)
                )
                entered.append((row, number))
            db.executemany(
                "INSERT INTO search (rowid, title, body, tokens) VALUES (?, ?, ?, ?)", entries
            )
            db.executemany("INSERT INTO search_rows (row, release) VALUES (?, ?)", entered)
            db.executemany("DELETE FROM search_queue WHERE release = ?", numbers)
        return len(rows)

    def _in_rows(self, found: list[Found]) -> Iterator[tuple[int, Found]]:
        """Each release with a free row of its day, by rows."""
        for day, some in groupby(
            sorted(found, key=lambda one: (one[2], one[0])), lambda one: one[2]
        ):
            first, last = rows_of_day(day)
            ((free,),) = self._ask(
                "SELECT coalesce(max(row) + 1, ?1) FROM search_rows WHERE row BETWEEN ?1 AND ?2",
                [first, last],
            )
            yield from enumerate(some, start=free)


def expression(query: Query) -> str | None:
    """The query in the language of FTS5, or None where it asks for nothing."""
    terms = terms_of(query.text)
    wanted = [phrase(term) for term in terms if term.wanted]
    if not wanted:
        return None
    asked = " AND ".join(wanted)
    for term in terms:
        if not term.wanted:
            asked = f"({asked}) NOT {phrase(term)}"
    tokens = [
        " OR ".join(f'"{token(kind, name)}"' for name in names.split(","))
        for kind, names in (("s", query.source), ("t", query.topic))
        if names
    ]
    filters = (f"(tokens : ({one}))" for one in tokens)
    return " AND ".join([f"({{title body}} : ({asked}))", *filters])


def phrase(term: Term) -> str:
    """A term in the language of FTS5: a string, in which nothing has a meaning."""
    return f'"{term.words}"' + (" *" if term.prefix else "")


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


def token(kind: str, name: str) -> str:
    """A word that stands for a source (``s``) or topic (``t``) in the index."""
    return f"x{kind}{name.encode('utf-8', 'replace').hex()}"


def tokens_of(source: str, topics: tuple[str, ...]) -> str:
    """The words that stand for the source and the topics of a release."""
    return " ".join([token("s", source), *(token("t", topic) for topic in topics)])
