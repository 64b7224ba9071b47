"""A PostgreSQL database at one end of a transfer."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import Any, Final

import psycopg
from psycopg.pq import TransactionStatus

from data.errors import StoreError
from data.store.postgres.pool import WRITER, connected, explained
from data.store.postgres.schema import APPLIED
from data.store.shared_sql.connection import MARK
from data.store.transfer.end import BATCH, DERIVED, End, Row, Table, canonical, in_order, named
from data.text.masking import masked

IDENTITY: Final = """
    SELECT system_identifier, pg_postmaster_start_time(), oid, current_schema()
    FROM pg_control_system(), pg_catalog.pg_database WHERE datname = current_database()
"""
"""Query for the identity of a database. A copy of a server has the same system identifier and
database ids, but another start time."""

TABLES: Final = """
    SELECT c.relname::text, a.attname::text,
    coalesce(array_position(i.indkey::int2[], a.attnum), -1)
    FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    LEFT JOIN pg_catalog.pg_index i ON i.indrelid = c.oid AND i.indisprimary
    WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p')
    AND NOT c.relispartition ORDER BY c.relname, a.attnum
"""
"""Query for the columns of all tables, with their positions in the primary key (-1 if not in
it)."""

REFERENCES: Final = """
    SELECT conrelid::regclass::text, confrelid::regclass::text FROM pg_catalog.pg_constraint
    WHERE contype = 'f' AND connamespace = current_schema()::regnamespace AND conparentid = 0
"""
"""Query for pairs of a table and a table that it refers to."""

SEQUENCES: Final = """
    SELECT c.relname::text, a.attname::text, pg_get_serial_sequence(c.relname, a.attname)
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid
    WHERE c.relnamespace = current_schema()::regnamespace AND a.attidentity <> ''
"""
"""Query for tables that number their rows, with the column and the sequence of the numbers."""

TRIGGERED: Final = """
    SELECT DISTINCT tgrelid::regclass::text FROM pg_catalog.pg_trigger t
    JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid
    WHERE NOT t.tgisinternal AND c.relnamespace = current_schema()::regnamespace
"""
"""Query for the tables that have triggers."""


WORKERS: Final = "procrastinate_workers"

IS_USED: Final = """
    SELECT EXISTS (SELECT 1 FROM procrastinate_workers
                   WHERE last_heartbeat > now() - make_interval(secs => %s))
    OR EXISTS (SELECT 1 FROM hosts WHERE token <> 0 AND next_due > now())
"""
"""Query that checks whether a worker sent a heartbeat recently, or a host is leased."""

MAX_HEARTBEAT_SECONDS: Final = 45
"""Time in seconds without a heartbeat after which a worker counts as gone. Workers send a heartbeat
every 5 s."""

USED: Final = (
    "services or workers of Communique use it: stop them all. A killed one counts as running for "
    f"{MAX_HEARTBEAT_SECONDS} more seconds"
)

SETTINGS: Final = (
    "SET client_min_messages = warning; SET statement_timeout = 0;"
    # A frozen source is idle in its transaction while the other end is written.
    " SET idle_in_transaction_session_timeout = 0"
)


class PostgresEnd(End):
    """The store in the database at ``url``."""

    place = "%s"

    def __init__(self, url: str) -> None:
        self.url = masked(url)
        self._address = url
        with explained(self._address):
            self._db = connected(url)
            self._db.execute(SETTINGS)

    @cached_property
    def _reader(self) -> psycopg.Connection:
        """Return a second connection, for reading while the first connection writes."""
        with explained(self._address):
            return connected(self._address)

    @property
    def identity(self) -> object:
        """Return the identity of the server, database and schema."""
        return self.ask(IDENTITY)

    @property
    def has_store(self) -> bool:
        """Return whether the database has the tables of a store."""
        return self._has(APPLIED)

    def _has(self, table: str) -> bool:
        return bool(self.ask("SELECT to_regclass(%s) IS NOT NULL", [table])[0][0])

    def tables(self) -> Mapping[str, Table]:
        columns: defaultdict[str, list[tuple[int, str]]] = defaultdict(list)
        for name, column, place in self.ask(TABLES):
            columns[name].append((place, column))
        references: defaultdict[str, set[str]] = defaultdict(set)
        for name, other in self.ask(REFERENCES):
            references[name].add(other)
        found = {}
        for name in in_order({name: references[name] for name in columns}):
            if name in DERIVED | {MARK, APPLIED}:
                continue
            key = sorted(one for one in columns[name] if one[0] >= 0)
            others = tuple(column for place, column in columns[name] if place < 0)
            found[name] = Table(name, tuple(column for _, column in key), others)
        return found

    def ask(self, sql: str, arguments: Sequence[Any] = ()) -> list[Row]:
        with explained(self._address):
            cursor = self._db.execute(sql.encode(), arguments)
            return cursor.fetchall() if cursor.description else []

    def batches(self, table: Table) -> Iterator[list[Row]]:
        # A frozen source is read in its transaction; otherwise a second connection reads.
        is_frozen = self._db.info.transaction_status == TransactionStatus.INTRANS
        db = self._db if is_frozen else self._reader
        with explained(self._address), db.transaction(), db.cursor("rows", binary=True) as cursor:
            cursor.execute(self.selection(table).encode())
            while rows := cursor.fetchmany(BATCH):
                yield [tuple(map(canonical, row)) for row in rows]

    def change(self, sql: str, arguments: Iterable[Sequence[Any]]) -> None:
        with explained(self._address), self._db.cursor() as cursor:
            cursor.executemany(sql.encode(), arguments)

    def add(self, table: Table, rows: Sequence[Row]) -> None:
        copy = f"COPY {table.name} ({named(table.columns)}) FROM STDIN"
        with (
            explained(self._address),
            self._db.cursor() as cursor,
            cursor.copy(copy.encode()) as into,
        ):
            for row in rows:
                into.write_row(row)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        with explained(self._address), self._db.transaction():
            yield

    def freeze(self) -> None:
        self.refuse_if_used()
        lock = "SELECT pg_try_advisory_lock(%s, hashtext(current_schema()))"
        if not self.ask(lock, [WRITER])[0][0]:
            raise StoreError(
                self.url, "another process is writing to the database: stop that process"
            )
        self.ask("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")

    def refuse_if_used(self) -> None:
        # A store used by only one machine has no Procrastinate tables.
        if self._has(WORKERS) and self.ask(IS_USED, [MAX_HEARTBEAT_SECONDS])[0][0]:
            raise StoreError(self.url, USED)

    @property
    def is_marked(self) -> bool:
        return self._has(MARK)

    def begin(self, source: str) -> None:
        with self.transaction():
            self.ask(f"CREATE TABLE {MARK} (source TEXT NOT NULL)")
            self.ask(f"INSERT INTO {MARK} VALUES (%s)", [source])
            # A store with an unknown migration can't be opened.
            self.ask(f"INSERT INTO {APPLIED} (name) VALUES (%s)", [MARK])
            for (name,) in self.ask(TRIGGERED):
                self.ask(f"ALTER TABLE {name} DISABLE TRIGGER USER")

    def finish(self) -> None:
        with self.transaction():
            for (name,) in self.ask(TRIGGERED):
                self.ask(f"ALTER TABLE {name} ENABLE TRIGGER USER")
            for table, column, sequence in self.ask(SEQUENCES):
                ((highest,),) = self.ask(f'SELECT coalesce(max("{column}"), 0) FROM {table}')
                if highest:
                    self.ask("SELECT setval(%s::regclass, %s::bigint)", [sequence, highest])
            self.ask(f"DELETE FROM {APPLIED} WHERE name = %s", [MARK])
            self.ask(f"DROP TABLE {MARK}")
        self.ask("ANALYZE")

    def close(self) -> None:
        self._db.close()
        if "_reader" in self.__dict__:
            self._reader.close()
