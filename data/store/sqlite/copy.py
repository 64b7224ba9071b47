"""Copies of a store: as of one moment while others write to it, or with only some of its releases.

A copy is not opened as a store to read or check it, because that would migrate it. So copies from
earlier versions can also be read.
"""

import datetime as dt
import errno
import math
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

from data.clock import EPOCH
from data.errors import StoreError
from data.files import sync
from data.models import ConsumerLag, DepositCount, Facet, Release
from data.sqlite_file import open_for_reading
from data.store.core.store import Store
from data.store.shared_sql.events import LAGS, lags_of
from data.store.shared_sql.facets import PARTS, facet_key
from data.store.shared_sql.journal import ORDER
from data.store.shared_sql.subscribers.deposits import DEPOSIT_COUNTS
from data.store.sqlite.connection import refusal
from data.store.sqlite.schema import migration_names
from data.store.sqlite.store import SqliteStore
from data.topics.facets import facets_of
from data.wording import OnProgress

PAGES_PER_STEP: Final = 2048
"""Number of database pages copied between two progress reports."""

MAX_REPORTED_ERRORS: Final = 3
"""Maximum number of integrity errors that are reported."""

INSTRUCTIONS_PER_CHECK: Final = 100_000
"""Number of SQLite instructions between two checks of the elapsed time."""

RESTORE_HINT: Final = "restore a backup (`communique restore`)"

HEAD: Final = b"SQLite format 3\x00"
"""First bytes of an SQLite file."""

PIECE_BYTES: Final = 1 << 20
"""Number of bytes of the store copied per step."""

EMPTIED: Final = (
    *("facets", "archive_pages", "archived_feeds", "day_digests"),
    *("health_events", "hidden_releases", "release_times"),
)
"""Tables that are emptied in the copy. They contain the state of the published site and the health
of sources."""


class CapturePlace(NamedTuple):
    """The location of a capture's record in the archive. ``file`` is empty if it has no record."""

    file: str
    end: int
    leaf: int


@dataclass(frozen=True, slots=True)
class StoreCopy:
    """Data from a store or its copy, for comparison with the archive.

    - ``schema`` is the name of the last migration.
    - ``present`` is true if ``schema`` is the latest migration of this version of Communique.
    - ``unwritten`` is the number of journal records that are not written yet.
    - ``last_visit`` is in UTC.
    - ``is_blank`` is true if the store has no source and no journal (see data.store.open.is_blank).
    - ``visited`` contains the ids of visited sources that were not removed.
    - ``orders`` contains the ids of applied removal orders (see data.archive.journal.orders).
    - ``lags`` shows how many events the consumers still have to handle.
    - ``deposits`` contains the numbers of deposits at other archives.
    """

    schema: str = ""
    present: bool = True
    captures: Sequence[CapturePlace] = ()
    journal_end: str = ""
    unwritten: int = 0
    last_visit: dt.datetime | None = None
    is_blank: bool = False
    visited: frozenset[str] = frozenset()
    orders: frozenset[str] = frozenset()
    lags: Sequence[ConsumerLag] = ()
    deposits: Sequence[DepositCount] = ()


def copy_store(source: Path, target: Path, on_progress: OnProgress) -> None:
    """Copy the current state of a store to a new, durable file with SQLite's backup API.

    Other connections can continue to write. ``on_progress`` is called with the number of copied
    pages and the total. Raises OSError, and StoreError if the file is not a store or is from a
    newer version.
    """
    if wrong := refusal(source):
        raise StoreError(f"sqlite:{source}", wrong)
    with source.open("rb") as file:
        if file.read(len(HEAD)) != HEAD:
            raise StoreError(f"sqlite:{source}", f"file is not a database: {RESTORE_HINT}")
    with (
        _reporting_damage(source),
        closing(open_for_reading(source)) as db,
        closing(sqlite3.connect(target)) as copy,
    ):
        # In a transaction, all steps read the same state, and a writer doesn't restart the copy.
        db.execute("BEGIN")
        db.execute("SELECT count(*) FROM sqlite_master").fetchone()
        try:
            db.backup(
                copy,
                pages=PAGES_PER_STEP,
                progress=lambda _, left, every: on_progress(every - left, every),
            )
            # Make a single file without a log beside it.
            copy.execute("PRAGMA journal_mode = DELETE")
        except sqlite3.OperationalError as error:
            full = error.sqlite_errorcode == sqlite3.SQLITE_FULL
            raise OSError(errno.ENOSPC if full else errno.EIO, str(error), str(target)) from error
    sync(target)


def check_integrity(path: Path, *, seconds: float = math.inf) -> bool:
    """Check the integrity of a store or copy. Returns False if the time ran out.

    ``seconds`` is the maximum time. Raises StoreError if the file is damaged.
    """
    with _reporting_damage(path), closing(open_for_reading(path)) as db:
        end = time.monotonic() + seconds
        db.set_progress_handler(lambda: time.monotonic() > end, INSTRUCTIONS_PER_CHECK)
        try:
            found = [row[0] for row in db.execute(f"PRAGMA integrity_check({MAX_REPORTED_ERRORS})")]
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode == sqlite3.SQLITE_INTERRUPT:
                return False
            raise
    if found != ["ok"]:
        lines = [line for message in found for line in message.splitlines()]
        cause = f"it is damaged ({'; '.join(lines[:MAX_REPORTED_ERRORS])}); {RESTORE_HINT}"
        raise StoreError(f"sqlite:{path}", cause)
    return True


def read_copy(path: Path) -> StoreCopy:
    """Read the contents of a store or copy. Raises StoreError if it can't be read."""
    with _reporting_damage(path), closing(open_for_reading(path)) as db:
        tables = {name for (name,) in db.execute("SELECT name FROM sqlite_master")}

        def rows(query: str, *needed: str) -> list[Any]:
            """Return the rows of a query, or none if this store is too old to have its tables."""
            return db.execute(query).fetchall() if tables.issuperset(needed) else []

        def one(table: str, query: str) -> Any:
            """Return the value of a query, or None if it has no row."""
            return next((value for (value,) in rows(f"SELECT {query}", table)), None)

        last = "name FROM _sqlite_migrations ORDER BY rowid DESC LIMIT 1"
        schema = one("_sqlite_migrations", last) or ""
        is_present = schema == migration_names()[-1]
        begun = one("runs", "max(started) FROM runs")
        places = "SELECT file, offset + length, leaf FROM {} WHERE record_id IS NOT NULL"
        visited = (
            "SELECT DISTINCT source FROM runs"
            " WHERE source NOT IN (SELECT source FROM removed_sources)"
        )
        orders = f"SELECT name FROM journaled_files WHERE name LIKE '{ORDER}%'"
        return StoreCopy(
            schema=schema,
            present=is_present,
            captures=[
                CapturePlace(*row)
                for table in ("captures", "files")
                for row in rows(places.format(table), table)
            ],
            journal_end=one("journal_end", "record FROM journal_end") or "",
            unwritten=one("journal_outbox", "count(*) FROM journal_outbox") or 0,
            last_visit=EPOCH + dt.timedelta(seconds=begun) if begun else None,
            visited=frozenset(name for (name,) in rows(visited, "runs", "removed_sources")),
            orders=frozenset(
                name.removeprefix(ORDER) for (name,) in rows(orders, "journaled_files")
            ),
            lags=lags_of(rows(LAGS)) if is_present else (),
            deposits=[DepositCount(*row) for row in rows(DEPOSIT_COUNTS, "deposits")],
            is_blank=not any(
                rows(f"SELECT 1 FROM {table} LIMIT 1", table)
                for table in ("journal_end", "sources", "journaled_files")
            ),
        )


def source_moves(path: Path) -> frozenset[tuple[str, str]]:
    """Return pairs of former and current source ids in a store or copy.

    Raises StoreError if the file can't be read.
    """
    with _reporting_damage(path), closing(open_for_reading(path)) as db:
        if not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'source_moves'").fetchone():
            return frozenset()
        return frozenset(db.execute("SELECT old, new FROM source_moves"))


@contextmanager
def _reporting_damage(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise StoreError(f"sqlite:{path}", f"{error}; {RESTORE_HINT}") from error


@contextmanager
def chosen_releases(
    store: Store, choose: Callable[[Store], Iterable[Release]], path: Path
) -> Iterator[Store]:
    """Yield a copy of a store, in a new file at ``path``, with only some of its releases.

    ``choose`` is called with the complete copy and returns the releases to keep. All feeds of the
    copy are marked as changed. The original store does not change. The caller deletes the file and
    its SQLite journal files. Raises OSError, and StoreError if the store fails.
    """
    with path.open("wb") as file:
        file.writelines(store.snapshot(PIECE_BYTES))
    ids: list[tuple[str]] = []
    counts: Counter[Facet] = Counter()
    with closing(SqliteStore(path)) as copy:
        for release in choose(copy):
            ids.append((release.id,))
            counts.update(facets_of(release))
    with closing(sqlite3.connect(path)) as db, db:
        for table in EMPTIED:
            db.execute(f"DELETE FROM {table}")
        db.execute("CREATE TEMP TABLE chosen (id TEXT PRIMARY KEY)")
        db.executemany("INSERT INTO chosen VALUES (?)", ids)
        db.execute("DELETE FROM releases WHERE id NOT IN (SELECT id FROM chosen)")
        for table, column, key in _references(db):
            db.execute(f"DELETE FROM {table} WHERE {column} NOT IN (SELECT {key} FROM releases)")
        db.executemany(
            f"INSERT INTO facets ({PARTS}, releases) VALUES (?, ?, ?, ?, ?, ?)",
            [(*facet_key(facet), count) for facet, count in counts.items()],
        )
    with closing(SqliteStore(path)) as copy:
        yield copy


def _references(db: sqlite3.Connection) -> list[tuple[str, str, str]]:
    """Return all foreign keys to releases as tuples: table, column, referenced column."""
    named = "SELECT m.name FROM sqlite_master m, pragma_table_info(m.name) c WHERE c.name = ?"
    tables = [(name, "release", "number") for (name,) in db.execute(named, ["release"])]
    return [
        *tables,
        ("release_topics", "id", "id"),
        ("release_sections", "id", "id"),
        ("sources", "id", "source"),
    ]
