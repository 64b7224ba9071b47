"""What the SQLite store is asked: each verb reads one committed state."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any, Final

from data.models import Facet, Release, Revision, Source
from data.store.sqlite.connection import Arguments, SqliteConnection
from data.store.sqlite.rows import (
    INSTANT,
    KEPT_COLUMNS,
    RELEASE_COLUMNS,
    StoredRelease,
    kept_of,
    release_of,
    revision_of,
)
from data.text.urls import canonical_url

BATCH: Final = 500
"""Rows read at a time, so that no open cursor holds the snapshot while others work with them."""

FIRST_DAY, LAST_DAY = "", "~"
"""Text compares by its characters: all days lie between these."""


class SqliteReading(SqliteConnection):
    """The reading verbs of data.store.protocol.Store."""

    def sources(self) -> Mapping[str, Source]:
        """Every source that has ever been collected, by its id."""
        rows = self._ask("SELECT id, name, url, timezone FROM sources ORDER BY id")
        return {row[0]: Source(*row) for row in rows}

    def topics(self) -> Mapping[str, str]:
        """The label of every topic in use, by its slug."""
        return dict(self._ask("SELECT slug, label FROM topics ORDER BY slug"))

    def release(self, release_id: str) -> Release | None:
        """One release by its id."""
        found = self._releases("WHERE r.id = ?", [release_id])
        return found[0] if found else None

    def named(self, name: str, *, limit: int) -> tuple[Release, ...]:
        """The releases that an id, the beginning of one or an address names, at most ``limit``."""
        prefix = name.lower()
        found = self._releases(
            "WHERE r.id >= ? AND r.id < ? ORDER BY r.id LIMIT ?", [prefix, prefix + "~", limit]
        )
        if found or "/" not in name:
            return tuple(found)
        return tuple(
            self._releases(
                "JOIN aliases k ON k.release = r.number WHERE k.key = ? AND k.kind = 'seen'"
                " ORDER BY r.id LIMIT ?",
                [canonical_url(name), limit],
            )
        )

    def releases(
        self, facet: Facet, *, limit: int | None = None, offset: int = 0
    ) -> Iterator[Release]:
        """The releases of a facet, newest first: by ``order`` descending, then by id."""
        join, clauses, arguments, table = selection(facet)
        order = f"ORDER BY {table}.sort_at DESC, {table}.id"
        left = limit
        last: Release | None = None
        while left is None or left > 0:
            count = BATCH if left is None else min(BATCH, left)
            where = list(clauses)
            if last is not None:
                # On from the last one, not by counting: the cost of a page is that of its rows.
                where.append(f"{table}.sort_at <= :at")
                where.append(f"({table}.sort_at < :at OR {table}.id > :id)")
                arguments |= {"at": last.order.timestamp(), "id": last.id}
            batch = self._releases(
                f"{join} {'WHERE ' + ' AND '.join(where) if where else ''} {order}"
                " LIMIT :count OFFSET :offset",
                {**arguments, "count": count, "offset": offset if last is None else 0},
            )
            yield from batch
            if len(batch) < count:
                return
            last = batch[-1]
            left = None if left is None else left - count

    def collected(
        self,
        source: str | None = None,
        *,
        since: dt.date | None = None,
        until: dt.date | None = None,
    ) -> Iterator[Release]:
        """Releases in the order of their first sight, of a source and between two days (inclusive).

        The days are those of publication, in the zone of each release's source.
        """
        after = 0
        while True:
            rows = self._ask(
                f"SELECT {RELEASE_COLUMNS}, r.number FROM releases r WHERE r.number > :after"
                " AND (:source IS NULL OR r.source = :source) AND r.day BETWEEN :since AND :until"
                " ORDER BY r.number LIMIT :count",
                {
                    "after": after,
                    "source": source,
                    "since": since.isoformat() if since else FIRST_DAY,
                    "until": until.isoformat() if until else LAST_DAY,
                    "count": BATCH,
                },
            )
            yield from map(release_of, rows)
            if len(rows) < BATCH:
                return
            after = rows[-1][-1]

    def revisions(self, release_id: str) -> tuple[Revision, ...]:
        """Every version of a release, oldest first."""
        rows = self._ask(
            "SELECT ?1, v.number, v.seen, v.content FROM revisions v"
            " WHERE v.release = (SELECT number FROM releases WHERE id = ?1)"
            " UNION ALL SELECT ?1, revision, revised, content FROM releases WHERE id = ?1"
            " ORDER BY 2",
            [release_id],
        )
        return tuple(map(revision_of, rows))

    def facets(self) -> Mapping[Facet, int]:
        """Every facet that holds at least one release, with its number of releases."""
        rows = self._ask("SELECT source, topic, period, releases FROM facets WHERE releases > 0")
        return {facet_of(*row[:3]): row[3] for row in rows}

    def story(self, story: str) -> tuple[Release, ...]:
        """The releases that share a story, first published first."""
        return tuple(
            self._releases(f"WHERE r.story = ? ORDER BY {INSTANT}, r.first_seen, r.id", [story])
        )

    def marks(self) -> Mapping[Facet, int]:
        """The facets that changed since they were last published, with the number of the change."""
        rows = self._ask(
            "SELECT source, topic, period, changed FROM facets WHERE changed <> published"
        )
        return {facet_of(*row[:3]): row[3] for row in rows}

    def unmark(self, published: Mapping[Facet, int]) -> None:
        """Forget these marks, but none that a later change renewed (its number has grown)."""
        with self._writing() as db:
            db.executemany(
                "UPDATE facets SET published = max(published, ?)"
                " WHERE source = ? AND topic = ? AND period = ?",
                [(number, *facet_key(facet)) for facet, number in published.items()],
            )

    def _releases(self, clause: str, arguments: Arguments) -> list[Release]:
        return [
            release_of(row)
            for row in self._ask(f"SELECT {RELEASE_COLUMNS} FROM releases r {clause}", arguments)
        ]

    def _kept(self, clause: str, arguments: Arguments) -> list[StoredRelease]:
        return [
            kept_of(row)
            for row in self._ask(f"SELECT {KEPT_COLUMNS} FROM releases r {clause}", arguments)
        ]


def facet_key(facet: Facet) -> tuple[str, str, str]:
    """The primary key of a facet's row."""
    return facet.source or "", facet.topic or "", facet.period or ""


def facet_of(source: str, topic: str, period: str) -> Facet:
    """The facet of a row of the facets table."""
    return Facet(source or None, topic or None, period or None)


def selection(facet: Facet) -> tuple[str, list[str], dict[str, Any], str]:
    """What selects a facet: a join, clauses, their arguments, and the table whose index orders.

    A topic's own index gives the order, so the newest few cost the same among millions.
    """
    clauses, arguments = [], {}
    table, join = "r", ""
    if facet.topic:
        table, join = "t", "JOIN release_topics t ON t.id = r.id"
        clauses.append("t.topic = :topic")
        arguments["topic"] = facet.topic
    if facet.source:
        clauses.append(f"{table}.source = :source")
        arguments["source"] = facet.source
    if facet.period and table == "r" and not facet.source:
        # Just as the indexes of periods say it: they give the order, too.
        clauses.append(f"substr(r.day, 1, {len(facet.period)}) = :first")
        arguments["first"] = facet.period
    elif facet.period:
        clauses.append("r.day BETWEEN :first AND :last")
        # 2022-11-99 comes after every day of that month.
        arguments["first"], arguments["last"] = facet.period, facet.period + "-99"
    return join, clauses, arguments, table
