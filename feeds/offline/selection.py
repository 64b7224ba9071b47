"""Temporary store with the releases of an offline copy, from which the copy is published."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import astuple
from pathlib import Path
from typing import Final

from data.export.records import Choice
from data.models import Facet
from data.store.core.store import Store
from data.store.open import open_store
from data.topics.facets import facets_of

PIECE_BYTES: Final = 1 << 20
"""Number of bytes of the store that are copied per step."""

EMPTIED: Final = (
    *("facets", "archive_pages", "archived_feeds", "day_digests"),
    *("health_events", "hidden_releases", "release_times"),
)
"""Tables whose rows are deleted from the copy: state of the published site, and health of
sources."""


@contextmanager
def selected(store: Store, choice: Choice, path: Path) -> Iterator[Store]:
    """Yield a copy of a store, in a new file at ``path``, that has only the chosen releases.

    All feeds of the copy are marked as changed. The original store does not change. The caller
    deletes the file and its SQLite journal files. Raises OSError, and StoreError if the store
    fails.
    """
    with path.open("wb") as file:
        file.writelines(store.snapshot(PIECE_BYTES))
    url = f"sqlite:{path}"
    ids: list[tuple[str]] = []
    counts: Counter[Facet] = Counter()
    with closing(open_store(url)) as copy:
        for release in choice.releases(copy):
            ids.append((release.id,))
            counts.update(facets_of(release))
    with closing(sqlite3.connect(path)) as db, db:
        for table in EMPTIED:
            db.execute(f"DELETE FROM {table}")  # noqa: S608 - our own names
        db.execute("CREATE TEMP TABLE chosen (id TEXT PRIMARY KEY)")
        db.executemany("INSERT INTO chosen VALUES (?)", ids)
        db.execute("DELETE FROM releases WHERE id NOT IN (SELECT id FROM chosen)")
        for table, column, key in _references(db):
            db.execute(
                f"DELETE FROM {table} WHERE {column} NOT IN (SELECT {key} FROM releases)"  # noqa: S608 - as above
            )
        db.executemany(
            "INSERT INTO facets (source, topic, period, section, language, releases, changed,"
            " published) VALUES (?, ?, ?, ?, ?, ?, 1, 0)",
            [(*(part or "" for part in astuple(facet)), count) for facet, count in counts.items()],
        )
    with closing(open_store(url)) as copy:
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
