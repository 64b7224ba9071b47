"""A connection of PostgreSQL a thread while it is in a transaction, and one writer at a time."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, suppress
from typing import TYPE_CHECKING, Any, Final

import psycopg
from psycopg import errors
from psycopg.pq import TransactionStatus
from psycopg.rows import dict_row

from data.errors import Interrupted, LeaseLost, SlowSearch, StoreError
from data.store.postgres.database.dialect import translated
from data.store.postgres.database.pool import CONNECTING, STATEMENT, TAKE_TURN, failed, pool_of
from data.store.postgres.database.schema import APPLIED, wrong_version
from data.store.sql.database.connection import Arguments, Database
from data.store.sql.database.interruption import current
from data.text.redaction import redacted

if TYPE_CHECKING:
    from psycopg_pool import ConnectionPool

    from data.models import Lease

BEGIN: Final = (
    f"BEGIN; SET LOCAL lock_timeout = {{milliseconds}}; {TAKE_TURN}, nextval('transactions')"
)
"""Begins a transaction that may write; it gives the number of those that did so far."""

BOUNDED: Final = "SET statement_timeout = {milliseconds}; SET enable_seqscan = off"
UNBOUNDED: Final = f"SET statement_timeout = '{STATEMENT}s'; SET enable_seqscan = on"
"""Before a search and after it. Planners do not know what it costs to look into long texts that lie
apart from their rows: they would rather look through all of them than use an index."""

DURABLE: Final = (
    "SELECT set_config('synchronous_commit', 'on', true)"
    " WHERE current_setting('synchronous_commit') = 'off'"
)
"""Has a transaction wait for the disk, on a server whose transactions do not."""

USABLE: Final = (TransactionStatus.IDLE, TransactionStatus.INTRANS)

KEYS: Final = """
    SELECT array_agg(a.attname::text) FROM pg_catalog.pg_index i
    JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
    WHERE i.indisunique AND i.indrelid = CAST(:name AS TEXT)::regclass
    GROUP BY i.indexrelid
"""
"""The columns of each key of a table."""

PRIMARY: Final = KEYS.replace("i.indisunique", "i.indisprimary")


class Connection:
    """The database at ``url``, its schema brought up to date.

    A writer waits ``patience`` seconds for another, and for a database that is being restarted.

    Raises StoreError where it can't be reached or is no store.
    """

    def __init__(self, url: str, *, patience: float) -> None:
        self.url = redacted(url)
        self._address = url
        self._patience = patience
        self._threads = threading.local()
        self._lease: Lease | None = None
        # Others may have brought it up to date since this process looked.
        if wrong := wrong_version({name for (name,) in self.ask(f"SELECT name FROM {APPLIED}")}):
            raise StoreError(self.url, wrong)

    @property
    def _pool(self) -> ConnectionPool:
        return pool_of(self._address, self._patience)

    @property
    def db(self) -> Database:
        """This connection: outside of a transaction, each statement is one."""
        return self

    def execute(self, sql: str, arguments: Arguments = (), /) -> psycopg.Cursor[Any]:
        """Have a statement done."""
        statement, numbered = translated(sql)
        if numbered:
            arguments = {str(place): one for place, one in enumerate(arguments, start=1)}
        with self._raw() as db:
            return db.execute(statement, arguments)

    def executemany(self, sql: str, arguments: Iterable[Arguments], /) -> psycopg.Cursor[Any]:
        """Have a statement done once with each of several arguments."""
        statement, numbered = translated(sql)
        if numbered:
            arguments = [
                {str(place): one for place, one in enumerate(some, start=1)} for some in arguments
            ]
        with self._raw() as db, db.cursor() as cursor:
            cursor.executemany(statement, [*arguments])
            return cursor

    def ask(self, sql: str, arguments: Arguments = (), /) -> list[Any]:
        """All rows of a query."""
        return self.execute(sql, arguments).fetchall()

    def rows(
        self, table: str, where: str, arguments: Sequence[Any], *, order_by: str | None = None
    ) -> list[dict[str, Any]]:
        """The rows of one table by the names of its columns, off the hot path."""
        order = f" ORDER BY {order_by}" if order_by else ""
        statement, _ = translated(f"SELECT * FROM {table} WHERE {where}{order}")
        with self._raw() as db, db.cursor(row_factory=dict_row) as cursor:
            return cursor.execute(statement, arguments).fetchall()

    def upsert(self, table: str, *rows: Mapping[str, Any]) -> None:
        """Add rows, or change those that have the same primary key."""
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
        """Change a column that is a part of keys; rows that have the new key already go."""
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
        """Nothing: what is deleted goes with the next VACUUM, and out of backups with their age."""

    def commit_durably(self) -> None:
        """Have the transaction under way survive a loss of power once it has ended."""
        self.execute(DURABLE)

    @contextmanager
    def bounded(self, seconds: float) -> Iterator[None]:
        """Give up what is asked within, after so many seconds. Raises SlowSearch."""
        self._threads.until = time.monotonic() + seconds
        try:
            yield
        except Interrupted:
            raise
        except StoreError as error:
            if isinstance(error.__cause__, errors.QueryCanceled):
                raise SlowSearch(self.url, seconds) from error
            raise
        finally:
            self._threads.until = None

    @contextmanager
    def under(self, lease: Lease) -> Iterator[None]:
        """Have each transaction within raise LeaseLost, and write nothing, once it is lost."""
        before, self._lease = self._lease, lease
        try:
            yield
        finally:
            self._lease = before

    @contextmanager
    def writing(self) -> Iterator[Database]:
        """One transaction that may write, the only one that does at that time.

        Within another it is a part of that, and undone alone where it fails.
        """
        if getattr(self._threads, "raw", None) is None:
            with self._outermost():
                yield self
            return
        waiting = len(self._threads.at_commit)
        self.execute("SAVEPOINT verb")
        try:
            yield self
        except BaseException:
            # Where the connection is gone, there is nothing to undo.
            with suppress(StoreError):
                self.execute("ROLLBACK TO verb")
            del self._threads.at_commit[waiting:]
            self._forget()
            raise
        finally:
            with suppress(StoreError):
                self.execute("RELEASE verb")

    @contextmanager
    def _outermost(self) -> Iterator[None]:
        try:
            raw = self._pool.getconn(max(self._patience, CONNECTING))
        except psycopg.Error as error:
            raise failed(self._address, error) from error
        threads = self._threads
        threads.raw, threads.at_commit = raw, []
        try:
            try:
                self._begin(raw)
                yield
                self._enter_waiting()
                self.execute("COMMIT")
            except BaseException:
                try:
                    raw.execute("ROLLBACK")
                except psycopg.Error:
                    # The server rolls back what is left so; the pool gives nobody a closed one.
                    raw.close()
                self._forget()
                raise
        finally:
            threads.raw = None
            self._pool.putconn(raw)

    def _begin(self, raw: psycopg.Connection[Any]) -> None:
        milliseconds = max(1, int(self._patience * 1000))
        try:
            cursor = raw.execute(BEGIN.format(milliseconds=milliseconds).encode())
            while cursor.nextset():
                pass
            ((_, number),) = cursor.fetchall()
        except psycopg.Error as error:
            raise failed(self._address, error) from error
        if number != getattr(self._threads, "number", None):
            # Another one wrote since.
            self._forget()
        self._threads.number = number + 1
        self._check_lease()

    def _check_lease(self) -> None:
        lease = self._lease
        if lease and not self.ask(
            "SELECT 1 FROM hosts WHERE host = ? AND token = ? AND token <> 0 FOR UPDATE",
            [lease.host, lease.token],
        ):
            raise LeaseLost(lease.host)

    def at_commit(self, enter: Callable[[Database, list[Any]], None], items: Any) -> None:
        """Have ``enter`` called once with all items of this transaction, just before its end."""
        self._threads.at_commit.append((enter, items))

    def _enter_waiting(self) -> None:
        waiting: defaultdict[Callable[..., None], list[Any]] = defaultdict(list)
        for enter, items in self._threads.at_commit:
            waiting[enter] += items
        for enter, items in waiting.items():
            enter(self, items)

    def at_hand(self, name: str) -> dict[Any, Any]:
        """What a part keeps in memory of rows, for this thread.

        It is emptied where another connection wrote, or where what was written was undone.
        """
        if not hasattr(self._threads, "at_hand"):
            self._threads.at_hand = defaultdict(dict)
        found: dict[Any, Any] = self._threads.at_hand[name]
        return found

    def _forget(self) -> None:
        for known in getattr(self._threads, "at_hand", {}).values():
            known.clear()

    @contextmanager
    def _raw(self) -> Iterator[psycopg.Connection[Any]]:
        """This thread's connection, or one for a moment."""
        threads, interruption = self._threads, current()
        own: psycopg.Connection[Any] | None = getattr(threads, "raw", None)
        until = getattr(threads, "until", None)
        try:
            raw = own or self._pool.getconn(CONNECTING)
            try:
                with interruption.ending(raw.cancel) if interruption else nullcontext():
                    if interruption and interruption.is_stopped:
                        raise Interrupted(self.url)
                    if until:
                        left = max(1, int((until - time.monotonic()) * 1000))
                        raw.execute(BOUNDED.format(milliseconds=left).encode())
                    yield raw
            finally:
                if interruption and interruption.is_stopped:
                    # The server may end a later statement by the cancel request of this one.
                    raw.close()
                elif until and raw.info.transaction_status in USABLE:
                    raw.execute(UNBOUNDED.encode())
                if own is None:
                    self._pool.putconn(raw)
        except psycopg.Error as error:
            if interruption and interruption.is_stopped:
                raise Interrupted(self.url) from error
            raise failed(self._address, error) from error

    @contextmanager
    def apart(self) -> Iterator[psycopg.Connection[Any]]:
        """A connection beside this thread's, for what is none of its transaction."""
        try:
            with self._pool.connection(CONNECTING) as raw:
                yield raw
        except psycopg.Error as error:
            raise failed(self._address, error) from error

    def close(self) -> None:
        """Nothing: connections are the process's, which closes those that nobody uses."""
