"""What the SQLite store is asked: each verb reads one committed state."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from data.models import Facet, Release, Revision, Source
from data.rows import RELEASE_COLUMNS, release_of, revision_of
from data.sqlite_connection import SqliteConnection

BATCH = 500
"""Rows read at a time, so that no open cursor holds the snapshot while others work with them."""


class SqliteReading(SqliteConnection):
    """The reading verbs of data.store.Store."""

    def sources(self) -> Mapping[str, Source]:
        """Every source that has ever been collected, by its id."""
        rows = self._db.query("SELECT id, name, url, timezone FROM sources ORDER BY id")
        return {row["id"]: Source(**row) for row in rows}

    def topics(self) -> Mapping[str, str]:
        """The label of every topic in use, by its slug."""
        rows = self._db.query("SELECT slug, label FROM topics ORDER BY slug")
        return {row["slug"]: row["label"] for row in rows}

    def release(self, release_id: str) -> Release | None:
        """One release by its id."""
        found = self._releases("WHERE r.id = :id", {"id": release_id})
        return found[0] if found else None

    def releases(
        self, facet: Facet, *, limit: int | None = None, offset: int = 0
    ) -> Iterator[Release]:
        """The releases of a facet, newest first: by ``order`` descending, then by id."""
        where, arguments = selection(facet)
        left = limit
        while left is None or left > 0:
            count = BATCH if left is None else min(BATCH, left)
            batch = self._releases(
                f"{where} LIMIT :count OFFSET :offset",
                {**arguments, "count": count, "offset": offset},
            )
            yield from batch
            if len(batch) < count:
                return
            offset += count
            left = None if left is None else left - count

    def revisions(self, release_id: str) -> tuple[Revision, ...]:
        """Every version of a release, oldest first."""
        rows = self._db.query(
            "SELECT release, number, seen, content FROM revisions WHERE release = ?"
            " ORDER BY number",
            [release_id],
        )
        return tuple(revision_of(row) for row in rows)

    def facets(self) -> Mapping[Facet, int]:
        """Every facet that holds at least one release, with its number of releases."""
        rows = self._db.query(
            "SELECT source, topic, period, releases AS count FROM facets WHERE releases > 0"
        )
        return {facet_of(row): row["count"] for row in rows}

    def story(self, story: str) -> tuple[Release, ...]:
        """The releases that share a story, first published first."""
        return tuple(
            self._releases(
                "WHERE r.story = :story ORDER BY r.sort_at, r.first_seen, r.id", {"story": story}
            )
        )

    def marks(self) -> Mapping[Facet, int]:
        """The facets that changed since they were last published, with the number of the change."""
        rows = self._db.query(
            "SELECT source, topic, period, changed AS count FROM facets WHERE changed <> published"
        )
        return {facet_of(row): row["count"] for row in rows}

    def unmark(self, published: Mapping[Facet, int]) -> None:
        """Forget these marks, but none that a later change renewed (its number has grown)."""
        with self._writing() as db:
            db.conn.executemany(
                "UPDATE facets SET published = max(published, ?)"
                " WHERE source = ? AND topic = ? AND period = ?",
                [(number, *facet_key(facet)) for facet, number in published.items()],
            )

    def _releases(self, clause: str, arguments: dict[str, Any]) -> list[Release]:
        rows = self._db.query(f"SELECT {RELEASE_COLUMNS} FROM releases r {clause}", arguments)
        return [release_of(row) for row in rows]


def facet_key(facet: Facet) -> tuple[str, str, str]:
    """The primary key of a facet's row."""
    return facet.source or "", facet.topic or "", facet.period or ""


def facet_of(row: Mapping[str, Any]) -> Facet:
    """The facet of a row of the facets table."""
    return Facet(row["source"] or None, row["topic"] or None, row["period"] or None)


def selection(facet: Facet) -> tuple[str, dict[str, Any]]:
    """The clauses, after FROM releases r, that select a facet newest first, and their arguments."""
    clauses, arguments = [], {}
    table, join = "r", ""
    if facet.topic:
        # The topic's own index gives the order, so the newest few cost the same among millions.
        table, join = "t", "JOIN release_topics t ON t.release = r.id"
        clauses.append("t.topic = :topic")
        arguments["topic"] = facet.topic
    if facet.source:
        clauses.append(f"{table}.source = :source")
        arguments["source"] = facet.source
    if facet.period:
        clauses.append("r.day BETWEEN :first AND :last")
        # Text compares by its characters: 2022-11-99 comes after every day of that month.
        arguments["first"], arguments["last"] = facet.period, facet.period + "-99"
    where = f"WHERE {' AND '.join(clauses)}" if clauses else ""
    order = "t.sort_at DESC, t.release" if facet.topic else "r.sort_at DESC, r.id"
    return f"{join} {where} ORDER BY {order}", arguments
