"""All rows of one store written into another, compared to the last, and taken up where it ended.

A transfer goes table by table, by keys, some rows a transaction. A store that is being filled is
marked, and no store that opens. What is there from an earlier try is compared and not written
again; rows that changed in between are replaced, and those that went are taken out. At the end all
rows of both are read once more, and their counts and digests compared. Nobody may write to the
source meanwhile.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from typing import Final

import msgspec

from data.errors import StoreError
from data.store.transfer.end import End, Row, Table
from data.wording import counted

Told = Callable[[str, int, int], None]
"""Told the name of a step, how much of it is done, and how much there is."""

SAME: Final = "--from and --to name the same store"
NOT_EMPTY: Final = "it holds another store already ({}): name a database that is empty"
OF_ANOTHER: Final = (
    "it is being filled from {}, which did not end: name that one with --from, or an empty database"
)
UNFINISHED: Final = "it was filled from {}, which did not end: do that again to the end"
NOT_EQUAL: Final = "its table {} holds other rows than that of the source: do it once more"
NO_TABLE: Final = "it has no table {} with the columns of the source: update both to one version"


@dataclass
class Transferred:
    """What a transfer did: the rows of each table, and how many of them it wrote."""

    rows: dict[str, int] = field(default_factory=dict)
    written: dict[str, int] = field(default_factory=dict)
    left: dict[str, int] = field(default_factory=dict)
    """Rows of tables that the other database has no use for."""


def transfer(source: End, target: End, told: Told) -> Transferred:
    """Fill an empty store with all of another, or go on doing so. Raises StoreError."""
    if source.identity == target.identity:
        raise StoreError(target.url, SAME)
    if source.unfinished is not None:
        raise StoreError(source.url, UNFINISHED.format(source.unfinished))
    source.freeze()
    done = Transferred()
    tables = common(source, target, done)
    if not begin(source, target, tables):
        done.rows = {table.name: target.count(table) for table in tables}
        return done
    gone: list[tuple[Table, list[Row]]] = []
    for table in tables:
        merge = Merge(source, target, table)
        of = source.count(table)
        for read in merge.batches():
            told(table.name, read, of)
        done.rows[table.name], done.written[table.name] = of, merge.written
        gone.append((table, merge.gone))
    for table, keys in reversed(gone):
        with target.transaction():
            target.remove(table, keys)
    target.keep_numbers(source.numbers())
    for place, table in enumerate(tables, start=1):
        if not equal(source, target, table):
            raise StoreError(target.url, NOT_EQUAL.format(table.name))
        told("comparing", place, len(tables))
    target.finish()
    return done


def common(source: End, target: End, done: Transferred) -> list[Table]:
    """The tables that both have; those that only one has are what it alone needs."""
    theirs = target.tables()
    found = []
    for name, table in source.tables().items():
        other = theirs.get(name)
        if other is None:
            done.left[name] = source.count(table)
            continue
        # In SQLite each row has a number that no column tells, and that some are sorted by.
        columns = {*table.columns, *other.columns}
        if columns - {"rowid"} != ({*table.columns} & {*other.columns}) - {"rowid"}:
            raise StoreError(target.url, NO_TABLE.format(name))
        # What is a key of one database may have more columns in the other, to sort by.
        key = min(table.key, other.key, key=len)
        found.append(Table(name, key, tuple(sorted(columns - {*key}))))
    return found


def begin(source: End, target: End, tables: list[Table]) -> bool:
    """Mark the target, which must be empty, unless it is marked; False where it holds all."""
    before = target.unfinished
    if before is None:
        filled = next((table for table in tables if target.count(table)), None)
        if filled is None:
            target.refuse_if_used()
            target.begin(source.url)
        elif all(equal(source, target, table) for table in tables):
            return False
        else:
            what = counted(target.count(filled), "row") + f" of {filled.name}"
            raise StoreError(target.url, NOT_EMPTY.format(what))
    elif before != source.url:
        raise StoreError(target.url, OF_ANOTHER.format(before))
    return True


class Merge:
    """One table brought from the source into the target: both are read by their keys."""

    def __init__(self, source: End, target: End, table: Table) -> None:
        self._target, self._table = target, table
        self._rows = source.batches(table)
        self._there = chain.from_iterable(target.batches(table))
        self._next = next(self._there, None)
        self.written = 0
        self.gone: list[Row] = []
        """The keys of rows that the source has no more: others may still refer to them."""

    def batches(self) -> Iterator[int]:
        """Write what is new or other, some rows at a time; how many were read so far."""
        read = 0
        for rows in self._rows:
            found = [(row, self._found(row)) for row in rows]
            new = [row for row, there in found if there is None]
            other = [row for row, there in found if there not in {None, row}]
            if new or other:
                with self._target.transaction():
                    self._target.replace(self._table, other)
                    self._target.add(self._table, new)
                self.written += len(new) + len(other)
            read += len(rows)
            yield read
        while self._next:
            self._pass()

    def _found(self, row: Row) -> Row | None:
        """The row that the target has under the key of a row; those before it are gone."""
        key = self._table.key_of(row)
        while self._next and self._table.key_of(self._next) < key:
            self._pass()
        if self._next is None or self._table.key_of(self._next) != key:
            return None
        found, self._next = self._next, next(self._there, None)
        return found

    def _pass(self) -> None:
        if self._next:
            self.gone.append(self._table.key_of(self._next))
        self._next = next(self._there, None)


def equal(source: End, target: End, table: Table) -> bool:
    """Whether a table holds the same rows at both ends; all are read."""
    return digest(source, table) == digest(target, table)


def digest(end: End, table: Table) -> tuple[int, str]:
    """How many rows a table has, and what stands for all of them, by their keys."""
    count, all_rows = 0, hashlib.sha256()
    for rows in end.batches(table):
        count += len(rows)
        all_rows.update(msgspec.msgpack.encode(rows))
    return count, all_rows.hexdigest()
