"""Facets and the published state of their feeds: numbers of releases, archive pages, day digests.

Archive pages and digests are published as immutable, so they must never be lost.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple, TypeAlias

import msgspec

from data.languages.tags import feed_language
from data.models import DayDigest, Facet, Release
from data.store.shared_sql.database.connection import Database, Part
from data.store.shared_sql.database.rows import SHOWN_VIEW, encode
from data.store.unit_of_work import decisions
from data.topics.facets import section_of

Key: TypeAlias = tuple[str, str, str, str, str]
"""The fields of a facet in order, as the primary key of its row. An empty field matches all values.
"""

PARTS: Final = "source, topic, period, section, language"
IS_IT: Final = "source = ? AND topic = ? AND period = ? AND section = ? AND language = ?"

FacetChange: TypeAlias = tuple[Key, int]
"""A facet, and the change in its number of releases, which may be negative."""

CHANGE: Final = f"""
    INSERT INTO facets ({PARTS}, releases) VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT ({PARTS}) DO UPDATE SET releases = facets.releases + excluded.releases
"""

FEED: Final = f"(SELECT number FROM archived_feeds WHERE {IS_IT})"


class FacetsPart(Part):
    """Methods of the store for facets and their feeds."""

    def facets(self) -> Mapping[Facet, int]:
        """Return every facet that has a release, with its number of releases."""
        rows = self._ask(
            f"SELECT {PARTS}, releases FROM facets WHERE releases > 0 ORDER BY {PARTS}"
        )
        return {facet_of(*row): count for *row, count in rows}

    def known_facets(self) -> frozenset[Facet]:
        """Return every facet that has or had a release."""
        return frozenset(facet_of(*row) for row in self._ask(f"SELECT {PARTS} FROM facets"))


class PublicationPart(Part):
    """Methods of the store for archive pages and day digests."""

    def archive_page_count(self, facet: Facet) -> int:
        """Return the number of archive pages of a feed."""
        rows = self._ask(
            f"SELECT max(page) FROM archive_pages WHERE feed = {FEED}", facet_key(facet)
        )
        return rows[0][0] or 0

    def archived(self, facet: Facet, ids: Sequence[str]) -> Mapping[str, int]:
        """Return the archive page of a feed that contains each release, by release id."""
        rows = self._ask(
            # CROSS JOIN fixes the order of the loops, which SQLite's planner would reverse.
            "SELECT r.id, a.page FROM json_each(?) j CROSS JOIN releases r ON r.id = j.value"
            f" CROSS JOIN archive_pages a ON a.feed = {FEED} AND a.release = r.number",
            [encode(list(ids)), *facet_key(facet)],
        )
        return dict(rows)

    def archive_page(self, facet: Facet, page: int) -> tuple[str, ...]:
        """Return the ids of the releases on an archive page of a feed."""
        rows = self._ask(
            f"SELECT r.id FROM archive_pages a JOIN {SHOWN_VIEW} r ON r.number = a.release"
            f" WHERE a.feed = {FEED} AND a.page = ? ORDER BY a.release",
            [*facet_key(facet), page],
        )
        return tuple(row[0] for row in rows)

    def add_archive_pages(self, pages: Mapping[Facet, Mapping[int, Sequence[str]]]) -> None:
        """Store new archive pages of feeds: the ids of their releases, by page number."""
        with self._writing() as db:
            db.executemany(
                f"INSERT INTO archived_feeds ({PARTS}) VALUES (?, ?, ?, ?, ?)"
                " ON CONFLICT DO NOTHING",
                map(facet_key, pages),
            )
            db.executemany(
                f"INSERT INTO archive_pages (feed, page, release) SELECT {FEED}, ?, number"
                " FROM releases WHERE id = ?",
                [
                    (*facet_key(facet), page, one)
                    for facet, some in pages.items()
                    for page, ids in some.items()
                    for one in ids
                ],
            )
            for facet, some in pages.items():
                self._unit.decide(
                    *(decisions.Paged(facet, page, ids) for page, ids in some.items())
                )

    def day_digest(self, day: str) -> DayDigest | None:
        """Return the digest of a past day as it was first published, or None."""
        for (digest,) in self._ask("SELECT digest FROM day_digests WHERE day = ?", [day]):
            return msgspec.json.decode(digest, type=DayDigest)
        return None

    def add_day_digest(self, digest: DayDigest) -> None:
        """Store the digest of a day when it is first published.

        An existing digest is not changed.
        """
        with self._writing() as db:
            added = db.execute(
                "INSERT INTO day_digests (day, digest) VALUES (?, ?) ON CONFLICT DO NOTHING",
                [digest.day, encode(digest)],
            )
            if added.rowcount:
                self._unit.decide(decisions.DayClosed(digest))


class FiledEvent(NamedTuple):
    """An event with the stored properties that determine which feeds contain its release.

    ``topics`` and ``payload`` are JSON.
    """

    source: str
    topics: str
    day: str
    section: str | None
    language: str | None
    payload: str


class ChangePayload(msgspec.Struct, omit_defaults=True):
    """The payload of an event about a release.

    ``left`` are the facets to which it no longer belongs.
    """

    left: tuple[Key, ...] = ()


def dirty_feeds(events: Iterable[FiledEvent]) -> frozenset[Facet]:
    """Return the facets whose feeds and pages these events change, including former facets."""
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


def facet_key(facet: Facet) -> Key:
    """Return the primary key of a facet's row."""
    return (
        facet.source or "",
        facet.topic or "",
        facet.period or "",
        facet.section or "",
        facet.language or "",
    )


def facet_of(*parts: str) -> Facet:
    """Return the facet with this primary key."""
    return Facet(*(part or None for part in parts))


def facet_changes(old: Release | None, new: Release) -> list[FacetChange]:
    """Return the changes in the number of releases of each facet when a release changes."""
    before = facet_keys(old) if old else frozenset()
    after = facet_keys(new)
    return [*((key, 1) for key in after - before), *((key, -1) for key in before - after)]


def facet_keys(release: Release) -> frozenset[Key]:
    """Return the same facets as data.topics.facets.facets_of, as keys.

    Creating Facet objects would be slow.
    """
    if release.hidden:
        return frozenset()
    content = release.content
    return keys_at(release.source, content.topics, release.day, content.section, content.language)


def keys_of_row(row: Sequence[Any]) -> frozenset[Key]:
    """Return the facet keys of a release from a row with its source and the ``FILED`` columns."""
    source, topics, *others = row
    return keys_at(source, msgspec.json.decode(topics, type=list[str]), *others)


def keys_at(
    source: str, topics: Iterable[str], day: str, section: str | None, language: str | None
) -> frozenset[Key]:
    """Return the keys of the facets with these properties; see data.topics.facets.facets_at."""
    found = section_of(section)
    tag = feed_language(language)
    return frozenset(
        [
            ("", "", "", "", ""),
            (source, "", "", "", ""),
            *(("", topic, "", "", "") for topic in topics),
            *((source, topic, "", "", "") for topic in topics),
            *(("", "", day[:length], "", "") for length in (4, 7, 10) if day),
            *([(source, "", "", found.slug, "")] if found else []),
            *([("", "", "", "", tag)] if tag else []),
        ]
    )


def enter_facet_changes(db: Database, changes: Iterable[FacetChange]) -> None:
    """Write the facet changes of one transaction, with one update per facet."""
    grown: dict[Key, int] = {}
    for key, more in changes:
        grown[key] = grown.get(key, 0) + more
    db.executemany(CHANGE, [(*key, more) for key, more in sorted(grown.items()) if more])
