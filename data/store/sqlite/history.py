"""What the SQLite store says of what once was: feeds as they stood at an instant."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from data.models import BACKLOG, Facet, Release
from data.store.sqlite.releases import selection
from data.store.sqlite.retraction import SqliteRetraction
from data.store.sqlite.rows import instant, revision_of


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
            "SELECT p.since, p.until FROM past_retractions p JOIN releases r"
            " ON r.number = p.release WHERE r.id = ? AND p.since <= ? ORDER BY p.until",
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
