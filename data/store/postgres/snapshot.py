"""Snapshot of the committed state of a PostgreSQL store as an SQLite store file."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from data.store.sqlite.store import SqliteStore

if TYPE_CHECKING:
    import psycopg

AT_ONCE: Final = 500
"""Maximum number of rows in memory."""

NOT_COPIED: Final = "sqlite_%", "_sqlite_%", "search%"
"""Name patterns of SQLite's own tables and of its full-text index."""


def write_snapshot(db: psycopg.Connection[Any], path: Path, *, without: frozenset[str]) -> None:
    """Create an SQLite store at ``path`` with all rows, except those of the tables ``without``.

    All releases are queued for the search index of the new store.
    """
    SqliteStore(path).close()
    with closing(sqlite3.connect(path, isolation_level=None)) as file, db.transaction():
        db.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        file.execute("PRAGMA synchronous = OFF")
        file.execute("BEGIN")
        triggers = file.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
        ).fetchall()
        for name, _ in triggers:
            file.execute(f"DROP TRIGGER {name}")
        for table in tables_of(file):
            if table not in without:
                copy_table(db, file, table)
        file.execute("INSERT INTO search_queue (release) SELECT number FROM releases")
        for _, sql in triggers:
            file.execute(sql)
        file.execute("COMMIT")


def tables_of(file: sqlite3.Connection) -> list[str]:
    """Return the tables of a store that contain its data."""
    clauses = " AND ".join(["name NOT LIKE ? ESCAPE '!'"] * len(NOT_COPIED))
    rows = file.execute(
        f"SELECT name FROM sqlite_master WHERE type = 'table' AND {clauses} ORDER BY name",
        [name.replace("_", "!_") for name in NOT_COPIED],
    )
    return [name for (name,) in rows]


def copy_table(db: psycopg.Connection[Any], file: sqlite3.Connection, table: str) -> None:
    """Copy the rows of a table, whose columns have the same names in both databases."""
    names = [row[1] for row in file.execute(f"PRAGMA table_info({table})")]
    columns = ", ".join(f'"{name}"' for name in names)
    places = ", ".join("?" * len(names))
    with db.cursor(name="snapshot") as rows:
        rows.itersize = AT_ONCE
        rows.execute(f"SELECT {columns} FROM {table}".encode())
        file.executemany(f"INSERT INTO {table} ({columns}) VALUES ({places})", rows)
