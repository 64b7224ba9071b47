"""What the SQLite store says of what once was: feeds as they stood at an instant."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING

from data.models import BACKLOG, Facet, Release
from data.store.sqlite.migrations import migrations
from data.store.sqlite.releases import selection
from data.store.sqlite.retraction import SqliteRetraction
from data.store.sqlite.rows import instant, revision_of

if TYPE_CHECKING:
    from sqlite_utils import Database

ABSENCES = (
    # Retractions that were undone since, whichever way; one that stands is told by its release.
    """
    CREATE TABLE absences (
        release INTEGER NOT NULL REFERENCES releases (number),
        since   REAL NOT NULL,
        until   REAL NOT NULL,
        PRIMARY KEY (release, until)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TRIGGER absence_of_returned AFTER UPDATE OF retracted ON releases
    WHEN OLD.retracted IS NOT NULL AND NEW.retracted IS NULL
    BEGIN
        INSERT OR REPLACE INTO absences VALUES (NEW.number, OLD.retracted, NEW.updated);
    END
    """,
)


@migrations()
def absences(db: Database) -> None:
    """Remember retractions that were undone."""
    for statement in ABSENCES:
        db.execute(statement)


class SqliteHistory(SqliteRetraction):
    """The verb of data.store.protocol.ReadStore that looks back."""

    def as_of(self, facet: Facet, at: dt.datetime, *, limit: int) -> tuple[Release, ...]:
        """The newest releases of a facet as they stood at an instant, as ``releases`` orders them.

        What was first seen later is left out, and so is what has no date since the first visit; of
        what was edited, retracted or brought back later, the version of then is given. Topics and
        stories are those of today.
        """
        join, clauses, arguments, table = selection(facet)
        clauses.append(f"r.first_seen <= :now AND {table}.sort_at >= {BACKLOG}")
        moment = at.timestamp()
        then = self._releases(
            f"{join} WHERE {' AND '.join(clauses)} ORDER BY {table}.sort_at DESC, {table}.id"
            " LIMIT :limit",
            {**arguments, "now": moment, "limit": limit},
        )
        return tuple(self._then(release, moment) for release in then)

    def _then(self, release: Release, moment: float) -> Release:
        if release.retracted and release.retracted.timestamp() > moment:
            release = replace(release, retracted=None)
        if release.updated.timestamp() <= moment:
            return release
        rows = self._ask(
            "SELECT ?1, v.number, v.seen, v.content FROM revisions v WHERE v.seen <= ?2"
            " AND v.release = (SELECT number FROM releases WHERE id = ?1)"
            " UNION ALL SELECT id, revision, revised, content FROM releases"
            " WHERE id = ?1 AND revised <= ?2 ORDER BY 2 DESC LIMIT 1",
            [release.id, moment],
        )
        if not rows:
            return replace(release, updated=instant(moment))
        found = revision_of(rows[0])
        then = replace(release, content=found.content, revision=found.number, updated=found.seen)
        return self._absent(then, moment)

    def _absent(self, release: Release, moment: float) -> Release:
        """A release with what is known of its absences until an instant."""
        rows = self._ask(
            "SELECT a.since, a.until FROM absences a JOIN releases r ON r.number = a.release"
            " WHERE r.id = ? AND a.since <= ? ORDER BY a.until",
            [release.id, moment],
        )
        for since, until in rows:
            ended = until <= moment
            updated = max(release.updated, instant(until if ended else since))
            release = replace(
                release,
                updated=updated,
                retracted=release.retracted if ended else instant(since),
            )
        return release
