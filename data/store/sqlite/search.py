"""The search index of the SQLite store, with FTS5."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from data.search.query import Query, Term, terms_of
from data.store.shared_sql.database.connection import Database, places
from data.store.shared_sql.search import (
    ANY,
    BATCH,
    RANKED,
    SEARCH_TIMEOUT_SECONDS,
    IndexEntry,
    SearchPart,
    filters,
    rows_between,
)
from data.text.folding import fold_search

TITLE_WEIGHT: Final = 8.0
"""Weight of a word in a title, relative to a word in a body."""

SHOWN_ROW: Final = (
    "s.release IS NOT NULL AND s.release NOT IN (SELECT release FROM hidden_releases)"
)
"""SQL condition for rows that can be found. Rows of old versions and hidden releases can't."""


class SqliteSearch(SearchPart):
    """Search methods of the store, with FTS5 and BM25 ranking."""

    def _ranked(self, query: Query) -> Iterable[int]:
        with self._connection.bounded(SEARCH_TIMEOUT_SECONDS):
            hits = self._ask(
                f"SELECT rowid, bm25(search, {TITLE_WEIGHT}, 1.0, 0.0) FROM search"
                " WHERE search MATCH ? AND rowid BETWEEN ? AND ? ORDER BY rowid DESC LIMIT ?",
                [expression(query), *rows_between(query), RANKED],
            )
        order = sorted(hits, key=lambda hit: (hit[1], -hit[0]))
        return self._releases_at([row for row, _ in order])

    def _matching(
        self, columns: str, query: Query, limit: int, cursor: int | None = None
    ) -> list[Any]:
        if query.is_empty:
            return []
        with self._connection.bounded(SEARCH_TIMEOUT_SECONDS):
            return self._ask(
                # CROSS JOIN fixes the order of the loops, so that the query stops at the limit.
                f"SELECT {columns} FROM search f CROSS JOIN search_rows s ON s.row = f.rowid"
                f" WHERE f.search MATCH ? AND f.rowid BETWEEN ? AND ? AND {SHOWN_ROW}"
                " ORDER BY f.rowid DESC LIMIT ?",
                [expression(query), *rows_between(query, cursor), limit],
            )

    def _releases_at(self, rows: list[int]) -> Iterator[int]:
        """Yield the release numbers of these index rows; rows of old versions are skipped."""
        for place in range(0, len(rows), BATCH):
            some = rows[place : place + BATCH]
            found = dict(
                self._ask(
                    f"SELECT s.row, s.release FROM search_rows s WHERE s.row IN ({places(some)})"
                    f" AND {SHOWN_ROW}",
                    some,
                )
            )
            yield from (found[row] for row in some if row in found)

    def _enter_releases(self, db: Database, entries: Sequence[IndexEntry]) -> None:
        # The index doesn't store texts, so entries can't be deleted; old rows are skipped instead.
        db.executemany(
            "UPDATE search_rows SET release = NULL WHERE release = ?",
            [(one.release,) for one in entries],
        )
        db.executemany(
            "INSERT INTO search (rowid, title, body, tokens) VALUES (?, ?, ?, ?)",
            [
                (
                    one.row,
                    fold_search(one.content.title),
                    fold_search(one.content.body_text),
                    one.tokens,
                )
                for one in entries
            ],
        )
        db.executemany(
            "INSERT INTO search_rows (row, release, filed) VALUES (?, ?, ?)",
            [(one.row, one.release, one.filed) for one in entries],
        )


def expression(query: Query) -> str:
    """Return a query as an FTS5 expression."""
    terms = terms_of(query.text)
    wanted = [phrase(term) for term in terms if term.wanted]
    parts = [f"({{title body}} : ({' AND '.join(wanted)}))"] if wanted else []
    for names in filters(query):
        several = " OR ".join(f'"{name}"' for name in names)
        parts.append(f"(tokens : ({several}))")
    asked = " AND ".join(parts or [f"(tokens : {ANY})"])
    for term in terms:
        if not term.wanted:
            asked = f"({asked}) NOT ({{title body}} : {phrase(term)})"
    return asked


def phrase(term: Term) -> str:
    """Return a term as an FTS5 string without special characters."""
    return f'"{term.words}"' + (" *" if term.prefix else "")
