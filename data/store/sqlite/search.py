"""The search index of the SQLite store: entered in batches, apart from the writes of visits."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby, islice
from typing import Final, TypeAlias

import msgspec

from data.models import Content, Release
from data.search.query import RANKED, Query, expression, marks_of, rows_between, rows_of_day
from data.store.sqlite.connection import Part, places
from data.store.sqlite.releases import select_releases
from data.text.folding import fold_search

Found: TypeAlias = tuple[int, str, str, str]
"""Of a release: its number, source, day and content."""

BATCH: Final = 200
"""Releases that are entered in one transaction: visits wait for the store for a moment only."""

TITLE_WEIGHT: Final = 8.0

_content = msgspec.json.Decoder(Content)


class SearchPart(Part):
    """The verbs of data.store.protocol.Store that search."""

    def enter_queued(self) -> int:
        """Enter all that waits; how many releases."""
        entered = 0
        while count := self._index_batch():
            entered += count
        return entered

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
                    " AND release IS NOT NULL",
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
                marks = marks_of(source, content.topics)
                entries.append(
                    (row, fold_search(content.title), fold_search(content.body_text), marks)
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
