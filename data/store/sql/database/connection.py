"""What the parts of a store ask of a database, whichever it is.

Statements are written in SQL that SQLite and PostgreSQL both take. An argument stands in them as
``?`` or as ``:name``.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Final, Protocol, TypeAlias

MARK: Final = "unfinished_transfer"
"""A table that a store has while another one is written into it; see data.store.transfer."""

HALF_FULL: Final = (
    "another store is being written into it: run `communique migrate` to its end, with the same "
    "--from and --to"
)

Arguments: TypeAlias = Sequence[Any] | Mapping[str, Any]


class Done(Protocol):
    """What became of a statement."""

    @property
    def rowcount(self) -> int:
        """How many rows it added, changed or deleted."""

    def fetchall(self) -> list[Any]:
        """The rows that it gives."""


class Database(Protocol):
    """What statements are given to, within a transaction."""

    def execute(self, sql: str, arguments: Arguments = ..., /) -> Done:
        """Have a statement done."""

    def executemany(self, sql: str, arguments: Iterable[Arguments], /) -> Done:
        """Have a statement done once with each of several arguments."""


class Connection(Protocol):
    """A database, with a connection of its own for each thread. All verbs raise StoreError."""

    @property
    def db(self) -> Database:
        """This thread's connection."""

    def ask(self, sql: str, arguments: Arguments = (), /) -> list[Any]:
        """All rows of a query."""

    def rows(
        self, table: str, where: str, arguments: Sequence[Any], *, order_by: str | None = None
    ) -> list[dict[str, Any]]:
        """The rows of one table by the names of its columns, off the hot path."""

    def upsert(self, table: str, *rows: Mapping[str, Any]) -> None:
        """Add rows, or change those that have the same primary key."""

    def rekey(
        self, table: str, column: str, value: str, where: str, arguments: Mapping[str, Any]
    ) -> None:
        """Change a column that is a part of keys; rows that have the new key already go.

        ``value`` and ``where`` are SQL, with ``arguments`` by their names.
        """

    def overwrite_deleted(self) -> None:
        """Have what this transaction deletes overwritten, as far as the database can do that."""

    def commit_durably(self) -> None:
        """Have the transaction under way survive a loss of power once it has ended."""

    def bounded(self, seconds: float) -> AbstractContextManager[None]:
        """Give up what is asked within, after so many seconds. Raises SlowSearch."""

    def writing(self) -> AbstractContextManager[Database]:
        """One transaction that may write, the only one that does at that time.

        Within another it is a part of that, and undone alone where it fails.
        """

    def at_commit(self, enter: Callable[[Database, list[Any]], None], items: Any) -> None:
        """Have ``enter`` called once with all items of this transaction, just before its end."""

    def at_hand(self, name: str) -> dict[Any, Any]:
        """What a part keeps in memory of rows, for this thread.

        It is emptied where another connection wrote, or where what was written was undone.
        """

    def close(self) -> None:
        """Close this thread's connection."""


class Part:
    """A part of the store: verbs of one concern, over the connection that all parts share."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._ask = connection.ask
        self._rows = connection.rows
        self._writing = connection.writing

    @property
    def _db(self) -> Database:
        return self._connection.db


def places(values: Collection[object]) -> str:
    """So many question marks, with commas between; where there are none, what no value equals."""
    return ",".join("?" * len(values)) or "NULL"
