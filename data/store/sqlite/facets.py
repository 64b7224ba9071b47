"""The facets that a release belongs to: counted, and dirty until they are published."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final, TypeAlias

from data.models import Facet, Release
from data.store.sqlite.connection import Part

Key: TypeAlias = tuple[str, str, str]
"""The source, topic and period of a facet, '' for all: the primary key of its row."""

FacetChange: TypeAlias = tuple[Key, int]
"""A facet that a change touches, and by how many releases it grows."""

CHANGE: Final = """
    INSERT INTO facets (source, topic, period, releases, changed, published)
    VALUES (?, ?, ?, ?, ?, 0)
    ON CONFLICT (source, topic, period)
    DO UPDATE SET releases = releases + excluded.releases, changed = changed + excluded.changed
"""


class FacetsPart(Part):
    """The verbs of data.store.protocol that know which feeds there are."""

    def facets(self) -> Mapping[Facet, int]:
        """Every facet that holds at least one release, with its number of releases."""
        rows = self._ask("SELECT source, topic, period, releases FROM facets WHERE releases > 0")
        return {facet_of(*row[:3]): row[3] for row in rows}

    def dirty_feeds(self) -> Mapping[Facet, int]:
        """The facets that changed since they were last published, with the number of the change."""
        rows = self._ask(
            "SELECT source, topic, period, changed FROM facets WHERE changed <> published"
        )
        return {facet_of(*row[:3]): row[3] for row in rows}

    def mark_published(self, published: Mapping[Facet, int]) -> None:
        """Note what was published: feeds that changed since, to a higher number, stay dirty."""
        with self._writing() as db:
            db.executemany(
                "UPDATE facets SET published = max(published, ?)"
                " WHERE source = ? AND topic = ? AND period = ?",
                [(number, *facet_key(facet)) for facet, number in published.items()],
            )


def facet_key(facet: Facet) -> Key:
    """The primary key of a facet's row."""
    return facet.source or "", facet.topic or "", facet.period or ""


def facet_of(source: str, topic: str, period: str) -> Facet:
    """The facet of a row of the facets table."""
    return Facet(source or None, topic or None, period or None)


def facet_changes(old: Release | None, new: Release) -> list[FacetChange]:
    """How a change of a release touches its facets."""
    before = facet_keys(old) if old else frozenset()
    after = facet_keys(new)
    return [(key, (key in after) - (key in before)) for key in before | after]


def facet_keys(release: Release) -> frozenset[Key]:
    """The keys of data.models.facets_of, without the cost of making facets."""
    if release.hidden:
        return frozenset()
    return keys_at(release.source, release.content.topics, release.day)


def keys_at(source: str, topics: Iterable[str], day: str) -> frozenset[Key]:
    """The keys of data.models.facets_at."""
    return frozenset(
        [
            ("", "", ""),
            (source, "", ""),
            *(("", topic, "") for topic in topics),
            *((source, topic, "") for topic in topics),
            *(("", "", day[:length]) for length in (4, 7, 10) if day),
        ]
    )


def enter_facet_changes(db: sqlite3.Connection, changes: Iterable[FacetChange]) -> None:
    """Enter the changes of one transaction, each facet once."""
    grown: Counter[Key] = Counter()
    changed: Counter[Key] = Counter()
    for key, more in changes:
        grown[key] += more
        changed[key] += 1
    db.executemany(CHANGE, [(*key, grown[key], changed[key]) for key in sorted(changed)])
