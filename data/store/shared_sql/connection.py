"""The connection to a database, which the parts of a store use for both databases.

Statements are in SQL that SQLite and PostgreSQL both accept. Arguments are written as ``?`` or
``:name``. An interruption stops the statements of a thread whose client has disconnected.
"""

import threading
from abc import abstractmethod
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Final, Protocol, TypeAlias

from data.store.unit_of_work.unit import Transactions, UnitOfWork

MARK: Final = "unfinished_transfer"
"""Name of a table that marks a store as incomplete while a transfer fills it (see
data.store.transfer)."""

HALF_FULL: Final = (
    "a transfer into it is unfinished: run `communique migrate` again, with the same "
    "--from and --to"
)

NEWER_SCHEMA_MESSAGE: Final = (
    "it was written by a newer version of Communique and could be damaged by this one: update "
    "Communique on this machine, or use an older copy"
)

ROLLED_BACK_MESSAGE: Final = (
    "an earlier error, such as a full disk, undid all writes of the transaction: correct its cause,"
    " and try again"
)

Arguments: TypeAlias = Sequence[Any] | Mapping[str, Any]

NEW_RELEASES: Final = "INSERT INTO releases "
"""Start of the statement that inserts releases."""


class Done(Protocol):
    """The result of a statement."""

    @property
    def rowcount(self) -> int:
        """Return the number of rows that were inserted, updated or deleted."""

    def fetchall(self) -> list[Any]:
        """Return all rows of the result."""


class Database(Protocol):
    """Executes statements within a transaction."""

    def execute(self, sql: str, arguments: Arguments = ..., /) -> Done:
        """Execute a statement."""

    def executemany(self, sql: str, arguments: Iterable[Arguments], /) -> Done:
        """Execute a statement once for each set of arguments."""


class Connection(Transactions):
    """A database with one connection per thread, and the transactions of these connections.

    All methods raise StoreError if the database fails.
    """

    @property
    @abstractmethod
    def db(self) -> Database:
        """Return this thread's connection."""

    @abstractmethod
    def ask(self, sql: str, arguments: Arguments = (), /) -> list[Any]:
        """Return all rows of a query."""

    @abstractmethod
    def upsert(self, table: str, *rows: Mapping[str, Any]) -> None:
        """Insert rows. Existing rows with the same primary key are updated."""

    @abstractmethod
    def rekey(
        self, table: str, column: str, value: str, where: str, arguments: Mapping[str, Any]
    ) -> None:
        """Change a key column. Existing rows with the new key are deleted.

        ``value`` and ``where`` are SQL expressions with named ``arguments``.
        """

    @abstractmethod
    def overwrite_deleted(self) -> None:
        """Overwrite data that this transaction deletes, if the database supports this."""

    @abstractmethod
    def delete_indexed_words(self) -> None:
        """Delete the words of deleted texts from the search index.

        If a database can't delete single entries, it empties the index, and all releases are
        indexed again.
        """

    @abstractmethod
    def commit_durably(self) -> None:
        """Ensure that the current transaction survives a power failure after its commit."""

    @abstractmethod
    def bounded(self, seconds: float) -> AbstractContextManager[None]:
        """Limit the total time of the queries in a ``with`` block to ``seconds``.

        Raises SlowSearch if the queries take longer.
        """

    @abstractmethod
    def writing(self, *, parts: bool = True) -> AbstractContextManager[Database]:
        """Start a transaction that may write.

        Within another transaction, start a savepoint instead. If the ``with`` block fails, only the
        writes since the savepoint are rolled back. Without ``parts``, there is no savepoint, and
        the whole transaction is rolled back.
        """

    def at_hand(self, name: str) -> dict[Any, Any]:
        """Return this thread's cache of rows with a given name.

        The cache is emptied if another connection wrote to the database, or if writes were rolled
        back.
        """
        if not hasattr(self._threads, "at_hand"):
            self._threads.at_hand = defaultdict(dict)
        found: dict[Any, Any] = self._threads.at_hand[name]
        return found

    def _forget(self) -> None:
        """Empty the caches, because rows of the store may have changed."""
        for known in getattr(self._threads, "at_hand", {}).values():
            known.clear()

    @abstractmethod
    def close(self) -> None:
        """Close this thread's connection."""


class Part:
    """A part of the store: methods for one topic, over the connection that all parts share."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._ask = connection.ask
        self._writing = connection.writing

    def _column(self, sql: str, arguments: Arguments = ()) -> list[Any]:
        """Return the values of a query for one column."""
        return [value for (value,) in self._ask(sql, arguments)]

    def _value(self, sql: str, arguments: Arguments = ()) -> Any:
        """Return the value of a query for one column in its first row, or None without rows."""
        return next(iter(self._column(sql, arguments)), None)

    def _upsert(self, table: str, *rows: Mapping[str, Any]) -> None:
        """Insert rows. Existing rows with the same primary key are updated."""
        with self._writing():
            self._connection.upsert(table, *rows)

    def _write(self, sql: str, arguments: Arguments = ()) -> int:
        """Execute one statement in a transaction and return the number of rows that it wrote."""
        with self._writing() as db:
            return db.execute(sql, arguments).rowcount

    @property
    def _db(self) -> Database:
        return self._connection.db

    @property
    def _unit(self) -> UnitOfWork:
        return self._connection.unit


class TablePart(Part):
    """Methods for one table of the recorder. Most writes wait until `write` is called.

    An instance is used for one batch of drafts, within one transaction.
    """

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self._waiting: defaultdict[str, list[Arguments]] = defaultdict(list)

    def write(self) -> None:
        """Execute the waiting writes: each statement once, for all of its rows."""
        # Other rows refer to releases.
        waiting = sorted(self._waiting.items(), key=lambda one: not one[0].startswith(NEW_RELEASES))
        self._waiting.clear()
        for sql, rows in waiting:
            self._db.executemany(sql, rows)

    def _later(self, sql: str, *rows: Arguments) -> None:
        """Execute a statement for these rows when the batch is written.

        Two waiting statements must not depend on each other.
        """
        self._waiting[sql] += rows

    def _ask_written(self, sql: str, arguments: Arguments = ()) -> list[Any]:
        """Execute the waiting writes, then return all rows of a query."""
        self.write()
        return self._ask(sql, arguments)

    def _column_written(self, sql: str, arguments: Arguments = ()) -> list[Any]:
        """Execute the waiting writes, then return the values of a query for one column."""
        return [value for (value,) in self._ask_written(sql, arguments)]


def places(values: Collection[object]) -> str:
    """Return a list of SQL placeholders for values.

    Without values, return NULL, so that ``IN (NULL)`` matches no row.
    """
    return ",".join("?" * len(values)) or "NULL"


class Interruption:
    """A switch with which one thread can stop the database work of another thread.

    Stopped queries raise Interrupted.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._end: Callable[[], object] | None = None
        self.is_stopped = False

    def stop(self) -> None:
        """Stop the running statement, and refuse later statements.

        For PostgreSQL, this sends a cancel request over the network.
        """
        with self._lock:
            self.is_stopped = True
            if self._end:
                self._end()

    @contextmanager
    def ending(self, end: Callable[[], object]) -> Iterator[None]:
        """Call ``end`` if the work is stopped during the ``with`` block."""
        with self._lock:
            self._end = end
        try:
            yield
        finally:
            with self._lock:
                self._end = None


class _Current(threading.local):
    interruption: Interruption | None = None


_current = _Current()


def current() -> Interruption | None:
    """Return the interruption that may stop the work of this thread, or None."""
    return _current.interruption


@contextmanager
def interruptible(by: Interruption) -> Iterator[None]:
    """Allow an interruption to stop the work of this thread in a ``with`` block."""
    before, _current.interruption = _current.interruption, by
    try:
        yield
    finally:
        _current.interruption = before
