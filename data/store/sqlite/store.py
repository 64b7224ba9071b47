"""The default store: one SQLite file, with a search index by FTS5."""

import os
import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from data.files import pieces_of
from data.search.expression import And, Expression, Label, Not, Or, Term
from data.search.query import Query
from data.sqlite_file import BUSY_SECONDS, files_of
from data.store.core.store import NO_ALERTS, NOT_OF_ARCHIVE, Store
from data.store.shared_sql.connection import Database
from data.store.shared_sql.recording import BandRow, Tables
from data.store.shared_sql.rows import encode
from data.store.shared_sql.search import IndexPeriod, Ranked
from data.store.shared_sql.search_index import ANY, IndexEntry, token
from data.store.sqlite.connection import SqliteConnection
from data.text.folding import fold_search

TITLE_WEIGHT: Final = 8.0
"""Weight of a word in a title, relative to a word in a body."""

SHOWN_ROW: Final = (
    "s.release IS NOT NULL AND s.release NOT IN (SELECT release FROM hidden_releases)"
)
"""SQL condition for index rows that searches return, without old versions and hidden releases."""


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


class SqliteTables(Tables):
    """The recorder's tables, with an index of similar texts that is sorted by band."""

    def _stored_in_bands(self, bands: Sequence[int]) -> Sequence[BandRow]:
        return self._ask(
            "SELECT band, release, anchors FROM json_each(?) j"
            " CROSS JOIN lsh_bands ON band = j.value",
            [encode(bands)],
        )

    def _write_bands(self, number: int, bands: Sequence[int], anchors: int) -> None:
        self._later(
            "INSERT OR IGNORE INTO lsh_bands (band, release, anchors)"
            " SELECT value, ?, ? FROM json_each(?)",
            (number, anchors, encode(bands)),
        )

    def _delete_bands(self, number: int, bands: Sequence[int]) -> None:
        self._db.executemany(
            "DELETE FROM lsh_bands WHERE band = ? AND release = ?",
            [(band, number) for band in bands],
        )


class SqliteStore(Store):
    """The store on SQLite: WAL, strict tables, writes under BEGIN IMMEDIATE, searches with FTS5.

    ``patience`` is the maximum time in seconds to wait for another writer. Raises StoreError if the
    file at ``path`` can't be opened or is not a store.
    """

    _connection: SqliteConnection

    def __init__(self, path: Path, *, patience: float = BUSY_SECONDS) -> None:
        super().__init__(SqliteConnection(path, patience=patience))

    def _tables(self) -> Tables:
        return SqliteTables(self._connection)

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

    def keep_private(self) -> None:
        for file in files_of(self._connection.path):
            if file.exists():
                file.chmod(0o600)

    def overwrite_free_space(self) -> None:
        self._connection.overwrite_free_space()

    def was_empty(self) -> bool:
        with closing(sqlite3.connect(self._connection.path)) as db:
            return not db.execute("SELECT 1 FROM sources LIMIT 1").fetchall()

    def snapshot(self, size: int) -> Iterator[bytes]:
        place = self._connection.path.parent
        # A store on a read-only disk is copied elsewhere.
        near = place if os.access(place, os.W_OK) else None
        with tempfile.TemporaryDirectory(dir=near, prefix=".snapshot-") as folder:
            copy = Path(folder) / "store.db"
            # Use another connection: it sees only committed data, not pending writes of this one.
            with closing(sqlite3.connect(self._connection.path)) as db:
                db.execute("VACUUM INTO ?", [str(copy)])
            with closing(sqlite3.connect(copy, isolation_level=None)) as db:
                for table in NOT_OF_ARCHIVE:
                    db.execute(f"DELETE FROM {table}")
                db.execute(NO_ALERTS)
                # Free pages must not contain the deleted data.
                db.execute("VACUUM")
            yield from pieces_of(copy, size)

    def maintain(self) -> None:
        """Delete old runs, events and alerts, make a checkpoint, and update the statistics."""
        super().maintain()
        self._db.execute("PRAGMA optimize")
        self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
