"""The SQLite file of the publishing cache: tables and transactions."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from data.errors import StoreError
from data.sqlite_file import cause_of, create_cache_tables, delete_file, open_for_writing

TABLES = """
    CREATE TABLE IF NOT EXISTS entries (
        number INTEGER PRIMARY KEY,          -- ascending in order of insertion
        key    BLOB NOT NULL UNIQUE,
        body   BLOB NOT NULL
    ) STRICT;
    -- The unarchived releases of a feed when it had this number of archive pages, as JSON.
    CREATE TABLE IF NOT EXISTS current (
        facet    TEXT PRIMARY KEY,
        pages    INTEGER NOT NULL,
        releases TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
    -- The written pages of releases and of older releases, with a digest of their content:
    -- by the id of the release, or by file.
    CREATE TABLE IF NOT EXISTS pages (release TEXT PRIMARY KEY, key BLOB NOT NULL)
        STRICT, WITHOUT ROWID;
    -- Modification times of the folders of feeds after the last publication.
    CREATE TABLE IF NOT EXISTS folders (name TEXT PRIMARY KEY, changed INTEGER NOT NULL)
        STRICT, WITHOUT ROWID;
    -- The feeds that must still be written completely.
    CREATE TABLE IF NOT EXISTS rewrites (facet TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS notes (name TEXT PRIMARY KEY, value BLOB NOT NULL)
        STRICT, WITHOUT ROWID;
"""


DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


class DamagedCacheError(StoreError):
    """The publishing cache is damaged; it can be deleted and is rebuilt."""


class CacheFile:
    """The cache file at ``path``, or in memory without a path. Raises StoreError."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._name = "rendered entries" if path is None else str(path)
        self._db = self._open(path)

    def _open(self, path: Path | None) -> sqlite3.Connection:
        try:
            db = opened(path)
        except sqlite3.DatabaseError as error:
            if path is None or isinstance(error, sqlite3.OperationalError):
                raise StoreError(self._name, self._cause(error)) from error
            delete_file(path)
            db = opened(path)
        return db

    def close(self) -> None:
        """Commit and close the file."""
        self.commit()
        self._db.close()

    def commit(self) -> None:
        """Save all changes."""
        with self._reported():
            self._db.commit()

    def rollback(self) -> None:
        """Discard the changes since the last commit."""
        with self._reported():
            self._db.rollback()

    def checkpoint(self) -> None:
        """Save all changes within a part, even if the part fails later."""
        with self._reported():
            self._db.execute("RELEASE part")
            self._db.execute("COMMIT")
            self._db.execute("BEGIN")
            self._db.execute("SAVEPOINT part")

    @contextmanager
    def part(self) -> Iterator[None]:
        """Apply the changes in the block completely or not at all; exceptions propagate."""
        with self._reported():
            self._begin()
            self._db.execute("SAVEPOINT part")
        try:
            yield
        except BaseException:
            with self._reported():
                self._db.execute("ROLLBACK TO part")
            raise
        finally:
            with self._reported():
                self._db.execute("RELEASE part")

    def _ask(self, sql: str, values: Sequence[Any]) -> list[Any]:
        with self._reported():
            return self._db.execute(sql, values).fetchall()

    def _put(self, sql: str, rows: Sequence[tuple[Any, ...]]) -> None:
        with self._reported():
            self._begin()
            self._db.executemany(sql, rows)

    def _begin(self) -> None:
        if not self._db.in_transaction:
            self._db.execute("BEGIN")

    @contextmanager
    def _reported(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            is_damaged = getattr(error, "sqlite_errorcode", 0) in DAMAGED
            raise (DamagedCacheError if is_damaged else StoreError)(
                self._name, self._cause(error)
            ) from error

    def _cause(self, error: sqlite3.Error) -> str:
        return str(error) if self._path is None else cause_of(self._path, error)


def opened(path: Path | None) -> sqlite3.Connection:
    """Return a connection to a file with all tables."""
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
    db = open_for_writing(path)
    try:
        create_cache_tables(db, TABLES)
    except sqlite3.Error:
        db.close()
        raise
    return db
