"""The search index of the PostgreSQL store: full text in ``tsvector`` with a GIN index."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from data.search.query import Query, terms_of
from data.store.postgres.lexemes import (
    STEMMERS,
    any_of,
    filed_under,
    forms,
    phrase,
    quoted,
    stems,
    vector,
)
from data.store.shared_sql.database.connection import Database
from data.store.shared_sql.search import (
    RANKED,
    SEARCH_TIMEOUT_SECONDS,
    IndexEntry,
    SearchPart,
    filters,
    rows_between,
)

WEIGHTS: Final = "{0.125, 0.125, 0.125, 1.0}"
"""Weights of words in the classes D, C, B and A. Words of titles are in A and words of bodies in D,
with the same weights as in SQLite's index."""

BY_LENGTH: Final = 1
"""Option of ts_rank that divides a rank by the logarithm of the text's length."""


class PostgresSearch(SearchPart):
    """Search methods of the store, with PostgreSQL's full-text search.

    Words, phrases, prefixes and filters match as in SQLite. A single word without quotation marks
    also matches its other forms, in the languages for which PostgreSQL has stemmers.
    """

    def enter_queued(self, on_progress: Callable[[int], None] | None = None) -> int:
        entered = super().enter_queued(on_progress)
        if entered:
            # Until the pending list is merged, each search scans it.
            self._ask("SELECT gin_clean_pending_list('search_words')")
        return entered

    def _ranked(self, query: Query) -> Iterable[int]:
        with self._connection.bounded(SEARCH_TIMEOUT_SECONDS):
            wanted = self._wanted(query)
            if wanted is None:
                return ()
            where, arguments = condition(query, wanted)
            hits = self._ask(
                "SELECT f.release FROM (SELECT s.row, s.release, s.words FROM search_rows s"
                f" WHERE {where} ORDER BY {NO_ORDER} DESC LIMIT ?) f"
                " ORDER BY ts_rank(?::real[], f.words, ?::tsquery, ?::integer) DESC, f.row DESC",
                [*arguments, RANKED, WEIGHTS, " & ".join(wanted), BY_LENGTH],
            )
        return [number for (number,) in hits]

    def _matching(
        self, columns: str, query: Query, limit: int, cursor: int | None = None
    ) -> list[Any]:
        if query.is_empty:
            return []
        with self._connection.bounded(SEARCH_TIMEOUT_SECONDS):
            wanted = self._wanted(query)
            if wanted is None:
                return []
            where, arguments = condition(query, wanted, cursor)
            order = NO_ORDER if NO_ORDER in where else "s.row"
            return self._ask(
                f"SELECT {columns} FROM search_rows s WHERE {where} ORDER BY {order} DESC LIMIT ?",
                [*arguments, limit],
            )

    def _wanted(self, query: Query) -> list[str] | None:
        """Return the required terms as ``tsquery`` values.

        Returns None if a term can't occur in any text.
        """
        languages = query.language.split(",") if query.language else [*STEMMERS]
        wanted = []
        for term in terms_of(query.text):
            if not term.wanted:
                continue
            found = phrase(term)
            if found is None:
                return None
            others = forms(self._connection, term.written, languages) if term.written else []
            wanted.append(any_of([f"({found.words})", *map(quoted, others)]))
        return wanted

    def _enter_releases(self, db: Database, entries: Sequence[IndexEntry]) -> None:
        db.executemany(
            "DELETE FROM search_rows WHERE release = ?", [(one.release,) for one in entries]
        )
        rows = []
        for one in entries:
            title, body = one.content.title, one.content.body_text
            others = [quoted(stem) for stem in stems(self._connection, one.language, (title, body))]
            others += map(filed_under, one.tokens.split())
            text = vector(title, body, others)
            rows.append((one.row, one.release, one.filed, text.lexemes, text.long_text))
        db.executemany(
            "INSERT INTO search_rows (row, release, filed, words, long_text)"
            " VALUES (?, ?, ?, ?::tsvector, ?)",
            rows,
        )


NO_ORDER: Final = "s.row + 0"
"""The row number as an expression that is in no index.

The full-text index finds matching words, but in no particular order. With a plain column, the
planner might use the order of rows instead, and read all texts to find a rare word."""

IN_ORDER: Final = (
    "CASE WHEN s.long_text IS NULL THEN s.words @@ ?::tsquery"
    " ELSE s.words @@ ?::tsquery AND strpos(s.long_text, ?) > 0 END"
)


def condition(
    query: Query, wanted: Sequence[str], cursor: int | None = None
) -> tuple[str, list[Any]]:
    """Return SQL for the rows that match a query, and its arguments.

    A condition with words uses `NO_ORDER`.
    """
    words = [*wanted, *(any_of([*{*map(filed_under, names)}]) for names in filters(query))]
    parts = [
        f"{NO_ORDER if words else 's.row'} BETWEEN ? AND ?",
        "s.release NOT IN (SELECT release FROM hidden_releases)",
    ]
    arguments: list[Any] = [*rows_between(query, cursor)]
    for term in sorted(terms_of(query.text), key=lambda one: not one.wanted):
        found = phrase(term)
        if found and found.ordered:
            parts.append(IN_ORDER if term.wanted else f"NOT {IN_ORDER}")
            arguments += [found.ordered, found.words, found.text]
        elif found and not term.wanted:
            words.append(f"!{found.words}")
    if words:
        parts.append("s.words @@ ?::tsquery")
        arguments.append(" & ".join(words))
    return " AND ".join(parts), arguments
