"""Copy all rows of one store to another, verify them, and resume after an interruption.

A transfer copies table by table in key order, in transactions of a few rows. A store that is being
filled is marked and can't be opened as a store. Rows from an earlier attempt are compared:
unchanged rows are not written again, changed rows are replaced, and deleted rows are removed. At
the end, all rows of both stores are read again, and their counts and digests are compared. The
source must not change during the transfer.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain
from typing import Final

import msgspec

from data.errors import StoreError
from data.store.open import MISSING, open_store, path_of
from data.store.transfer.end import End, Row, SqliteEnd, Table, is_marked
from data.text.masking import masked
from data.wording import OnStepProgress, counted

SAME_STORE_MESSAGE: Final = "--from and --to are the same store"
NO_STORE: Final = "no store exists here: choose the store to read with --from"
NOT_EMPTY: Final = "it already contains another store ({}): choose an empty database"
OF_ANOTHER: Final = (
    "an unfinished transfer from {} is filling it: use that store as --from to continue, or "
    "choose an empty database"
)
UNFINISHED: Final = "its transfer from {} is unfinished: run that transfer again first"
NOT_EQUAL: Final = "its table {} differs from the source: run the command again"
NO_TABLE: Final = (
    "its table {} lacks columns of the source or is missing: update both to the same version"
)


@dataclass
class Transferred:
    """The result of a transfer: the number of rows per table, and the number of written rows."""

    rows: dict[str, int] = field(default_factory=dict)
    written: dict[str, int] = field(default_factory=dict)
    left: dict[str, int] = field(default_factory=dict)
    """Numbers of rows in tables that only the source database has, by table."""


def transfer(source: End, target: End, on_progress: OnStepProgress) -> Transferred:
    """Copy a store to an empty store, or resume an unfinished transfer.

    Raises StoreError if this fails.
    """
    if source.identity == target.identity:
        raise StoreError(target.url, SAME_STORE_MESSAGE)
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
            on_progress(table.name, read, of)
        done.rows[table.name], done.written[table.name] = of, merge.written
        gone.append((table, merge.gone))
    for table, keys in reversed(gone):
        with target.transaction():
            target.remove(table, keys)
    target.keep_cursors(source)
    for place, table in enumerate(tables, start=1):
        if not equal(source, target, table):
            raise StoreError(target.url, NOT_EQUAL.format(table.name))
        on_progress("comparing", place, len(tables))
    target.finish()
    return done


def common(source: End, target: End, done: Transferred) -> list[Table]:
    """Return the tables that both stores have.

    Each database also has tables for its own use.
    """
    theirs = target.tables()
    found = []
    for name, table in source.tables().items():
        other = theirs.get(name)
        if other is None:
            done.left[name] = source.count(table)
            continue
        # SQLite has an implicit row number, by which some tables are sorted.
        columns = {*table.columns, *other.columns}
        if columns - {"rowid"} != ({*table.columns} & {*other.columns}) - {"rowid"}:
            raise StoreError(target.url, NO_TABLE.format(name))
        # The key may have more columns in the other database, for sorting.
        key = min(table.key, other.key, key=len)
        found.append(Table(name, key, tuple(sorted(columns - {*key}))))
    return found


def begin(source: End, target: End, tables: list[Table]) -> bool:
    """Mark an empty target as being filled, unless it is already marked.

    Returns False if the target already has all rows. Raises StoreError if it has other rows.
    """
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
    """Copies one table from the source to the target, reading both in key order."""

    def __init__(self, source: End, target: End, table: Table) -> None:
        self._target, self._table = target, table
        self._rows = source.batches(table)
        self._there = chain.from_iterable(target.batches(table))
        self._next = next(self._there, None)
        self.written = 0
        self.gone: list[Row] = []
        """Keys of rows deleted in the source. They are removed last, because other rows may use
        them."""

    def batches(self) -> Iterator[int]:
        """Write new and changed rows in batches, and yield the number of rows after each batch."""
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
        """Return the target's row with the same key, or None.

        The target's rows with lower keys are missing from the source, so they are recorded as
        deleted.
        """
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
    """Return whether a table contains the same rows at both ends. Reads all rows."""
    return digest(source, table) == digest(target, table)


def digest(end: End, table: Table) -> tuple[int, str]:
    """Return the number of rows in a table and a digest of all rows in key order."""
    count, all_rows = 0, hashlib.sha256()
    for rows in end.batches(table):
        count += len(rows)
        all_rows.update(msgspec.msgpack.encode(rows))
    return count, all_rows.hexdigest()


def open_source(url: str) -> End:
    """Open the store to read, and migrate its schema. Raises StoreError if it does not exist."""
    path = path_of(url)
    if path and not (path.is_file() and path.stat().st_size):
        raise StoreError(masked(url), NO_STORE)
    return _opened(url, make=False)


def open_target(url: str) -> End:
    """Open the store to fill, and create it if it is missing.

    Raises StoreError if this fails.
    """
    return _opened(url, make=True)


def _opened(url: str, *, make: bool) -> End:
    if path := path_of(url):
        # A store that is being filled already has its tables, and can't be opened as a store.
        if not is_marked(path):
            open_store(url).close()
        return SqliteEnd(path.resolve())
    # Imported here because its library is an optional dependency.
    try:
        from data.store.transfer.postgres_end import PostgresEnd  # noqa: PLC0415
    except ImportError as error:
        raise StoreError(masked(url), MISSING) from error
    end = PostgresEnd(url)
    if not (make or end.has_store):
        end.close()
        raise StoreError(end.url, NO_STORE)
    if not end.is_marked:
        open_store(url).close()
    return end
