"""The store on PostgreSQL."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

from data.files import pieces_of
from data.models import DueHosts
from data.models.source import DUTY_PREFIX
from data.sqlite_file import BUSY_SECONDS
from data.store.core.store import NO_ALERTS, NOT_OF_ARCHIVE, Store
from data.store.postgres.connection import PostgresConnection
from data.store.postgres.search import PostgresSearch
from data.store.shared_sql.recording import BandRow, Tables
from data.store.sqlite.schema import INTERNAL_TABLES
from data.store.sqlite.store import SqliteStore

if TYPE_CHECKING:
    import datetime as dt

    import psycopg

    from data.models import Lease, Run

ROWS_PER_FETCH: Final = 500
"""Maximum number of rows in memory when a snapshot is written."""

NO_IDLE_LIMIT: Final = "SELECT set_config('idle_in_transaction_session_timeout', '0', true)"
"""Statement that lets the current transaction wait as long as necessary between two statements."""


class PostgresTables(Tables):
    """The recorder's tables. The bands of similar texts are partitioned by hash."""

    def _stored_in_bands(self, bands: Sequence[int]) -> Sequence[BandRow]:
        return self._ask(
            "SELECT band, release, anchors FROM rows_in_bands(CAST(? AS BIGINT[]))", [[*bands]]
        )

    def _write_bands(self, number: int, bands: Sequence[int], anchors: int) -> None:
        self._later(
            "INSERT INTO lsh_bands (band, release, anchors)"
            " SELECT band, ?, ? FROM unnest(CAST(? AS BIGINT[])) AS b (band)"
            " ON CONFLICT DO NOTHING",
            (number, anchors, [*bands]),
        )

    def _delete_bands(self, number: int, bands: Sequence[int]) -> None:
        self._db.execute(
            "DELETE FROM lsh_bands WHERE release = ? AND band = ANY (CAST(? AS BIGINT[]))",
            [number, [*bands]],
        )


class PostgresStore(PostgresSearch, Store):
    """The store on PostgreSQL, with only one writing transaction at a time.

    ``patience`` is the maximum time in seconds to wait for another writer. Raises StoreError if the
    database at ``url`` can't be reached or is not a store.
    """

    _connection: PostgresConnection

    def __init__(self, url: str, *, patience: float = BUSY_SECONDS) -> None:
        super().__init__(PostgresConnection(url, patience=patience))

    def _tables(self) -> Tables:
        return PostgresTables(self._connection)

    def leased(self, lease: Lease | None) -> Self:
        return self._on(self._connection.leased(lease)) if lease else self

    def add_run(self, run: Run, *, settles: bool = True) -> None:
        with self._writing():
            super().add_run(run)
            if self._connection.lease and settles:
                self.settle_visit(run.source)

    def settle_visit(self, source: str) -> None:
        """Record that the due visit to a source has taken place."""
        self._write("UPDATE host_sources SET due = 'infinity' WHERE source = ?", [source])

    def rename_source(self, old: str, new: str) -> bool:
        """Change the id of a source, and return whether a source had the old id.

        Running visits to the source write nothing more.
        """
        with self._writing():
            renamed = super().rename_source(old, new)
            if renamed:
                self._end_visits(old)
        return renamed

    def remove_source(self, source: str, *, at: dt.datetime, kept: bool) -> bool:
        """Record that a source is no longer collected. Returns False if nothing changes.

        Running visits to the source write nothing more.
        """
        with self._writing():
            removed = super().remove_source(source, at=at, kept=kept)
            if removed:
                self._end_visits(source)
        return removed

    def _end_visits(self, source: str) -> None:
        """Prevent running visits to a source's host from writing anything more.

        No other worker gets the host until the lease would have expired, because the current worker
        may still send requests.
        """
        self._connection.execute(
            "UPDATE hosts SET token = nextval('host_tokens') WHERE token <> 0"
            " AND host = (SELECT host FROM host_sources WHERE source = ?)",
            [source],
        )

    def due_hosts(self) -> DueHosts | None:
        """Return the hosts that wait for a worker, or None if no visit was ever requested."""
        ((known, number, seconds, held),) = self._ask(
            "SELECT EXISTS (SELECT 1 FROM hosts), count(*),"
            " EXTRACT(epoch FROM now() - min(next_due)),"
            " (SELECT count(*) FROM hosts WHERE token <> 0 AND next_due > now()"
            " AND NOT starts_with(host, ?)) FROM hosts WHERE next_due <= now()",
            [DUTY_PREFIX],
        )
        return DueHosts(number, float(seconds or 0), held) if known else None

    def visited_now(self) -> frozenset[str]:
        """Return the ids of sources that workers are visiting: due sources on leased hosts."""
        rows = self._ask(
            "SELECT s.source FROM host_sources s JOIN hosts h ON h.host = s.host"
            " WHERE h.token <> 0 AND h.next_due > now() AND s.due <= now()"
        )
        return frozenset(source for (source,) in rows)

    def keep_private(self) -> None:
        """Do nothing, because the database controls who may read the store."""

    def overwrite_free_space(self) -> None:
        """Do nothing, because VACUUM removes deleted data."""

    def was_empty(self) -> bool:
        with self._connection.apart() as db:
            return not db.execute("SELECT 1 FROM sources LIMIT 1").fetchall()

    def snapshot(self, size: int) -> Iterator[bytes]:
        # This thread's transaction is idle until the whole copy is made and archived.
        self._connection.execute(NO_IDLE_LIMIT)
        with tempfile.TemporaryDirectory(prefix="communique-") as folder:
            copy = Path(folder) / "store.db"
            # Use another connection: it sees only committed data, not pending writes of this one.
            with self._connection.apart() as db:
                write_snapshot(db, copy, without=frozenset(NOT_OF_ARCHIVE))
            yield from pieces_of(copy, size)


def write_snapshot(db: psycopg.Connection[Any], path: Path, *, without: frozenset[str]) -> None:
    """Create an SQLite store at ``path`` with all rows of all tables except ``without``.

    The search index of the new store will handle all events again.
    """
    SqliteStore(path).close()
    with closing(sqlite3.connect(path, isolation_level=None)) as file, db.transaction():
        db.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        # Writing to the file may take long between two statements.
        db.execute(NO_IDLE_LIMIT)
        file.execute("PRAGMA synchronous = OFF")
        file.execute("BEGIN")
        triggers = file.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
        ).fetchall()
        for name, _ in triggers:
            file.execute(f"DROP TRIGGER {name}")
        for table in tables_of(file):
            if table not in {*without, "consumers"}:
                copy_table(db, file, table)
        file.execute(NO_ALERTS)
        for _, sql in triggers:
            file.execute(sql)
        file.execute("COMMIT")


def tables_of(file: sqlite3.Connection) -> list[str]:
    """Return the tables of a store that contain its data."""
    rows = file.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
    return [name for (name,) in rows if not INTERNAL_TABLES.match(name)]


def copy_table(db: psycopg.Connection[Any], file: sqlite3.Connection, table: str) -> None:
    """Copy the rows of a table, whose columns have the same names in both databases."""
    names = [row[1] for row in file.execute(f"PRAGMA table_info({table})")]
    columns = ", ".join(f'"{name}"' for name in names)
    places = ", ".join("?" * len(names))
    with db.cursor(name="snapshot") as rows:
        rows.itersize = ROWS_PER_FETCH
        rows.execute(f"SELECT {columns} FROM {table}".encode())
        file.executemany(f"INSERT INTO {table} ({columns}) VALUES ({places})", rows)
