"""A database at one end of a transfer: its tables, and their rows in the order of their keys."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, ClassVar, Final, TypeAlias

from data.store.sql.database.connection import MARK

Row: TypeAlias = tuple[Any, ...]
"""The values of a row, in the order of the columns of its `Table`; those of its key come first."""

BATCH: Final = 2000
"""Rows that are read at once, and written in one transaction."""

DERIVED: Final = frozenset({"search_rows", "search_queue"})
"""Tables that are made anew from others."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table: the columns of its primary key, then all others."""

    name: str
    key: tuple[str, ...]
    others: tuple[str, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns, in the order of the values of a row."""
        return self.key + self.others

    def key_of(self, row: Row) -> Row:
        """The values of a row's key."""
        return row[: len(self.key)]


class End(ABC):
    """One end. Its verbs raise StoreError; ``url`` has no secret in it."""

    url: str
    place: ClassVar[str]
    """What stands for an argument in SQL."""

    @property
    @abstractmethod
    def identity(self) -> object:
        """What two ends of one store have in common, however their addresses are written."""

    @abstractmethod
    def tables(self) -> Mapping[str, Table]:
        """The tables of a store by their names; those that refer to others come after those."""

    @abstractmethod
    def ask(self, sql: str, arguments: Sequence[Any] = ()) -> list[Row]:
        """All rows of a query."""

    @abstractmethod
    def batches(self, table: Table) -> Iterator[list[Row]]:
        """All rows of a table by their keys, some at a time, as they are at the beginning."""

    @abstractmethod
    def change(self, sql: str, arguments: Iterable[Sequence[Any]]) -> None:
        """Have a statement done once with each of several arguments."""

    @abstractmethod
    def add(self, table: Table, rows: Sequence[Row]) -> None:
        """Add rows to a table, the quickest way that the database has."""

    @abstractmethod
    def transaction(self) -> AbstractContextManager[object]:
        """All that is changed within is kept, or nothing."""

    @abstractmethod
    def freeze(self) -> None:
        """Let nobody write from now on, and see one state. Raises StoreError where one writes."""

    @abstractmethod
    def refuse_if_used(self) -> None:
        """Raise StoreError where it shows that services or workers are at work on it."""

    @abstractmethod
    def begin(self, source: str) -> None:
        """Mark the store as one that is being filled, and let no trigger act."""

    @abstractmethod
    def finish(self) -> None:
        """Let triggers act again, have all releases entered for search, and take the mark off."""

    @abstractmethod
    def numbers(self) -> Mapping[str, int]:
        """The highest number ever given in each table that never gives one twice."""

    @abstractmethod
    def keep_numbers(self, numbers: Mapping[str, int]) -> None:
        """Never give a number up to these again."""

    @abstractmethod
    def close(self) -> None:
        """Let go of the database."""

    @property
    def unfinished(self) -> str | None:
        """What a transfer that was not finished came from; None where there is none."""
        rows = self.ask(f"SELECT source FROM {MARK} LIMIT 1") if self.is_marked else []
        return str(rows[0][0]) if rows else None

    @property
    @abstractmethod
    def is_marked(self) -> bool:
        """Whether a transfer into it was begun and not finished."""

    def count(self, table: Table) -> int:
        """How many rows a table has."""
        return int(self.ask(f"SELECT count(*) FROM {table.name}")[0][0])

    def selection(self, table: Table) -> str:
        """SQL for all rows of a table, by their keys."""
        return f"SELECT {named(table.columns)} FROM {table.name} ORDER BY {named(table.key)}"

    def replace(self, table: Table, rows: Sequence[Row]) -> None:
        """Have rows that are there hold other values."""
        if table.others:
            changes = ", ".join(f'"{name}" = {self.place}' for name in table.others)
            size = len(table.key)
            self.change(
                f"UPDATE {table.name} SET {changes} WHERE {self._is_key(table)}",
                [row[size:] + row[:size] for row in rows],
            )

    def remove(self, table: Table, keys: Sequence[Row]) -> None:
        """Take rows out of a table."""
        self.change(f"DELETE FROM {table.name} WHERE {self._is_key(table)}", keys)

    def _is_key(self, table: Table) -> str:
        return " AND ".join(f'"{name}" = {self.place}' for name in table.key)


def named(columns: Iterable[str]) -> str:
    """Columns with commas between, each in quotation marks: some are words of SQL."""
    return ", ".join(f'"{name}"' for name in columns)


def canonical(value: Any) -> Any:
    """A value as both databases can hold it: PostgreSQL knows no NUL in texts."""
    if isinstance(value, str):
        return value.replace("\0", "\N{REPLACEMENT CHARACTER}") if "\0" in value else value
    if isinstance(value, bool):
        return int(value)
    return bytes(value) if isinstance(value, memoryview) else value


def in_order(references: Mapping[str, Iterable[str]]) -> list[str]:
    """Tables, each after those that it refers to."""
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
