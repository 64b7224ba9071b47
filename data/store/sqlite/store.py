"""The default store: one SQLite file."""

import os
import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

from data.files import pieces_of
from data.sqlite_file import BUSY_SECONDS, files_of
from data.store.core.store import NO_ALERTS, NOT_OF_ARCHIVE, Store
from data.store.core.tables import BandRow, Tables
from data.store.shared_sql.database.rows import encode
from data.store.sqlite.database.connection import SqliteConnection
from data.store.sqlite.search import SqliteSearch


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


class SqliteStore(SqliteSearch, Store):
    """The store on SQLite: WAL, strict tables, writes under BEGIN IMMEDIATE.

    ``patience`` is the maximum time in seconds to wait for another writer. Raises StoreError if the
    file at ``path`` can't be opened or is not a store.
    """

    _connection: SqliteConnection

    def __init__(self, path: Path, *, patience: float = BUSY_SECONDS) -> None:
        super().__init__(SqliteConnection(path, patience=patience))

    def _tables(self) -> Tables:
        return SqliteTables(self._connection)

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
