"""One SQLite connection per thread, and transactions that can't deadlock."""

import math
import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any, Final

import sqlite_utils

from data.errors import Interrupted, RefusedValue, SlowSearch, StoreError
from data.files import sync
from data.sqlite_file import cause_of, files_of, is_read_only, open_for_reading, open_for_writing
from data.store.shared_sql.connection import (
    HALF_FULL,
    MARK,
    NEWER_SCHEMA_MESSAGE,
    ROLLED_BACK_MESSAGE,
    Arguments,
    Connection,
    current,
)
from data.store.shared_sql.events import SEARCH_INDEX
from data.store.sqlite.schema import BEFORE_RELEASE, migration_names, migrations
from data.store.unit_of_work.unit import UnitOfWork
from data.text.masked_values import rows_without_secrets

INSTRUCTIONS_PER_CHECK: Final = 1000
"""Number of SQLite instructions between two checks of the elapsed time. One full-text instruction
may be slow."""

READ_ONLY_AND_OLD = (
    "it is read-only and has the schema of an older version: open it once in a writable place"
)

FOREIGN = (
    "it is a database of another program, to which nothing is written: choose another --home, or "
    "move it away"
)
UNUSABLE_FILE_CODES: Final = {sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT}
"""SQLite error codes for a file that is damaged or not a database."""

REPAIR = (
    "restore a backup (`communique restore`), or move the file away and rebuild it from the archive"
    " (`communique mirror rebuild --to HOME2`)"
)
NO_FILE = "it is not a file: move it away"
BROKEN_LINK_MESSAGE = (
    "it is a link to a missing file: mount the disk with that file, or delete the link"
)
BEFORE = (
    "it was written before the first release of Communique, and such stores are no longer "
    "supported: choose another --home, or move the file away and collect again"
)
LOG_PAGES: Final = 4000
"""Number of 4 KB pages in the write-ahead log that trigger a checkpoint."""


class SqliteConnection(Connection):
    """Connections to the file at ``path``, one per thread. The schema is migrated if necessary.

    ``patience`` is the maximum time in seconds to wait for another writer. Raises StoreError if the
    file can't be opened or is not a store.
    """

    def __init__(self, path: Path, *, patience: float) -> None:
        super().__init__()
        self.path = path
        self._patience = patience
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            if wrong := refusal(path):
                raise StoreError(f"sqlite:{path}", wrong)
            if migrations.pending(self._tables):
                if is_read_only(path):
                    self.close()
                    raise StoreError(f"sqlite:{path}", READ_ONLY_AND_OLD)
                # Recreating a table drops one that other tables refer to.
                self.db.execute("PRAGMA foreign_keys = OFF")
                with self.writing():
                    # Check again under the lock, because two processes may start at once.
                    migrations.apply(self._tables)
                self.db.execute("PRAGMA foreign_keys = ON")
        except (OSError, sqlite3.Error) as error:
            self.close()
            raise self._failed(error) from error

    def _failed(self, error: OSError | sqlite3.Error) -> StoreError:
        """Convert an error of SQLite or the file system to a StoreError with a readable cause."""
        error_type = RefusedValue if isinstance(error, sqlite3.DataError) else StoreError
        cause = cause_of(self.path, error)
        if getattr(error, "sqlite_errorcode", None) in UNUSABLE_FILE_CODES:
            cause = f"{cause}: {REPAIR}"
        return error_type(f"sqlite:{self.path}", cause)

    @property
    def db(self) -> sqlite3.Connection:
        found: sqlite3.Connection | None = getattr(self._threads, "db", None)
        if found is not None:
            return found
        self._threads.db = connect(self.path, self._patience)
        limit_steps(self._threads.db)
        self._threads.tables = sqlite_utils.Database(self._threads.db)
        self._threads.version = None
        return self._threads.db  # type: ignore[no-any-return]  # a thread-local is untyped

    @property
    def _tables(self) -> sqlite_utils.Database:
        """Return this thread's connection as a sqlite-utils database, to look up table columns."""
        _ = self.db
        return self._threads.tables  # type: ignore[no-any-return]  # a thread-local is untyped

    def ask(self, sql: str, arguments: Arguments = ()) -> list[Any]:
        columns, rows = self._fetch(sql, arguments)
        return rows_without_secrets(columns, rows, self.secrets) if self.secrets else rows

    def _fetch(self, sql: str, arguments: Arguments) -> tuple[list[str], list[Any]]:
        """Return the names of columns and all rows of a query as stored.

        No cursor remains open, because it would keep its snapshot open. Raises Interrupted if the
        work of this thread was stopped.
        """
        interruption = current()
        try:
            if interruption is None:
                return _table(self.db.execute(sql, arguments))
            with interruption.ending(self.db.interrupt):
                if not interruption.is_stopped:
                    return _table(self.db.execute(sql, arguments))
        except sqlite3.Error as error:
            if interruption is None or not interruption.is_stopped:
                raise self._failed(error) from error
        raise Interrupted(f"sqlite:{self.path}")

    @contextmanager
    def bounded(self, seconds: float) -> Iterator[None]:
        connection = self.db
        limit_steps(connection, time.monotonic() + seconds)
        try:
            yield
        except StoreError as error:
            if getattr(error.__cause__, "sqlite_errorcode", None) == sqlite3.SQLITE_INTERRUPT:
                raise SlowSearch(f"sqlite:{self.path}", seconds) from error
            raise
        finally:
            limit_steps(connection)

    def upsert(self, table: str, *rows: Mapping[str, Any]) -> None:
        self._tables.table(table).upsert_all(map(dict, rows))

    def rekey(
        self, table: str, column: str, value: str, where: str, arguments: Mapping[str, Any]
    ) -> None:
        self.db.execute(
            f"UPDATE OR REPLACE {table} SET {column} = {value} WHERE {where}", arguments
        )

    def overwrite_deleted(self) -> None:
        """Overwrite deleted data in the file, so that it can't be recovered."""
        self.db.execute("PRAGMA secure_delete = ON")

    def delete_indexed_words(self) -> None:
        # Single entries can't be deleted, because the index doesn't store their texts. It also
        # contains the words of earlier versions.
        if self.db.execute("SELECT 1 FROM search_rows LIMIT 1").fetchall():
            self.db.execute("INSERT INTO search (search) VALUES ('delete-all')")
            self.db.execute("DELETE FROM search_rows")
            self.db.execute("UPDATE consumers SET number = 0 WHERE name = ?", [SEARCH_INDEX.name])

    def overwrite_free_space(self) -> None:
        """Rewrite the file without the data that earlier transactions deleted."""
        connection = self.db
        try:
            connection.execute("PRAGMA secure_delete = ON")
            # A large store does not fit into memory.
            connection.execute("PRAGMA temp_store = FILE")
            try:
                connection.execute("VACUUM")
            finally:
                connection.execute("PRAGMA temp_store = MEMORY")
            # While others read, the log remains; a later checkpoint then writes the file.
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        except sqlite3.Error as error:
            raise self._failed(error) from error

    def commit_durably(self) -> None:
        self._threads.durable = True

    @contextmanager
    def writing(self, *, parts: bool = True) -> Iterator[sqlite3.Connection]:
        """Start a transaction that may write. It takes the write lock immediately.

        A deferred transaction would fail if another process wrote between its first read and its
        first write, whatever the timeout. Within another transaction, start a savepoint instead. If
        the ``with`` block fails, only the writes since the savepoint are rolled back.
        """
        connection = self.db
        try:
            with self._within(parts=parts):
                yield connection
        except sqlite3.Error as error:
            raise self._failed(error) from error

    @contextmanager
    def postponed(self) -> Iterator[None]:
        try:
            with super().postponed():
                yield
        except sqlite3.Error as error:
            raise self._failed(error) from error

    @contextmanager
    def _outermost(self) -> Iterator[None]:
        connection, threads = self.db, self._threads
        connection.execute("BEGIN IMMEDIATE")
        unit = threads.unit = UnitOfWork()
        threads.durable = False
        try:
            self._forget_changed(connection)
            yield
            self._check_transaction(connection)
            unit.write_queued(connection)
            with self.committing(unit):
                connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            self._forget()
            raise
        finally:
            threads.unit = None
        if threads.durable:
            self._sync()

    @contextmanager
    def _nested(self, unit: UnitOfWork) -> Iterator[None]:
        connection = self.db
        self._check_transaction(connection)
        connection.execute("SAVEPOINT verb")
        try:
            with unit.part():
                yield
        except BaseException:
            # SQLite rolls back the whole transaction after some errors, such as a full disk.
            if connection.in_transaction:
                connection.execute("ROLLBACK TO verb")
                connection.execute("RELEASE verb")
            self._forget()
            raise
        connection.execute("RELEASE verb")

    def _check_transaction(self, connection: sqlite3.Connection) -> None:
        """Raise StoreError if SQLite rolled back the whole transaction after an error.

        Otherwise, the following writes would be committed by themselves.
        """
        if not connection.in_transaction:
            raise StoreError(f"sqlite:{self.path}", ROLLED_BACK_MESSAGE)

    def _sync(self) -> None:
        """Make all committed transactions durable, even if they are only in the write-ahead log.

        With ``synchronous = NORMAL``, SQLite syncs this log only before a checkpoint.
        """
        # Never open the file itself: closing it would release SQLite's locks in this process.
        _, transactions, _ = files_of(self.path)
        try:
            with suppress(FileNotFoundError):
                sync(transactions)
            sync(self.path.parent)
        except OSError as error:
            raise self._failed(error) from error

    def _forget_changed(self, connection: sqlite3.Connection) -> None:
        """Empty the caches if another connection has written since the last transaction."""
        version = connection.execute("PRAGMA data_version").fetchone()
        if version != self._threads.version:
            self._threads.version = version
            self._forget()

    def close(self) -> None:
        found: sqlite3.Connection | None = getattr(self._threads, "db", None)
        if found is not None:
            found.close()
            del self._threads.db, self._threads.tables


def _table(cursor: sqlite3.Cursor) -> tuple[list[str], list[Any]]:
    """Return the names of the columns, and all rows."""
    return [name for name, *_ in cursor.description or ()], cursor.fetchall()


def limit_steps(connection: sqlite3.Connection, end: float = math.inf) -> None:
    """Stop statements of this thread at ``end`` (monotonic time), or when its work is stopped.

    ``sqlite3.Connection.interrupt`` alone has no effect between two statements.
    """
    interruption = current()

    def is_over() -> bool:
        return time.monotonic() > end or (interruption is not None and interruption.is_stopped)

    is_limited = interruption is not None or end < math.inf
    connection.set_progress_handler(is_over if is_limited else None, INSTRUCTIONS_PER_CHECK)


def no_file(path: Path) -> str:
    """Return the reason why no file can be created at an unused path, or an empty string."""
    # Check in this order, because another process may create the file in between.
    if path.exists():
        return "" if path.is_file() else NO_FILE
    return BROKEN_LINK_MESSAGE if path.is_symlink() and not path.exists() else ""


def refusal(path: Path) -> str:
    """Return the reason why this version must not write to a file, or an empty string.

    Does not change the file.
    """
    if not path.is_file() or not path.stat().st_size:
        return no_file(path)
    try:
        read = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
        with closing(sqlite_utils.Database(read)) as db:
            names = db.table_names()
            if not names or MARK in names:
                return HALF_FULL if names else ""
            applied = {one.name for one in migrations.applied(db)}
    except sqlite3.Error:
        # The kind of file can't be determined yet; opening it for work reports the reason.
        return ""
    if not applied:
        return FOREIGN
    if BEFORE_RELEASE in applied:
        return BEFORE
    return NEWER_SCHEMA_MESSAGE if applied.difference(migration_names()) else ""


def connect(path: Path, patience: float) -> sqlite3.Connection:
    """Connect to the store at ``path``, and create it if it is missing.

    Raises sqlite3.Error if this fails.
    """
    if is_read_only(path):
        return open_for_reading(path, patience)
    connection = open_for_writing(path, patience)
    try:
        # Pages that change in successive transactions are written to the file only once.
        connection.execute(f"PRAGMA wal_autocheckpoint = {LOG_PAGES}")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA cache_size = -65536")
    except sqlite3.Error:
        connection.close()
        raise
    return connection
