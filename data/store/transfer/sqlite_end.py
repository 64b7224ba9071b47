"""An SQLite file at one end of a transfer."""

import re
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final

from data.errors import StoreError
from data.sqlite_file import is_read_only, open_for_reading, open_for_writing
from data.store.shared_sql.database.connection import MARK
from data.store.transfer.end import BATCH, DERIVED, End, Row, Table, canonical, in_order, named

LOCK_TIMEOUT_SECONDS: Final = 5.0
"""Maximum time in seconds to wait for another writer's transaction."""

INTERNAL_TABLES: Final = re.compile(r"sqlite_|_sqlite_|search(_|$)")
"""Names of tables that belong to SQLite, sqlite-utils or the full-text index."""


IS_MARKED: Final = "SELECT 1 FROM sqlite_master WHERE name = ?"


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
