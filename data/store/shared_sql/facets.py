"""Facets, topics and sections, their numbers of releases, and the feeds that a change affects."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple
from typing import Any, Final, TypeAlias

import msgspec

from data.models import Facet, Release
from data.store.shared_sql.connection import Database, Part
from data.store.shared_sql.rows import encode
from data.topics.facets import Key, facet_keys, facet_of, keys_at

PARTS: Final = "source, topic, period, section, language"
FacetChange: TypeAlias = tuple[Key, int]
"""A facet, and the change in its number of releases, which may be negative."""

CHANGE: Final = f"""
    INSERT INTO facets ({PARTS}, releases) VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT ({PARTS}) DO UPDATE SET releases = facets.releases + excluded.releases
"""


class FacetsPart(Part):
    """Methods of the store for facets, topics and sections."""

    def facets(self) -> Mapping[Facet, int]:
        """Return every facet that has a release, with its number of releases."""
        rows = self._ask(
            f"SELECT {PARTS}, releases FROM facets WHERE releases > 0 ORDER BY {PARTS}"
        )
        return {facet_of(*row): count for *row, count in rows}

    def known_facets(self) -> frozenset[Facet]:
        """Return every facet that has or had a release."""
        return frozenset(facet_of(*row) for row in self._ask(f"SELECT {PARTS} FROM facets"))

    def topics(self) -> Mapping[str, str]:
        """Return the label of every topic in use, by slug."""
        return dict(
            self._ask(
                "SELECT t.slug, coalesce(n.label, t.label) FROM topics t"
                " LEFT JOIN taxonomy n ON n.slug = t.slug ORDER BY t.slug"
            )
        )

    def topic_parents(self) -> Mapping[str, str]:
        """Return the slug of each topic's parent topic, by the topic's slug.

        Topics at the top level are omitted.
        """
        return dict(self._ask("SELECT slug, parent FROM taxonomy WHERE parent <> ''"))

    def keep_taxonomy(self, labels: Mapping[str, str], parents: Mapping[str, str]) -> None:
        """Store the labels and parents of a taxonomy's topics, and replace an earlier taxonomy.

        ``labels`` are in the language of the site. ``parents`` are for topics below the top level.
        """
        rows = {(slug, label, parents.get(slug, "")) for slug, label in labels.items()}
        if rows == {*self._ask("SELECT slug, label, parent FROM taxonomy")}:
            return
        with self._writing() as db:
            db.execute("DELETE FROM taxonomy")
            db.executemany("INSERT INTO taxonomy (slug, label, parent) VALUES (?, ?, ?)", rows)

    def section_topics(self) -> Sequence[tuple[str, str]]:
        """Return the source and slug of each section that is also a topic.

        Topics of a taxonomy are omitted.
        """
        return self._ask(
            "SELECT f.source, f.topic FROM facets f JOIN sections s"
            " ON s.source = f.source AND s.slug = f.topic"
            " WHERE f.releases > 0 AND f.topic NOT IN (SELECT slug FROM taxonomy) ORDER BY 1, 2"
        )

    def section_labels(self) -> Mapping[tuple[str, str], str]:
        """Return the label of every section in use, by source and slug."""
        rows = self._ask("SELECT source, slug, label FROM sections ORDER BY source, slug")
        return {(source, slug): label for source, slug, label in rows}


class ChangePayload(msgspec.Struct, omit_defaults=True):
    """The payload of an event about a release.

    ``left`` are the facets to which the release no longer belongs.
    """

    left: tuple[Key, ...] = ()


def dirty_feeds(events: Iterable[Sequence[Any]]) -> frozenset[Facet]:
    """Return the facets whose feeds and pages these events change, including former facets.

    Each event has the source and the ``FILED`` columns of its release, and its payload as JSON.
    """
    found: set[Key] = set()
    for *filed, payload in events:
        found |= keys_of_row(filed)
        found.update(msgspec.json.decode(payload, type=ChangePayload).left)
    return frozenset(facet_of(*key) for key in found)


def payload_of_change(old: Release | None, new: Release) -> str:
    """Return the payload of the event for a change of a release from ``old`` to ``new``."""
    left = facet_keys(old) - facet_keys(new) if old else frozenset()
    return encode(ChangePayload(tuple(sorted(left)))) if left else "{}"


def move_facets(db: Database, moves: Iterable[tuple[str, str]]) -> None:
    """Change the source id in facets, for pairs of an old and a new id.

    Write all other facet changes of the transaction first.
    """
    for old, new in moves:
        db.execute(
            f"INSERT INTO facets ({PARTS}, releases)"
            " SELECT ?, topic, period, section, language, releases"
            f" FROM facets WHERE source = ? ON CONFLICT ({PARTS}) DO UPDATE SET"
            " releases = facets.releases + excluded.releases",
            [new, old],
        )
        db.execute("DELETE FROM facets WHERE source = ?", [old])


def facet_key(facet: Facet) -> tuple[str, ...]:
    """Return the primary key of a facet's row."""
    return tuple(part or "" for part in astuple(facet))


def facet_changes(old: Release | None, new: Release) -> list[FacetChange]:
    """Return the changes in the number of releases of each facet when a release changes."""
    before = facet_keys(old) if old else frozenset()
    after = facet_keys(new)
    return [*((key, 1) for key in after - before), *((key, -1) for key in before - after)]


def keys_of_row(row: Sequence[Any]) -> frozenset[Key]:
    """Return the facet keys of a release from a row with its source and the ``FILED`` columns."""
    source, topics, *others = row
    return keys_at(source, msgspec.json.decode(topics, type=list[str]), *others)


def enter_facet_changes(db: Database, changes: Iterable[FacetChange]) -> None:
    """Write the facet changes of one transaction, with one update per facet."""
    grown: dict[Key, int] = {}
    for key, more in changes:
        grown[key] = grown.get(key, 0) + more
    db.executemany(CHANGE, [(*key, more) for key, more in sorted(grown.items()) if more])


def selection(facet: Facet) -> tuple[str, list[str], dict[str, Any], str]:
    """Return SQL that selects a facet: a join, clauses, arguments, and the table to order by.

    The index of a topic, section or language is in feed order, so reading its newest releases is
    fast even among millions.
    """
    clauses, arguments = [], {}
    table, join = "r", ""
    if facet.topic:
        table, join = "t", "JOIN release_topics t ON t.id = r.id"
        clauses.append("t.topic = :topic")
        arguments["topic"] = facet.topic
    elif facet.section:
        table, join = "s", "JOIN release_sections s ON s.id = r.id"
        clauses.append("s.section = :section")
        arguments["section"] = facet.section
    if facet.language:
        # The partial index is only used for queries that repeat its condition.
        clauses.append("r.language = :language AND r.language <> ''")
        arguments["language"] = facet.language
    if facet.source:
        clauses.append(f"{table}.source = :source")
        arguments["source"] = facet.source
    if facet.period and table == "r" and not facet.source:
        # The same expression as in the indexes of periods, which also give the order.
        clauses.append(f"substr(r.day, 1, {len(facet.period)}) = :first")
        arguments["first"] = facet.period
    elif facet.period:
        clauses.append("r.day BETWEEN :first AND :last")
        # 2022-11-99 sorts after every day of that month.
        arguments["first"], arguments["last"] = facet.period, facet.period + "-99"
    return join, clauses, arguments, table
