"""Data for publishing: summaries of releases, neighbours, edits, archive pages and day digests.

Archive pages and day digests are published as immutable and must never be lost.
"""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec

from data.clock import instant
from data.models import (
    BACKLOG,
    DayDigest,
    Facet,
    Neighbour,
    Neighbours,
    Release,
    ReleaseSummary,
    Return,
    Revision,
)
from data.store.shared_sql.connection import Part
from data.store.shared_sql.facets import PARTS, facet_key, selection
from data.store.shared_sql.releases import OF_RELEASE, OF_REVISION, select_releases
from data.store.shared_sql.rows import (
    NO_LIMIT,
    REDACTED_ROW,
    SHOWN_VIEW,
    SUMMARY,
    encode,
    revision_of,
)
from data.store.unit_of_work import decisions

EDITED: Final = "NOT EXISTS (SELECT 1 FROM readings g WHERE g.release = {} AND g.revision = {})"
"""SQL condition for versions that result from a change by the publisher, not from re-extraction."""

EARLIER_EDITS: Final = (
    f"FROM revisions v JOIN {SHOWN_VIEW} r ON r.number = v.release WHERE v.number > 1"
    f" AND {EDITED.format('v.release', 'v.number')} AND NOT {REDACTED_ROW}"
)
PRESENT_EDITS: Final = (
    f"FROM {SHOWN_VIEW} r WHERE revision > 1 AND {EDITED.format('r.number', 'r.revision')}"
    f" AND NOT {REDACTED_ROW}"
)
"""SQL that selects corrections: earlier versions ``v``, and current versions of releases ``r``."""

RELEASES_PER_QUERY: Final = 10_000
"""Number of releases that one query reads when all releases of a month are read."""

NEIGHBOUR: Final = "{0}.id, {0}.title, {0}.language, {0}.day"


def beside(order: str, tie: str, first: str) -> str:
    """Return SQL for the number of the next release of the same source in a given order.

    ``order`` compares its sort time with the sort time of ``r``, ``tie`` is another condition, and
    ``first`` is the ORDER BY clause.
    """
    return (
        f"(SELECT n.number FROM {SHOWN_VIEW} n WHERE n.source = r.source AND n.sort_at {order}"
        f" AND {tie} ORDER BY {first} LIMIT 1)"
    )


def neighbour(row: Sequence[Any]) -> Neighbour | None:
    """Return the neighbour that four columns describe, or None if they are empty."""
    id_, title, language, day = row
    return None if id_ is None else Neighbour(id_, title, language, day)


IS_IT: Final = "source = ? AND topic = ? AND period = ? AND section = ? AND language = ?"
FEED: Final = f"(SELECT number FROM archived_feeds WHERE {IS_IT})"


class PublicationPart(Part):
    """Methods of the store for publishing: reading releases, archive pages and day digests."""

    def summaries(self, facet: Facet, *, limit: int | None = None) -> tuple[ReleaseSummary, ...]:
        """Return the releases of a facet without their text, in the order of ``releases``."""
        join, clauses, arguments, table = selection(facet)
        where = "WHERE " + " AND ".join(clauses) if clauses else ""
        rows = self._ask(
            f"SELECT {table}.id, r.source, r.version, {table}.sort_at, r.story FROM {SHOWN_VIEW} r"
            f" {join} {where} ORDER BY {table}.sort_at DESC, {table}.id LIMIT :limit",
            {**arguments, "limit": NO_LIMIT if limit is None else limit},
        )
        return tuple(ReleaseSummary(*row) for row in rows)

    def backlog(self, source: str, *, limit: int | None = None) -> tuple[ReleaseSummary, ...]:
        """Return a source's undated releases from its first visit, in the order of the listing."""
        rows = self._ask(
            f"SELECT {SUMMARY} FROM {SHOWN_VIEW} r WHERE r.source = :source"
            f" AND r.sort_at < {BACKLOG} ORDER BY r.sort_at DESC, r.id LIMIT :limit",
            {"source": source, "limit": NO_LIMIT if limit is None else limit},
        )
        return tuple(ReleaseSummary(*row) for row in rows)

    def summaries_of(self, ids: Sequence[str]) -> Mapping[str, ReleaseSummary]:
        """Return releases without their text, by id. Unknown ids are omitted."""
        if not ids:
            return {}
        rows = self._ask(
            f"SELECT {SUMMARY} FROM json_each(?) j JOIN {SHOWN_VIEW} r ON r.id = j.value",
            [encode(list(ids))],
        )
        return {row[0]: ReleaseSummary(*row) for row in rows}

    def neighbours(self, ids: Sequence[str]) -> Mapping[str, Neighbours]:
        """Return the next newer and older release of the same source, for each release id.

        The neighbours of a hidden release are those of its former position.
        """
        if not ids:
            return {}
        rows = self._ask(
            f"SELECT r.id, {NEIGHBOUR.format('n')}, {NEIGHBOUR.format('o')} FROM (SELECT r.id,"
            f" coalesce({beside('= r.sort_at', 'n.id < r.id', 'n.id DESC')},"
            f" {beside('> r.sort_at', '1 = 1', 'n.sort_at, n.id DESC')}) AS newer,"
            f" coalesce({beside('= r.sort_at', 'n.id > r.id', 'n.id')},"
            f" {beside('< r.sort_at', '1 = 1', 'n.sort_at DESC, n.id')}) AS older"
            " FROM json_each(?) j JOIN releases r ON r.id = j.value) r"
            " LEFT JOIN releases n ON n.number = r.newer"
            " LEFT JOIN releases o ON o.number = r.older",
            [encode(list(ids))],
        )
        return {row[0]: Neighbours(neighbour(row[1:5]), neighbour(row[5:])) for row in rows}

    def edits(self, *, limit: int) -> tuple[Revision, ...]:
        """Return the versions created by the most recent corrections, across all releases.

        Redacted releases are omitted.
        """
        rows = self._ask(
            f"SELECT * FROM (SELECT r.id, v.number, v.seen, v.content, {OF_REVISION}"
            f" {EARLIER_EDITS} ORDER BY v.seen DESC LIMIT :limit) AS earlier UNION ALL"
            f" SELECT * FROM (SELECT id, revision, revised, content, {OF_RELEASE}"
            f" {PRESENT_EDITS} ORDER BY revised DESC LIMIT :limit) AS present"
            " ORDER BY 3 DESC, 1, 2 DESC LIMIT :limit",
            {"limit": limit},
        )
        return tuple(map(revision_of, rows))

    def every_edit(self) -> Sequence[tuple[str, int, float]]:
        """Return all corrections in order of time, as release id, version number and time.

        Redacted releases are omitted. Times are seconds since 1970.
        """
        return self._ask(
            f"SELECT id, number, seen FROM (SELECT r.id, v.number, v.seen {EARLIER_EDITS}"
            f" UNION ALL SELECT id, revision, revised {PRESENT_EDITS}) AS edits"
            " ORDER BY seen, id DESC, number"
        )

    def every_retraction(self) -> Sequence[tuple[str, float]]:
        """Return the ids of all retracted releases and their retraction times, in order of time.

        Redacted releases are omitted. Times are seconds since 1970.
        """
        return self._ask(
            f"SELECT id, retracted FROM {SHOWN_VIEW} r WHERE retracted IS NOT NULL"
            f" AND NOT {REDACTED_ROW} ORDER BY retracted, id DESC"
        )

    def returns(self, *, limit: int | None = None) -> Sequence[Return]:
        """Return the times when retracted releases came back online, most recent first.

        Redacted releases are omitted.
        """
        return self._returns("WHERE 1 = 1", [], limit)

    def returns_of(self, release_id: str) -> Sequence[Return]:
        """Return the times when a retracted release came back online, most recent first."""
        return self._returns("WHERE r.id = ?", [release_id], None)

    def _returns(self, where: str, arguments: list[object], limit: int | None) -> Sequence[Return]:
        rows = self._ask(
            f"SELECT r.id, p.since, p.until FROM past_retractions p JOIN {SHOWN_VIEW} r"
            f" ON r.number = p.release {where} AND NOT {REDACTED_ROW}"
            " ORDER BY p.until DESC, r.id LIMIT ?",
            [*arguments, NO_LIMIT if limit is None else limit],
        )
        return [Return(id_, instant(since), instant(until)) for id_, since, until in rows]

    def retractions(self, *, limit: int) -> tuple[Release, ...]:
        """Return the most recently retracted releases. Redacted releases are omitted."""
        return tuple(
            select_releases(
                self._connection,
                f"WHERE r.retracted IS NOT NULL AND NOT {REDACTED_ROW}"
                " ORDER BY r.retracted DESC, r.id LIMIT ?",
                [limit],
                table=SHOWN_VIEW,
            )
        )

    def recently_updated(self, *, limit: int) -> tuple[Release, ...]:
        """Return the most recently updated releases, last update first.

        Updates are edits, retractions, and returns after a retraction.
        """
        return tuple(
            select_releases(
                self._connection,
                "WHERE r.updated > r.first_seen ORDER BY r.updated DESC, r.id LIMIT ?",
                [limit],
                table=SHOWN_VIEW,
            )
        )

    def newest_of_sources(self, *, limit: int) -> Mapping[str, tuple[str, str]]:
        """Return the day of the newest dated release and the main language of each source."""
        rows = self._ask(
            "SELECT r.source, r.day, coalesce((SELECT language FROM"
            f" (SELECT language FROM {SHOWN_VIEW} WHERE source = s.id ORDER BY sort_at DESC, id"
            " LIMIT :limit) AS newest WHERE language <> '' GROUP BY language"
            " ORDER BY count(*) DESC, language LIMIT 1), '')"
            f" FROM sources s JOIN releases r ON r.number = (SELECT number FROM {SHOWN_VIEW} n"
            " WHERE n.source = s.id AND n.day <> '' ORDER BY n.sort_at DESC, n.id LIMIT 1)",
            {"limit": limit},
        )
        return {source: (day, language) for source, day, language in rows}

    def newest_titles(self, *, limit: int) -> list[str]:
        """Return the titles of the newest releases. Redacted releases are omitted."""
        return self._column(
            f"SELECT r.title FROM {SHOWN_VIEW} r WHERE NOT {REDACTED_ROW}"
            " ORDER BY r.sort_at DESC, r.id LIMIT ?",
            [limit],
        )

    def last_changes(self, month: str) -> Iterator[tuple[str, dt.datetime]]:
        """Yield the ids of a month's releases with the times of their last changes, oldest first.

        ``month`` is an ISO month, or an empty string for undated releases.
        """
        after: tuple[float, str] = (-1e99, "~")
        while True:
            # In the order of the index of months.
            rows = self._ask(
                f"SELECT id, updated, sort_at FROM {SHOWN_VIEW} WHERE substr(day, 1, 7) = :month"
                " AND sort_at >= :sort_at AND (sort_at > :sort_at OR id < :id)"
                " ORDER BY sort_at, id DESC LIMIT :count",
                {"month": month, "sort_at": after[0], "id": after[1], "count": RELEASES_PER_QUERY},
            )
            yield from ((id_, instant(updated)) for id_, updated, _ in rows)
            if len(rows) < RELEASES_PER_QUERY:
                return
            after = rows[-1][2], rows[-1][0]

    def archive_page_count(self, facet: Facet) -> int:
        """Return the number of archive pages of a feed."""
        statement = f"SELECT max(page) FROM archive_pages WHERE feed = {FEED}"
        return self._value(statement, facet_key(facet)) or 0

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
        digest = self._value("SELECT digest FROM day_digests WHERE day = ?", [day])
        return msgspec.json.decode(digest, type=DayDigest) if digest else None

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
