"""The facets that a release belongs to, counted and marked for publishing."""

from __future__ import annotations

import sqlite3
from typing import Final

from data.models import Facet, Release, facets_of
from data.sqlite_reading import facet_key

MARK: Final = """
    INSERT INTO facets (source, topic, period, releases, changed, published)
    VALUES (?, ?, ?, ?, 1, 0)
    ON CONFLICT (source, topic, period)
    DO UPDATE SET releases = releases + excluded.releases, changed = changed + 1
"""


def mark(db: sqlite3.Connection, old: Release | None, new: Release) -> None:
    """Count a release in its facets and mark them for publishing."""
    before: frozenset[Facet] = facets_of(old) if old else frozenset()
    after = facets_of(new)
    db.executemany(
        MARK,
        [
            (*facet_key(facet), (facet in after) - (facet in before))
            for facet in sorted(before | after, key=facet_key)
        ],
    )
