"""The facets that a release belongs to, counted and marked for publishing."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable
from typing import Final, TypeAlias

from data.models import Release

Key: TypeAlias = tuple[str, str, str]
Mark: TypeAlias = tuple[Key, int]
"""The source, topic and period of a facet ('' for all), and by how many releases it grows."""

MARK: Final = """
    INSERT INTO facets (source, topic, period, releases, changed, published)
    VALUES (?, ?, ?, ?, ?, 0)
    ON CONFLICT (source, topic, period)
    DO UPDATE SET releases = releases + excluded.releases, changed = changed + excluded.changed
"""


def marks_between(old: Release | None, new: Release) -> list[Mark]:
    """The marks that a change of a release leaves."""
    before = facet_keys(old) if old else frozenset()
    after = facet_keys(new)
    return [(key, (key in after) - (key in before)) for key in before | after]


def facet_keys(release: Release) -> frozenset[Key]:
    """The keys of data.models.release.facets_of, without the cost of making facets."""
    return keys_at(release.source, release.content.topics, release.day)


def keys_at(source: str, topics: Iterable[str], day: str) -> frozenset[Key]:
    """The keys of data.models.release.facets_at."""
    return frozenset(
        [
            ("", "", ""),
            (source, "", ""),
            *(("", topic, "") for topic in topics),
            *((source, topic, "") for topic in topics),
            *(("", "", day[:length]) for length in (4, 7, 10) if day),
        ]
    )


def keep_marks(db: sqlite3.Connection, marks: Iterable[Mark]) -> None:
    """Enter the marks of one transaction, each facet once."""
    grown: Counter[Key] = Counter()
    changed: Counter[Key] = Counter()
    for key, more in marks:
        grown[key] += more
        changed[key] += 1
    db.executemany(MARK, [(*key, grown[key], changed[key]) for key in sorted(changed)])
