"""A database at one end of a transfer: its tables, and their rows in key order."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, ClassVar, Final, TypeAlias

from data.store.shared_sql.database.connection import MARK

Row: TypeAlias = tuple[Any, ...]
"""The values of a row in the column order of its `Table`, key columns first."""

BATCH: Final = 2000
"""Number of rows that are read at once and written in one transaction."""

DERIVED: Final = frozenset({"search_rows", "consumers"})
"""Tables that are not copied, because their rows are derived from other tables."""


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
