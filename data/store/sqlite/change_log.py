"""What publishing asks the SQLite store: releases without their text, edits, retractions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from data.models import BACKLOG, Facet, Release, ReleaseSummary, Revision
from data.store.sqlite.history import SqliteHistory
from data.store.sqlite.migrations import migrations
from data.store.sqlite.releases import selection
from data.store.sqlite.rows import encode, revision_of

if TYPE_CHECKING:
    from sqlite_utils import Database

SEEN = ("url", "content", "updated", "retracted", "story", "revision", "sort_at", "digest")
"""The columns of a release that show in feeds and on pages."""

TABLES = (
    # A number drawn anew whenever a release changes. Drawn, not counted: in a store that was
    # restored from a copy, a count would come to numbers that stood for other content.
    "CREATE TABLE versions (release INTEGER PRIMARY KEY, version INTEGER NOT NULL) STRICT",
    "INSERT INTO versions SELECT number, random() FROM releases",
    """
    CREATE TRIGGER version_of_new AFTER INSERT ON releases BEGIN
        INSERT OR REPLACE INTO versions VALUES (NEW.number, random());
    END
    """,
    f"""
    CREATE TRIGGER version_of_changed AFTER UPDATE OF {", ".join(SEEN)} ON releases
    WHEN {" OR ".join(f"OLD.{name} IS NOT NEW.{name}" for name in SEEN)}
    BEGIN
        INSERT OR REPLACE INTO versions VALUES (NEW.number, random());
    END
    """,
    "CREATE INDEX releases_edited ON releases (revised DESC) WHERE revision > 1",
    "CREATE INDEX releases_retracted ON releases (retracted DESC) WHERE retracted IS NOT NULL",
    "CREATE INDEX revisions_seen ON revisions (seen DESC) WHERE number > 1",
)


@migrations()
def versions(db: Database) -> None:
    """Number the versions of releases, and find edits and retractions by their time."""
    for statement in TABLES:
        db.execute(statement)


PERIODS = tuple(
    f"CREATE INDEX releases_newest_of_{name} ON releases"
    f" (substr(day, 1, {length}), sort_at DESC, id)"
    for name, length in (("year", 4), ("month", 7), ("day", 10))
)
"""Indexes that give the newest releases of a period, however many it has."""


@migrations()
def periods(db: Database) -> None:
    """Find the newest releases of a year, a month or a day."""
    for statement in PERIODS:
        db.execute(statement)


OUTLINES = (
    "ALTER TABLE versions ADD COLUMN source TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE versions ADD COLUMN story TEXT",
    """
    UPDATE versions SET (source, story) =
        (SELECT source, story FROM releases WHERE number = versions.release)
    """,
    "DROP TRIGGER version_of_new",
    "DROP TRIGGER version_of_changed",
    """
    CREATE TRIGGER version_of_new AFTER INSERT ON releases BEGIN
        INSERT OR REPLACE INTO versions VALUES (NEW.number, random(), NEW.source, NEW.story);
    END
    """,
    f"""
    CREATE TRIGGER version_of_changed AFTER UPDATE OF {", ".join(SEEN)} ON releases
    WHEN {" OR ".join(f"OLD.{name} IS NOT NEW.{name}" for name in SEEN)}
    BEGIN
        INSERT OR REPLACE INTO versions VALUES (NEW.number, random(), NEW.source, NEW.story);
    END
    """,
)


@migrations()
def outlines(db: Database) -> None:
    """Keep all that an outline says apart from the text: rows with it lie one to a page."""
    for statement in OUTLINES:
        db.execute(statement)


@migrations()
def touched(db: Database) -> None:
    """Find the releases that changed by the time of their last change."""
    db.execute(
        "CREATE INDEX releases_touched ON releases (updated DESC) WHERE updated > first_seen"
    )


class SqlitePublishing(SqliteHistory):
    """The verbs of data.store.protocol.ReadStore that publishing alone needs."""

    def outlines(self, facet: Facet, *, limit: int | None = None) -> tuple[ReleaseSummary, ...]:
        """The releases of a facet without their text, newest first, as ``releases`` orders them."""
        join, clauses, arguments, table = selection(facet)
        where = "WHERE " + " AND ".join(clauses) if clauses else ""
        rows = self._ask(
            f"SELECT {table}.id, v.source, v.version, {table}.sort_at, v.story FROM releases r"
            f" {join} JOIN versions v ON v.release = r.number {where}"
            f" ORDER BY {table}.sort_at DESC, {table}.id LIMIT :limit",
            {**arguments, "limit": -1 if limit is None else limit},
        )
        return tuple(ReleaseSummary(*row) for row in rows)

    def backlog(self, source: str, *, limit: int | None = None) -> tuple[ReleaseSummary, ...]:
        """The undated releases that a source had at its first visit, in the order of its page."""
        rows = self._ask(
            "SELECT r.id, v.source, v.version, r.sort_at, v.story FROM releases r"
            " JOIN versions v ON v.release = r.number WHERE r.source = :source"
            f" AND r.sort_at < {BACKLOG} ORDER BY r.sort_at DESC, r.id LIMIT :limit",
            {"source": source, "limit": -1 if limit is None else limit},
        )
        return tuple(ReleaseSummary(*row) for row in rows)

    def outlined(self, ids: Sequence[str]) -> Mapping[str, ReleaseSummary]:
        """Releases without their text, by id; what is not in the store is left out."""
        if not ids:
            return {}
        rows = self._ask(
            "SELECT r.id, r.source, v.version, r.sort_at, r.story FROM json_each(?) j"
            " JOIN releases r ON r.id = j.value JOIN versions v ON v.release = r.number",
            [encode(list(ids))],
        )
        return {row[0]: ReleaseSummary(*row) for row in rows}

    def edits(self, *, limit: int) -> tuple[Revision, ...]:
        """The newest corrections of all releases, each as the version that it made."""
        rows = self._ask(
            "SELECT * FROM (SELECT r.id, v.number, v.seen, v.content FROM revisions v"
            " JOIN releases r ON r.number = v.release WHERE v.number > 1"
            " ORDER BY v.seen DESC LIMIT :limit)"
            " UNION ALL SELECT * FROM (SELECT id, revision, revised, content FROM releases"
            " WHERE revision > 1 ORDER BY revised DESC LIMIT :limit)"
            " ORDER BY 3 DESC, 1, 2 DESC LIMIT :limit",
            {"limit": limit},
        )
        return tuple(map(revision_of, rows))

    def retractions(self, *, limit: int) -> tuple[Release, ...]:
        """The releases that are retracted, the last retraction first."""
        return tuple(
            self._releases(
                "WHERE r.retracted IS NOT NULL ORDER BY r.retracted DESC, r.id LIMIT ?", [limit]
            )
        )

    def touched(self, *, limit: int) -> tuple[Release, ...]:
        """The releases that changed since their first sight, the last change first."""
        return tuple(
            self._releases(
                "WHERE r.updated > r.first_seen ORDER BY r.updated DESC, r.id LIMIT ?", [limit]
            )
        )
