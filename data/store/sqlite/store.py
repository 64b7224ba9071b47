"""The default store: one SQLite file."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from data.sqlite_file import BUSY_SECONDS, files_of
from data.store.sql.store import NOT_OF_ARCHIVE, SqlStore, SqlTables
from data.store.sqlite.bands import LshIndex
from data.store.sqlite.database.connection import Connection
from data.store.sqlite.search import SearchPart


class SqliteTables(SqlTables, LshIndex):
    """data.store.recorder.tables.Tables on SQLite."""


class SqliteStore(SearchPart, SqlStore):
    """data.store.protocol.Store on SQLite: WAL, strict tables, writes under BEGIN IMMEDIATE.

    ``patience`` is the maximum time in seconds to wait for another writer. Raises StoreError if the
    file at ``path`` can't be opened or is not a store.
    """

    _connection: Connection

    def __init__(self, path: Path, *, patience: float = BUSY_SECONDS) -> None:
        connection = Connection(path, patience=patience)
        super().__init__(connection, SqliteTables(connection))

    def keep_private(self) -> None:
        """Make the store readable only by its owner, because it contains secrets of subscribers.

        Raises OSError.
        """
        for file in files_of(self._connection.path):
            if file.exists():
                file.chmod(0o600)

    def snapshot(self, size: int) -> Iterator[bytes]:
        """Return the committed state as an SQLite store file, in pieces of ``size`` bytes.

        The file has no WebSub subscriptions, which contain secrets, no queued alerts or other
        messages, and no reading states.
        """
        with tempfile.TemporaryDirectory(
            dir=self._connection.path.parent, prefix=".snapshot-"
        ) as folder:
            copy = Path(folder) / "store.db"
            # Use another connection: it sees only committed data, not pending writes of this one.
            with closing(sqlite3.connect(self._connection.path)) as db:
                db.execute("VACUUM INTO ?", [str(copy)])
            with closing(sqlite3.connect(copy, isolation_level=None)) as db:
                for table in NOT_OF_ARCHIVE:
                    db.execute(f"DELETE FROM {table}")
                # Free pages must not contain the deleted data.
                db.execute("VACUUM")
            with copy.open("rb") as file:
                while piece := file.read(size):
                    yield piece

    def maintain(self) -> None:
        """Delete the oldest runs and changes, checkpoint the log and update the statistics."""
        super().maintain()
        self._db.execute("PRAGMA optimize")
        self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
