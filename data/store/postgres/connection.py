"""PostgreSQL connections: one per thread during a transaction, and only one writer at a time."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, nullcontext, suppress
from copy import copy
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import psycopg
from psycopg import errors
from psycopg.pq import TransactionStatus

from data.errors import Interrupted, LeaseLost, SlowSearch, StoreError
from data.store.postgres.pool import (
    CONNECT_TIMEOUT_SECONDS,
    MAX_STATEMENT_SECONDS,
    TAKE_TURN,
    explained,
    failed,
    pool_of,
)
from data.store.postgres.schema import APPLIED, wrong_version
from data.store.shared_sql.connection import (
    ROLLED_BACK_MESSAGE,
    Arguments,
    Connection,
    Database,
    current,
)
from data.store.unit_of_work.unit import UnitOfWork
from data.text.masked_values import rows_without_secrets
from data.text.masking import masked

if TYPE_CHECKING:
    from psycopg_pool import ConnectionPool

    from data.models import Lease

BEGIN: Final = f"BEGIN; SET LOCAL lock_timeout = {{milliseconds}}; {TAKE_TURN}, nextval('writes')"
"""Statement that starts a write transaction and returns its number, which increases with each write
transaction.
"""

HOST_LOCK: Final = "SELECT 1 FROM hosts WHERE host = %s AND token = %s AND token <> 0 FOR UPDATE"
"""Statement that locks the row of a host if the worker still has the lease."""

SEARCH_LIMITS: Final = "SET statement_timeout = {milliseconds}; SET enable_seqscan = off"
"""Statements before a search: set a time limit and disable sequential scans. PostgreSQL
underestimates the cost of reading long texts stored outside of their rows (TOAST), and would scan
the whole table instead of using an index."""
UNBOUNDED: Final = f"SET statement_timeout = '{MAX_STATEMENT_SECONDS}s'; SET enable_seqscan = on"
"""Statements after a search: restore the usual time limit and sequential scans."""

DURABLE: Final = (
    "SELECT set_config('synchronous_commit', 'on', true)"
    " WHERE current_setting('synchronous_commit') = 'off'"
)
"""Statement that makes a transaction wait for the disk if the server has ``synchronous_commit =
off``."""

USABLE: Final = (TransactionStatus.IDLE, TransactionStatus.INTRANS)
"""States in which a connection accepts statements."""

KEYS: Final = """
    SELECT array_agg(a.attname::text) FROM pg_catalog.pg_index i
    JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
    WHERE i.indisunique AND i.indrelid = CAST(:name AS TEXT)::regclass
    GROUP BY i.indexrelid
"""
"""Query for the columns of each unique key of a table."""

PRIMARY: Final = KEYS.replace("i.indisunique", "i.indisprimary")
"""Query for the columns of the primary key of a table."""

PARTS: Final = re.compile(
    r"'(?:[^']|'')*'"
    r"|\?(?P<number>\d*)"
    r"|(?<![:\w]):(?P<name>[a-z_]\w*)"
    # Hints for SQLite's planner about the order of the loops of a join.
    r"| (?P<hint>CROSS(?= JOIN)|INDEXED BY \w+)"
)
"""Pattern of placeholders, string literals and hints in SQL for both databases."""


class PostgresConnection(Connection):
    """A connection to the database at ``url``. Its schema is first migrated to the latest version.

    ``patience`` is the maximum time in seconds to wait for another writer, or for a restarting
    database. Raises StoreError if the database can't be reached or is not a store.
    """

    def __init__(self, url: str, *, patience: float) -> None:
        super().__init__()
        self.url = masked(url)
        self._address = url
        self._patience = patience
        self.lease: Lease | None = None
        # Another process may have migrated the schema since this process checked it.
        if wrong := wrong_version({name for (name,) in self.ask(f"SELECT name FROM {APPLIED}")}):
            raise StoreError(self.url, wrong)

    @property
    def _pool(self) -> ConnectionPool:
        return pool_of(self._address, self._patience)

    @property
    def db(self) -> Database:
        """Return this connection.

        Outside of a transaction, each statement is a separate transaction.
        """
        return self

    def execute(self, sql: str, arguments: Arguments = (), /) -> psycopg.Cursor[Any]:
        statement, numbered = translated(sql)
        if numbered:
            arguments = {str(place): one for place, one in enumerate(arguments, start=1)}
        with self._raw() as db:
            return db.execute(statement, arguments)

    def executemany(self, sql: str, arguments: Iterable[Arguments], /) -> psycopg.Cursor[Any]:
        statement, numbered = translated(sql)
        if numbered:
            arguments = [
                {str(place): one for place, one in enumerate(some, start=1)} for some in arguments
            ]
        with self._raw() as db:
            # A closed cursor would no longer know its number of changed rows.
            cursor = db.cursor()
            cursor.executemany(statement, [*arguments])
            return cursor

    def ask(self, sql: str, arguments: Arguments = (), /) -> list[Any]:
        cursor = self.execute(sql, arguments)
        rows = cursor.fetchall()
        if not self.secrets:
            return rows
        columns = [one.name for one in cursor.description or ()]
        return rows_without_secrets(columns, rows, self.secrets)

    def upsert(self, table: str, *rows: Mapping[str, Any]) -> None:
        if not rows:
            return
        ((key,),) = self.ask(PRIMARY, {"name": table})
        names = [*rows[0]]
        changed = ", ".join(f"{name} = excluded.{name}" for name in names if name not in key)
        self.executemany(
            f"INSERT INTO {table} ({', '.join(names)})"
            f" VALUES ({', '.join(f':{name}' for name in names)}) ON CONFLICT ({', '.join(key)})"
            f" {f'DO UPDATE SET {changed}' if changed else 'DO NOTHING'}",
            rows,
        )

    def rekey(
        self, table: str, column: str, value: str, where: str, arguments: Mapping[str, Any]
    ) -> None:
        for (key,) in self.ask(KEYS, {"name": table}):
            if column not in key:
                continue
            same = "".join(f" AND k.{name} = m.{name}" for name in key if name != column)
            self.execute(
                f"WITH moved AS (SELECT *, ctid AS place, {value} AS changed FROM {table}"
                f" WHERE {where}) DELETE FROM {table} k USING moved m"
                f" WHERE k.{column} = m.changed{same} AND k.ctid <> m.place",
                arguments,
            )
        self.execute(f"UPDATE {table} SET {column} = {value} WHERE {where}", arguments)

    def overwrite_deleted(self) -> None:
        """Do nothing, because VACUUM removes deleted data, and old backups expire."""

    def commit_durably(self) -> None:
        self.execute(DURABLE)

    def delete_indexed_words(self) -> None:
        """Do nothing, because entries are replaced when their releases are indexed again."""

    @contextmanager
    def bounded(self, seconds: float) -> Iterator[None]:
        threads = self._threads
        threads.until = time.monotonic() + seconds
        try:
            # One connection for all statements saves most exchanges with the server.
            with self._raw() as threads.bounded:
                yield
        except Interrupted:
            raise
        except StoreError as error:
            if isinstance(error.__cause__, errors.QueryCanceled):
                raise SlowSearch(self.url, seconds) from error
            raise
        finally:
            threads.until = threads.bounded = None

    def leased(self, lease: Lease) -> PostgresConnection:
        """Return a view of this connection whose transactions check a lease before the commit.

        If the lease is lost, they raise LeaseLost instead of committing.
        """
        found = copy(self)
        found.lease = lease
        return found

    @contextmanager
    def writing(self, *, parts: bool = True) -> Iterator[Database]:
        """Start a transaction that may write. Only one such transaction runs at a time.

        Within another transaction, start a savepoint instead. If the ``with`` block fails, only the
        writes since the savepoint are rolled back.
        """
        with self._within(parts=parts):
            yield self

    @contextmanager
    def _nested(self, unit: UnitOfWork) -> Iterator[None]:
        self.execute("SAVEPOINT verb")
        try:
            with unit.part():
                yield
                # This fails if the block ignored the error of a statement.
                self.execute("RELEASE verb")
        except BaseException:
            # If the connection is lost, there is nothing to undo.
            with suppress(StoreError):
                self.execute("ROLLBACK TO verb")
                self.execute("RELEASE verb")
            self._forget()
            raise

    @contextmanager
    def _outermost(self) -> Iterator[None]:
        with explained(self._address):
            raw = self._pool.getconn(max(self._patience, CONNECT_TIMEOUT_SECONDS))
        threads = self._threads
        threads.raw = raw
        unit = threads.unit = UnitOfWork()
        try:
            try:
                self._begin(raw)
                yield
                unit.write_queued(self)
                self._check_lease()
                with self.committing(unit):
                    self._commit()
            except BaseException:
                try:
                    raw.execute("ROLLBACK")
                except psycopg.Error:
                    # The server rolls back the abandoned transaction. The pool discards closed
                    # connections.
                    raw.close()
                self._forget()
                raise
        finally:
            threads.raw = threads.unit = None
            self._pool.putconn(raw)

    def _begin(self, raw: psycopg.Connection[Any]) -> None:
        milliseconds = max(1, int(self._patience * 1000))
        with explained(self._address):
            cursor = raw.execute(BEGIN.format(milliseconds=milliseconds).encode())
            while cursor.nextset():
                pass
            ((_, number),) = cursor.fetchall()
        if number != getattr(self._threads, "number", None):
            # Another connection wrote since this thread's last transaction.
            self._forget()
        self._threads.number = number + 1

    def _commit(self) -> None:
        # After an ignored error of a statement, PostgreSQL rolls back and reports no error.
        if self.execute("COMMIT").statusmessage != "COMMIT":
            raise StoreError(self.url, ROLLED_BACK_MESSAGE)

    def _check_lease(self) -> None:
        lease = self.lease
        if lease is None:
            return
        with self._raw() as db:
            if not db.execute(HOST_LOCK, [lease.host, lease.token]).fetchone():
                raise LeaseLost(lease.host)

    @contextmanager
    def _raw(self) -> Iterator[psycopg.Connection[Any]]:
        """Yield this thread's connection, or a connection from the pool if it has none."""
        threads, interruption = self._threads, current()
        bounded = getattr(threads, "bounded", None)
        own: psycopg.Connection[Any] | None = getattr(threads, "raw", None) or bounded
        until = getattr(threads, "until", None)
        try:
            raw = own or self._pool.getconn(CONNECT_TIMEOUT_SECONDS)
            try:
                with interruption.ending(raw.cancel) if interruption else nullcontext():
                    if interruption and interruption.is_stopped:
                        raise Interrupted(self.url)
                    if until:
                        left = max(1, int((until - time.monotonic()) * 1000))
                        if not bounded or left < threads.limit / 2:
                            raw.execute(SEARCH_LIMITS.format(milliseconds=left).encode())
                            threads.limit = left
                    yield raw
            finally:
                if interruption and interruption.is_stopped:
                    # The cancel request for this statement may reach a later one, so don't reuse
                    # the connection.
                    raw.close()
                elif until and not bounded and raw.info.transaction_status in USABLE:
                    raw.execute(UNBOUNDED.encode())
                if own is None:
                    self._pool.putconn(raw)
        except psycopg.Error as error:
            if interruption and interruption.is_stopped:
                raise Interrupted(self.url) from error
            raise failed(self._address, error) from error

    @contextmanager
    def apart(self) -> Iterator[psycopg.Connection[Any]]:
        """Yield a second connection, for work outside of this thread's transaction."""
        pool = self._pool
        with explained(self._address), pool.connection(CONNECT_TIMEOUT_SECONDS) as raw:
            yield raw

    def close(self) -> None:
        """Do nothing, because connections belong to the pool of the process.

        The pool closes unused connections.
        """


@cache
def translated(sql: str) -> tuple[str, bool]:
    """Return a statement with psycopg's placeholders, and whether they are numbered."""
    numbered = False

    def part(found: re.Match[str]) -> str:
        nonlocal numbered
        if found["hint"]:
            return ""
        if found["name"]:
            return f"%({found['name']})s"
        if found["number"]:
            numbered = True
            return f"%({found['number']})s"
        return "%s" if found[0] == "?" else found[0].replace("%", "%%")

    # Percent signs only occur in string literals.
    return PARTS.sub(part, sql), numbered
