"""One SQLite connection a thread, and transactions that can't deadlock."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from sqlite_utils import Database

from data.errors import StoreError
from data.models import Release
from data.store.sqlite.facets import keep_marks, marks_between
from data.store.sqlite.schema import BEFORE_RELEASE, migrations

Arguments = Sequence[Any] | Mapping[str, Any]


READ_ONLY_AND_OLD = "it is read-only and of an older version: open it once where it can be written"

FOREIGN = (
    "it is a database of another program, to which nothing is written: choose another --home, or "
    "move it away"
)
BEFORE = (
    "it was written before the first release of Communique, whose stores are not read any more: "
    "choose another --home, or move it away and collect anew"
)
NEWER = (
    "it was written by a newer version of Communique, to which this one would do harm: update "
    "Communique, or take a copy from before"
)


class SqliteConnection:
    """The file at ``path``, opened once a thread, its schema brought up to date.

    Raises StoreError where the file can't be opened or is no store.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._threads = threading.local()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            if wrong := refusal(path):
                raise StoreError(f"sqlite:{path}", wrong)
            if migrations.pending(self._db):
                if is_read_only(path):
                    raise StoreError(f"sqlite:{path}", READ_ONLY_AND_OLD)
                with self._writing():
                    # Asked again under the lock: two processes may start at once.
                    migrations.apply(self._db)
        except (OSError, sqlite3.Error) as error:
            self.close()
            raise self._failed(error) from error

    def _failed(self, error: OSError | sqlite3.Error) -> StoreError:
        """What went wrong, for people."""
        folder = self._path.parent
        if is_read_only(self._path) or (folder.is_dir() and not os.access(folder, os.W_OK)):
            return StoreError(f"sqlite:{self._path}", f"its folder is read-only ({error})")
        return StoreError(f"sqlite:{self._path}", str(error))

    @property
    def _db(self) -> Database:
        found: Database | None = getattr(self._threads, "db", None)
        if found is not None:
            return found
        self._threads.db = Database(connect(self._path))
        self._threads.depth = 0
        self._threads.marks = []
        self._threads.sketches = {}
        self._threads.labels = {}
        self._threads.version = None
        return self._threads.db  # type: ignore[no-any-return]  # a thread-local is untyped

    def _ask(self, sql: str, arguments: Arguments = ()) -> list[Any]:
        """All rows of a query: an open cursor would hold the snapshot."""
        try:
            return self._db.conn.execute(sql, arguments).fetchall()
        except sqlite3.Error as error:
            raise self._failed(error) from error

    def _rows(
        self, table: str, where: str, arguments: Sequence[Any], *, order_by: str | None = None
    ) -> list[dict[str, Any]]:
        """The rows of one table by the names of its columns, off the hot path."""
        try:
            return list(self._db.table(table).rows_where(where, arguments, order_by=order_by))
        except sqlite3.Error as error:
            raise self._failed(error) from error

    def _mark(self, old: Release | None, new: Release) -> None:
        """Count a release in its facets and mark them for publishing, when the transaction ends."""
        self._threads.marks += marks_between(old, new)

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction that may write; it takes the write lock at once.

        A deferred transaction that reads first and writes later fails at once when another process
        wrote in between, whatever the time-out. Within `together` it is a part of that transaction,
        and undone alone where it fails.
        """
        connection: sqlite3.Connection = self._db.conn
        inner = self._threads.depth > 0
        begin, keep, undo = (
            ("SAVEPOINT verb", "RELEASE verb", "ROLLBACK TO verb")
            if inner
            else ("BEGIN IMMEDIATE", "COMMIT", "ROLLBACK")
        )
        try:
            connection.execute(begin)
            self._threads.depth += 1
            marks = len(self._threads.marks)
            if not inner:
                self._forget_changed(connection)
            try:
                yield connection
                if not inner:
                    keep_marks(connection, self._threads.marks)
            except BaseException:
                connection.execute(undo)
                if inner:
                    connection.execute(keep)
                del self._threads.marks[marks:]
                self._forget()
                raise
            finally:
                self._threads.depth -= 1
            connection.execute(keep)
            if not inner:
                self._threads.marks.clear()
        except sqlite3.Error as error:
            if connection.in_transaction and not inner:
                connection.execute("ROLLBACK")
            raise self._failed(error) from error

    def _forget_changed(self, connection: sqlite3.Connection) -> None:
        """Forget what is at hand where another connection wrote since the last transaction."""
        version = connection.execute("PRAGMA data_version").fetchone()
        if version != self._threads.version:
            self._threads.version = version
            self._forget()

    def _forget(self) -> None:
        """Forget the bodies and labels at hand: the store holds others, or may do so."""
        self._threads.sketches.clear()
        self._threads.labels.clear()

    @contextmanager
    def together(self) -> Iterator[None]:
        """Make the verbs that are called within one transaction: all are kept, or none."""
        with self._writing():
            yield

    def close(self) -> None:
        """Close this thread's connection."""
        found: Database | None = getattr(self._threads, "db", None)
        if found is not None:
            found.close()
            del self._threads.db


def refusal(path: Path) -> str:
    """Why a file is none that this version may write to, or empty; nothing is written to it."""
    if not path.exists() or not path.stat().st_size:
        return ""
    db = Database(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True))
    try:
        if not db.table_names():
            return ""
        applied = {one.name for one in migrations.applied(db)}
    except sqlite3.Error:
        # What it is can't be seen yet; whoever opens it to work says why.
        return ""
    finally:
        db.close()
    if not applied:
        return FOREIGN
    if BEFORE_RELEASE in applied:
        return BEFORE
    nothing = Database(memory=True)
    known = {one.name for one in migrations.pending(nothing)}
    nothing.close()
    return NEWER if applied - known else ""


BUSY_SECONDS: Final = 30.0
"""How long a writer waits for another; a transaction of ours takes milliseconds."""

LOG_PAGES: Final = 4000
"""Pages of 4 KB that the log holds before it is folded into the file."""

WAYS: Final = ("mode=ro", "mode=ro&immutable=1")
"""How a file is opened that can't be written: beside the log of a writer, else by itself."""


def is_read_only(path: Path) -> bool:
    """Whether a store is there that can be read and not written."""
    return path.is_file() and not (os.access(path, os.W_OK) and os.access(path.parent, os.W_OK))


def connect(path: Path) -> sqlite3.Connection:
    """A connection to the file at ``path``, made where it is not there. Raises sqlite3.Error.

    Reading through a write-ahead log needs files beside the store; where none can be made, it is
    read as it lies there (https://sqlite.org/wal.html#read_only_databases).
    """
    if not is_read_only(path):
        connection = _opened(str(path), uri=False)
        try:
            _set_up(connection)
        except sqlite3.Error:
            connection.close()
            raise
        return connection
    for way in WAYS:
        connection = _opened(f"file:{quote(str(path))}?{way}", uri=True)
        with suppress(sqlite3.Error):
            connection.execute("PRAGMA schema_version").fetchone()
            return connection
        connection.close()
    raise sqlite3.OperationalError("it can't be read")


def _opened(place: str, *, uri: bool) -> sqlite3.Connection:
    # isolation_level None: transactions begin where we say so, never behind our back.
    return sqlite3.connect(
        place, timeout=BUSY_SECONDS, isolation_level=None, cached_statements=256, uri=uri
    )


def _set_up(connection: sqlite3.Connection) -> None:
    """Say how a new connection shall work."""
    connection.execute("PRAGMA journal_mode = WAL")
    # NORMAL loses nothing to a kill; only a power cut can undo the last commits.
    connection.execute("PRAGMA synchronous = NORMAL")
    # Pages that change in one transaction after another are folded into the file once.
    connection.execute(f"PRAGMA wal_autocheckpoint = {LOG_PAGES}")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA cache_size = -65536")
    # What a verb may undo within a transaction is copied: in memory that costs a third.
    connection.execute("PRAGMA temp_store = MEMORY")
