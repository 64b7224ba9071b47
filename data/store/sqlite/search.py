"""The search index of the SQLite store, with FTS5."""

from collections.abc import Sequence
from typing import Any, Final

from data.search.expression import And, Expression, Label, Not, Or, Term
from data.search.query import Query
from data.store.shared_sql.database.connection import Database
from data.store.shared_sql.search import IndexPeriod, Ranked, SearchPart
from data.store.shared_sql.search_index import ANY, IndexEntry, SearchIndexPart, token
from data.text.folding import fold_search

TITLE_WEIGHT: Final = 8.0
"""Weight of a word in a title, relative to a word in a body."""

SHOWN_ROW: Final = (
    "s.release IS NOT NULL AND s.release NOT IN (SELECT release FROM hidden_releases)"
)
"""SQL condition for index rows that searches return, without old versions and hidden releases."""


class SqliteSearch(SearchIndexPart, SearchPart):
    """Search methods of the store, with FTS5 and BM25 ranking."""

    def _matches_in(self, columns: str, query: Query, period: IndexPeriod, limit: int) -> list[Any]:
        del query
        return self._ask(
            # CROSS JOIN fixes the order of the loops, so that the query stops at the limit.
            f"SELECT {columns} FROM search f CROSS JOIN search_rows s ON s.row = f.rowid"
            f" WHERE f.search MATCH ? AND f.rowid BETWEEN ? AND ? AND {SHOWN_ROW}"
            " ORDER BY f.rowid DESC LIMIT ?",
            [matched(period.expression), period.first, period.last, limit],
        )

    def _ranks_in(self, query: Query, period: IndexPeriod, limit: int) -> list[Ranked]:
        rank = f"bm25(search, {TITLE_WEIGHT}, 1.0, 0.0)"
        columns = f"{rank} AS rank, -s.row, s.release"
        return self._matches_in(columns, query, period, limit)

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


def matched(expression: Expression) -> str:
    """Convert a search expression, which contains no day filters, to FTS5 syntax."""
    match expression:
        case Term(words, prefix, _, place):
            # Folded words have no special characters.
            return f'{{{place or "title body"}}} : "{words}"' + (" *" if prefix else "")
        case Label(name, values):
            several = " OR ".join(f'"{token(name, value)}"' for value in sorted(values))
            return f"tokens : ({several})"
        case Or(parts) if parts:
            return " OR ".join(f"({matched(one)})" for one in parts)
        case Not():
            return matched(And((expression,)))
        case And(parts):
            found = " AND ".join(f"({matched(one)})" for one in parts if not isinstance(one, Not))
            excluded = [f"({matched(one.part)})" for one in parts if isinstance(one, Not)]
            found = found or f"tokens : {ANY}"
            return f"({found}) NOT ({' OR '.join(excluded)})" if excluded else found
    raise ValueError(f"{expression!r} can't be compiled")
