"""A copy of the store as it was at one moment, made while others write, and what it holds.

A copy is looked at without being opened as a store, which would bring it up to date: one of an
earlier version is as good a copy as any.
"""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

from data.errors import StoreError
from data.files import sync
from data.sqlite_file import open_for_reading
from data.store.sqlite.database.connection import refusal

STEP: Final = 2048
"""Pages that are copied at once, between two reports."""

SHOWN: Final = 3
"""Findings of a check of integrity that are told."""

HEAD: Final = b"SQLite format 3\x00"


class CapturePlace(NamedTuple):
    """Where the archive holds a record that the store points to; ``file`` is empty if nowhere."""

    file: str
    end: int
    leaf: int


@dataclass(frozen=True, slots=True)
class StoreCopy:
    """What a copy holds: the name of its ``schema``, and how it hangs together with the archive."""

    schema: str
    captures: Sequence[CapturePlace]
    journal_end: str


def copy_store(source: Path, target: Path, told: Callable[[int, int], object]) -> None:
    """Copy a store as it is now, by SQLite's backup, into a new file that is durable then.

    Others go on writing. ``told`` is called with the pages copied, and those that there are. Raises
    StoreError for what is no store of ours or of a newer version, and OSError.
    """
    if (wrong := refusal(source)) or (wrong := _foreign(source)):
        raise StoreError(f"sqlite:{source}", wrong)
    with (
        _told_of(source),
        closing(open_for_reading(source)) as db,
        closing(sqlite3.connect(target)) as copy,
    ):
        # Within a transaction all steps read the same moment: a writer has none begin anew.
        db.execute("BEGIN")
        db.execute("SELECT count(*) FROM sqlite_master").fetchone()
        try:
            db.backup(copy, pages=STEP, progress=lambda _, left, every: told(every - left, every))
            # One file, without a log beside it.
            copy.execute("PRAGMA journal_mode = DELETE")
        except sqlite3.OperationalError as error:
            full = error.sqlite_errorcode == sqlite3.SQLITE_FULL
            raise OSError(errno.ENOSPC if full else errno.EIO, str(error), str(target)) from error
    sync(target)


def read_copy(path: Path) -> StoreCopy:
    """Check all of a copy, and say what it holds. Raises StoreError where it is damaged."""
    with _told_of(path), closing(open_for_reading(path)) as db:
        found = [row[0] for row in db.execute(f"PRAGMA integrity_check({SHOWN})")]
        if found != ["ok"]:
            raise StoreError(f"sqlite:{path}", "it is damaged: " + "; ".join(found))
        tables = {name for (name,) in db.execute("SELECT name FROM sqlite_master")}
        schema = ""
        if "_sqlite_migrations" in tables:
            rows = db.execute("SELECT name FROM _sqlite_migrations ORDER BY rowid DESC LIMIT 1")
            schema = next((name for (name,) in rows), "")
        ends = db.execute("SELECT record FROM journal_end") if "journal_end" in tables else ()
        return StoreCopy(schema, [*_captures(db, tables)], next((record for (record,) in ends), ""))


def source_moves(path: Path) -> frozenset[tuple[str, str]]:
    """The ids that sources had, each with the one of now, in a store or a copy. StoreError."""
    with _told_of(path), closing(open_for_reading(path)) as db:
        if not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'source_moves'").fetchone():
            return frozenset()
        return frozenset(db.execute("SELECT old, new FROM source_moves"))


def _captures(db: sqlite3.Connection, tables: set[str]) -> Iterator[CapturePlace]:
    for table in {"captures", "files"} & tables:
        rows = db.execute(
            f"SELECT file, offset + length, leaf FROM {table} WHERE record_id IS NOT NULL"
        )
        yield from (CapturePlace(*row) for row in rows)


def _foreign(path: Path) -> str:
    """Why a file is no file of SQLite, or empty."""
    with path.open("rb") as file:
        head = file.read(len(HEAD))
    return "" if head == HEAD else "it is no database of SQLite: put a copy back in its place"


@contextmanager
def _told_of(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise StoreError(f"sqlite:{path}", f"{error}; put a copy back in its place") from error
