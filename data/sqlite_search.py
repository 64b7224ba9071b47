"""The search index of the SQLite store: entered in batches, apart from the writes of visits."""

from __future__ import annotations

from typing import Final

import msgspec

from data.models import Content, Release
from data.search import Query, expression, folded, marks_of
from data.sqlite_editions import SqliteEditions
from data.sqlite_reading import FIRST_DAY, LAST_DAY

BATCH: Final = 200
"""Releases that are entered in one transaction: visits wait for the store for a moment only."""

TITLE_WEIGHT: Final = 8.0

_content = msgspec.json.Decoder(Content)


class SqliteSearch(SqliteEditions):
    """The verbs of data.store.Store that search."""

    def index(self) -> int:
        """Enter what was recorded since the last time into the search index; how many releases.

        Its language editions are joined first: only now all of a visit are there.
        """
        self._join_editions()
        entered = 0
        while count := self._index_batch():
            entered += count
        return entered

    def search(
        self, query: Query, *, limit: int, offset: int = 0, newest: bool = False
    ) -> tuple[Release, ...]:
        """The releases that a query finds, best first (BM25, titles before bodies), or newest.

        Only what `index` has entered is found. A query that asks for nothing finds nothing.
        """
        asked = expression(query)
        if asked is None:
            return ()
        best = f"bm25(f.search, {TITLE_WEIGHT}, 1.0, 0.0), s.day DESC, s.release"
        order = "s.day DESC, s.release DESC" if newest else best
        numbers = self._ask(
            "SELECT s.release FROM search f JOIN search_rows s ON s.row = f.rowid"
            " WHERE f.search MATCH :asked AND s.release IS NOT NULL"
            " AND s.day BETWEEN :since AND :until"
            f" ORDER BY {order}"
            " LIMIT :limit OFFSET :offset",
            {
                "asked": asked,
                "since": query.since.isoformat() if query.since else FIRST_DAY,
                "until": query.until.isoformat() if query.until else LAST_DAY,
                "limit": limit,
                "offset": offset,
            },
        )
        return tuple(
            release
            for (number,) in numbers
            for release in self._releases("WHERE r.number = ?", [number])
        )

    def _index_batch(self) -> int:
        with self._writing() as db:
            rows = self._ask(
                "SELECT r.number, r.source, r.day, r.content FROM unindexed u"
                " JOIN releases r ON r.number = u.release ORDER BY r.number LIMIT ?",
                [BATCH],
            )
            ((last,),) = self._ask("SELECT coalesce(max(row), 0) FROM search_rows")
            numbers = [(row[0],) for row in rows]
            db.executemany("UPDATE search_rows SET release = NULL WHERE release = ?", numbers)
            entries = []
            for row, (_, source, _, text) in enumerate(rows, start=last + 1):
                content = _content.decode(text)
                marks = marks_of(source, content.topics)
                entries.append((row, folded(content.title), folded(content.body_text), marks))
            db.executemany(
                "INSERT INTO search (rowid, title, body, marks) VALUES (?, ?, ?, ?)", entries
            )
            db.executemany(
                "INSERT INTO search_rows (row, release, day) VALUES (?, ?, ?)",
                [(row, r[0], r[2]) for row, r in enumerate(rows, start=last + 1)],
            )
            db.executemany("DELETE FROM unindexed WHERE release = ?", numbers)
        return len(rows)
