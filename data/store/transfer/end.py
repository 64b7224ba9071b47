"""A database at one end of a transfer: its tables and their rows in key order; the SQLite end."""

from __future__ import annotations

import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Final, TypeAlias

from data.errors import StoreError
from data.sqlite_file import is_read_only, open_for_reading, open_for_writing
from data.store.shared_sql.connection import MARK
from data.store.sqlite.schema import INTERNAL_TABLES

Row: TypeAlias = tuple[Any, ...]
"""The values of a row in the column order of its `Table`, key columns first."""

BATCH: Final = 2000
"""Number of rows that are read at once and written in one transaction."""

DERIVED: Final = frozenset({"search_rows", "consumers"})
"""Tables that are not copied, because their rows are derived from other tables."""

LOCK_TIMEOUT_SECONDS: Final = 5.0
"""Maximum time in seconds to wait for another writer's transaction."""

IS_MARKED: Final = "SELECT 1 FROM sqlite_master WHERE name = ?"


@dataclass(frozen=True, slots=True)
class Table:
    """A table: the columns of its primary key, and all other columns."""

    name: str
    key: tuple[str, ...]
    others: tuple[str, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """Return all columns, in the order of the values of a row."""
        return self.key + self.others

    def key_of(self, row: Row) -> Row:
        """Return the key values of a row."""
        return row[: len(self.key)]


class End(ABC):
    """One end of a transfer: the source or the target.

    Methods raise StoreError if the database fails. ``url`` contains no secrets.
    """

    url: str
    place: ClassVar[str]
    """The placeholder for an argument in SQL."""

    @property
    @abstractmethod
    def identity(self) -> object:
        """Return a value that is equal for two ends of the same store, whatever their URLs."""

    @abstractmethod
    def tables(self) -> Mapping[str, Table]:
        """Return the tables of a store by name, each after the tables that it refers to."""

    @abstractmethod
    def ask(self, sql: str, arguments: Sequence[Any] = ()) -> list[Row]:
        """Return all rows of a query."""

    @abstractmethod
    def batches(self, table: Table) -> Iterator[list[Row]]:
        """Yield all rows of a table in batches and in key order, from one snapshot."""

    @abstractmethod
    def change(self, sql: str, arguments: Iterable[Sequence[Any]]) -> None:
        """Execute a statement once for each set of arguments."""

    @abstractmethod
    def add(self, table: Table, rows: Sequence[Row]) -> None:
        """Insert rows into a table with the fastest method of the database."""

    @abstractmethod
    def transaction(self) -> AbstractContextManager[object]:
        """Commit all changes in the ``with`` block, or none of them."""

    @abstractmethod
    def freeze(self) -> None:
        """Lock the database against other writers. All later reads see the same state.

        Raises StoreError if another connection is writing.
        """

    @abstractmethod
    def refuse_if_used(self) -> None:
        """Raise StoreError if services or workers seem to be using the store."""

    @abstractmethod
    def begin(self, source: str) -> None:
        """Mark this store as being filled from ``source``, and disable its triggers."""

    @abstractmethod
    def finish(self) -> None:
        """Enable the triggers, continue row numbers after the copied rows, and remove the mark."""

    @abstractmethod
    def close(self) -> None:
        """Close the connections to the database."""

    @property
    def unfinished(self) -> str | None:
        """Return the source of an unfinished transfer into this store, or None."""
        rows = self.ask(f"SELECT source FROM {MARK} LIMIT 1") if self.is_marked else []
        return str(rows[0][0]) if rows else None

    @property
    @abstractmethod
    def is_marked(self) -> bool:
        """Return whether a transfer into this store was begun but not finished."""

    def count(self, table: Table) -> int:
        """Return the number of rows in a table."""
        return int(self.ask(f"SELECT count(*) FROM {table.name}")[0][0])

    def selection(self, table: Table) -> str:
        """Return SQL for all rows of a table in key order."""
        return f"SELECT {named(table.columns)} FROM {table.name} ORDER BY {named(table.key)}"

    def replace(self, table: Table, rows: Sequence[Row]) -> None:
        """Update existing rows with these values."""
        if table.others:
            changes = ", ".join(f'"{name}" = {self.place}' for name in table.others)
            size = len(table.key)
            self.change(
                f"UPDATE {table.name} SET {changes} WHERE {self._is_key(table)}",
                [row[size:] + row[:size] for row in rows],
            )

    def remove(self, table: Table, keys: Sequence[Row]) -> None:
        """Delete rows from a table by their keys."""
        self.change(f"DELETE FROM {table.name} WHERE {self._is_key(table)}", keys)

    def keep_cursors(self, source: End) -> None:
        """Copy the cursors of consumers from ``source``, except the cursor of the search index."""
        rows = source.ask("SELECT number, name FROM consumers WHERE name <> 'search index'")
        with self.transaction():
            self.change(
                f"UPDATE consumers SET number = {self.place} WHERE name = {self.place}", rows
            )

    def _is_key(self, table: Table) -> str:
        return " AND ".join(f'"{name}" = {self.place}' for name in table.key)


def named(columns: Iterable[str]) -> str:
    """Return quoted column names separated by commas. Some names are SQL keywords."""
    return ", ".join(f'"{name}"' for name in columns)


def canonical(value: Any) -> Any:
    """Return a value in a form that both databases can store.

    PostgreSQL has no NUL characters in texts.
    """
    if isinstance(value, str):
        return value.replace("\0", "\N{REPLACEMENT CHARACTER}") if "\0" in value else value
    if isinstance(value, bool):
        return int(value)
    return bytes(value) if isinstance(value, memoryview) else value


def in_order(references: Mapping[str, Iterable[str]]) -> list[str]:
    """Sort tables so that each table follows the tables that it refers to."""
    ordered: list[str] = []

    def put(name: str) -> None:
        if name not in ordered:
            for other in sorted(references[name]):
                if other != name:
                    put(other)
            ordered.append(name)

    for name in sorted(references):
        put(name)
    return ordered


class SqliteEnd(End):
    """The store in the file at ``path``."""

    place = "?"

    def __init__(self, path: Path) -> None:
        self.url = f"sqlite:{path}"
        self._path = path
        with self._told():
            read_only = is_read_only(path)
            self._db = (open_for_reading if read_only else open_for_writing)(
                path, LOCK_TIMEOUT_SECONDS
            )
            self._freezing = "BEGIN" if read_only else "BEGIN IMMEDIATE"

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except (OSError, sqlite3.Error) as error:
            raise StoreError(self.url, str(error)) from error

    @property
    def identity(self) -> object:
        """Return the device and inode number of the file, which identify it under any path."""
        with self._told():
            found = self._path.stat()
        return found.st_dev, found.st_ino

    def tables(self) -> Mapping[str, Table]:
        found: dict[str, Table] = {}
        references: dict[str, set[str]] = {}
        for (name,) in self.ask("SELECT name FROM sqlite_master WHERE type = 'table'"):
            if INTERNAL_TABLES.match(name) or name in DERIVED | {MARK}:
                continue
            columns = self.ask("SELECT name, pk FROM pragma_table_info(?) ORDER BY cid", [name])
            key = sorted((place, column) for column, place in columns if place)
            others = tuple(column for column, place in columns if not place)
            found[name] = Table(name, tuple(column for _, column in key), others)
            rows = self.ask('SELECT DISTINCT "table" FROM pragma_foreign_key_list(?)', [name])
            references[name] = {other for (other,) in rows}
        return {name: found[name] for name in in_order(references)}

    def ask(self, sql: str, arguments: Sequence[Any] = ()) -> list[Row]:
        with self._told():
            return self._db.execute(sql, arguments).fetchall()

    def batches(self, table: Table) -> Iterator[list[Row]]:
        with self._told(), closing(open_for_reading(self._path)) as other:
            # A frozen source is read in its transaction; otherwise a second connection reads.
            cursor = (self._db if self._db.in_transaction else other).execute(self.selection(table))
            while rows := cursor.fetchmany(BATCH):
                yield [tuple(map(canonical, row)) for row in rows]

    def change(self, sql: str, arguments: Iterable[Sequence[Any]]) -> None:
        with self._told():
            self._db.executemany(sql, arguments)

    def add(self, table: Table, rows: Sequence[Row]) -> None:
        places = ", ".join("?" * len(table.columns))
        self.change(f"INSERT INTO {table.name} ({named(table.columns)}) VALUES ({places})", rows)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        self.ask("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self.ask("COMMIT")

    def freeze(self) -> None:
        try:
            self._db.execute(self._freezing)
            self._db.execute("SELECT 1 FROM sqlite_master").fetchall()
        except sqlite3.OperationalError as error:
            why = f"another process is writing to the database: stop that process ({error})"
            raise StoreError(self.url, why) from error

    def refuse_if_used(self) -> None:
        """Do nothing, because only the home directory shows who uses an SQLite file."""

    @property
    def is_marked(self) -> bool:
        return bool(self.ask(IS_MARKED, [MARK]))

    def begin(self, source: str) -> None:
        with self.transaction():
            self.ask(f"CREATE TABLE {MARK} (source TEXT, trigger_sql TEXT)")
            self.ask(f"INSERT INTO {MARK} (source) VALUES (?)", [source])
            triggers = self.ask("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
            for name, sql in triggers:
                self.ask(f"INSERT INTO {MARK} (source, trigger_sql) VALUES (?, ?)", [source, sql])
                self.ask(f"DROP TRIGGER {name}")

    def finish(self) -> None:
        with self.transaction():
            for (sql,) in self.ask(f"SELECT trigger_sql FROM {MARK} WHERE trigger_sql <> ''"):
                self.ask(sql)
            self.ask(f"DROP TABLE {MARK}")
        self.ask("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        self._db.close()


def is_marked(path: Path) -> bool:
    """Return whether a file is a store that is being filled, without writing to it."""
    if not path.is_file():
        return False
    try:
        with closing(open_for_reading(path)) as db:
            return bool(db.execute(IS_MARKED, [MARK]).fetchall())
    except sqlite3.Error:
        # Opening the file as a store reports the problem.
        return False
