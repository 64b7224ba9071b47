"""Temporary copies of a store that contain only some of its releases."""

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from data.models import Facet, Release
from data.store.core.store import Store
from data.store.shared_sql.facets import PARTS, facet_key
from data.store.sqlite.store import SqliteStore
from data.topics.facets import facets_of

PIECE_BYTES: Final = 1 << 20
"""Number of bytes of the store copied per step."""

EMPTIED: Final = (
    *("facets", "archive_pages", "archived_feeds", "day_digests"),
    *("health_events", "hidden_releases", "release_times"),
)
"""Tables that are emptied in the copy. They contain the state of the published site and the health
of sources."""


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
