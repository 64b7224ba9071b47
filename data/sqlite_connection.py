"""One SQLite connection a thread, and transactions that can't deadlock."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlite_utils import Database

from data.errors import StoreError
from data.migrations import migrations

BUSY_SECONDS = 30.0
"""How long a writer waits for another; a transaction of ours takes milliseconds."""


class SqliteConnection:
    """The file at ``path``, opened once a thread, its schema brought up to date.

    Raises StoreError where the file can't be opened or is no store.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._threads = threading.local()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with self._writing() as db:
                # Checked again under the lock: two processes may start at once.
                pending = bool(migrations.pending(db))
            if pending:
                migrations.apply(self._db)
        except (OSError, sqlite3.Error) as error:
            raise StoreError(f"sqlite:{path}", str(error)) from error

    @property
    def _db(self) -> Database:
        found: Database | None = getattr(self._threads, "db", None)
        if found is not None:
            return found
        # isolation_level None: transactions begin where we say so, never behind our back.
        connection = sqlite3.connect(self._path, timeout=BUSY_SECONDS, isolation_level=None)
        connection.execute("PRAGMA journal_mode = WAL")
        # NORMAL loses nothing to a kill; only a power cut can undo the last commits.
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA cache_size = -65536")
        self._threads.db = Database(connection)
        return self._threads.db  # type: ignore[no-any-return]  # a thread-local is untyped

    @contextmanager
    def _writing(self) -> Iterator[Database]:
        """One transaction that may write; it takes the write lock at once.

        A deferred transaction that reads first and writes later fails at once when another process
        wrote in between, whatever the time-out.
        """
        db = self._db
        try:
            db.execute("BEGIN IMMEDIATE")
        except sqlite3.Error as error:
            raise StoreError(f"sqlite:{self._path}", str(error)) from error
        try:
            yield db
        except sqlite3.Error as error:
            db.rollback()
            raise StoreError(f"sqlite:{self._path}", str(error)) from error
        except BaseException:
            db.rollback()
            raise
        db.execute("COMMIT")

    def close(self) -> None:
        """Close this thread's connection."""
        found: Database | None = getattr(self._threads, "db", None)
        if found is not None:
            found.close()
            del self._threads.db
