"""Protocol of a database for the parts of a store, which is the same for both databases.

Statements are written in SQL that SQLite and PostgreSQL both accept. Arguments are written as ``?``
or ``:name``.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Final, Protocol, TypeAlias

from data.store.unit_of_work.unit import UnitOfWork

MARK: Final = "unfinished_transfer"
"""Name of a table that marks a store while a transfer fills it (see data.store.transfer)."""

HALF_FULL: Final = (
    "another store is being written into it: run `communique migrate` to its end, with the same "
    "--from and --to"
)

Arguments: TypeAlias = Sequence[Any] | Mapping[str, Any]


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


class Connection(Protocol):
    """A database with one connection per thread. All methods raise StoreError."""

    before_commit: Callable[[UnitOfWork], None]
    """See `data.store.unit_of_work.unit.Transactions`."""

    @property
    def unit(self) -> UnitOfWork:
        """Return the unit of work of this thread's transaction."""

    @property
    def db(self) -> Database:
        """Return this thread's connection."""

    def ask(self, sql: str, arguments: Arguments = (), /) -> list[Any]:
        """Return all rows of a query."""

    def rows(
        self, table: str, where: str, arguments: Sequence[Any], *, order_by: str | None = None
    ) -> list[dict[str, Any]]:
        """Return rows of one table as dictionaries by column name.

        This is too slow for frequent queries.
        """

    def upsert(self, table: str, *rows: Mapping[str, Any]) -> None:
        """Insert rows, or update those with the same primary key."""

    def rekey(
        self, table: str, column: str, value: str, where: str, arguments: Mapping[str, Any]
    ) -> None:
        """Change a key column; existing rows with the new key are deleted.

        ``value`` and ``where`` are SQL expressions with named ``arguments``.
        """

    def overwrite_deleted(self) -> None:
        """Overwrite the data that this transaction deletes, as far as the database can."""

    def commit_durably(self) -> None:
        """Make the current transaction survive a power failure once it has ended."""

    def bounded(self, seconds: float) -> AbstractContextManager[None]:
        """Limit the queries within the block to a total of ``seconds``.

        Raises SlowSearch when the time is over.
        """

    def writing(self) -> AbstractContextManager[Database]:
        """Start a transaction that may write.

        Within another transaction, the new one becomes part of that transaction. If the inner part
        fails, only its own writes are undone.
        """

    def postponed(self) -> AbstractContextManager[None]:
        """Begin a transaction with the first write within the block, if there is one."""

    def at_hand(self, name: str) -> dict[Any, Any]:
        """Return the cache of rows that this thread keeps under a name.

        The cache is emptied if another connection wrote or if writes were undone.
        """

    def close(self) -> None:
        """Close this thread's connection."""


class Part:
    """A part of the store: methods for one concern, over the connection that all parts share."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._ask = connection.ask
        self._rows = connection.rows
        self._writing = connection.writing

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


def places(values: Collection[object]) -> str:
    """Return a list of placeholders for values in SQL.

    For no values, return an expression that equals nothing.
    """
    return ",".join("?" * len(values)) or "NULL"
