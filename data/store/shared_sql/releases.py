"""Methods of the store that read releases, in current and past versions.

Each method reads a single committed state of the store.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Final

from data.clock import instant
from data.models import BACKLOG, Facet, Release, ReplacedText, Revision
from data.revisions.edits import replaced_files
from data.revisions.stored_difference import encode_difference, stored_classes
from data.store.shared_sql.connection import Arguments, Connection, Part
from data.store.shared_sql.facets import selection
from data.store.shared_sql.files import FilesPart
from data.store.shared_sql.new_events import append_events
from data.store.shared_sql.rows import (
    INSTANT,
    REDACTED_ROW,
    RELEASE_COLUMNS,
    SHOWN_VIEW,
    content_of,
    release_of,
    revision_columns,
    revision_of,
)
from data.text.urls import canonical_url, page_key

BATCH: Final = 500
"""Number of rows per query. They are read at once, so that no cursor stays open while the caller
processes them."""

OF_REVISION: Final = revision_columns("v.release", "v.number")
"""SQL for the capture, re-extractions and difference of an earlier version of a release."""
OF_RELEASE: Final = revision_columns("r.number", "r.revision")
"""SQL for the capture, re-extractions and difference of the current version of a release."""

FIRST_DAY, LAST_DAY = "", "~"
"""Strings that sort before and after all ISO days."""


RECHECK_AGE_FRACTION = 0.1
"""Interval between two checks of an old release, as a share of its age."""


class ReleasesPart(Part):
    """Methods of the store that read releases."""

    def release(self, release_id: str) -> Release | None:
        """Return a release by its id, or None if it is unknown."""
        found = select_releases(self._connection, "WHERE r.id = ?", [release_id])
        return found[0] if found else None

    def find_releases(self, name: str, *, limit: int) -> tuple[Release, ...]:
        """Return up to ``limit`` releases with this id, id prefix or address."""
        prefix = name.lower()
        found = select_releases(
            self._connection,
            "WHERE r.id >= ? AND r.id < ? ORDER BY r.id LIMIT ?",
            [prefix, prefix + "~", limit],
        )
        if found or "/" not in name:
            return tuple(found)
        for key in dict.fromkeys((canonical_url(name), page_key(name))):
            found = select_releases(
                self._connection,
                "JOIN aliases k ON k.release = r.number WHERE k.key = ? AND k.kind = 'seen'"
                " ORDER BY r.id LIMIT ?",
                [key, limit],
            )
            if found:
                break
        return tuple(found)

    def addresses_at_path(self, key: str) -> Sequence[tuple[str, str]]:
        """Return the addresses of releases with the same path as a canonical URL, with their ids.

        Queries and fragments of the addresses may differ from those of ``key``.
        """
        path = key.partition("#")[0].partition("?")[0]
        return self._ask(
            "SELECT a.url, r.id FROM aliases a JOIN releases r ON r.number = a.release"
            " WHERE a.kind = 'seen' AND (a.key = ? OR (a.key >= ? AND a.key < ?)"
            " OR (a.key >= ? AND a.key < ?)) ORDER BY a.url",
            # In ASCII, ``@`` follows ``?``, and ``$`` follows ``#``.
            [path, f"{path}?", f"{path}@", f"{path}#", f"{path}$"],
        )

    def parts_of_page(self, source: str, page: str) -> tuple[str, ...]:
        """Return the addresses of visible releases that are parts of one page."""
        rows = self._ask(
            f"SELECT url FROM {SHOWN_VIEW} WHERE source = ? AND substr(url, 1, ?) = ? ORDER BY url",
            [source, len(page) + 1, f"{page}#"],
        )
        return tuple(url for (url,) in rows)

    def releases(
        self, facet: Facet, *, limit: int | None = None, offset: int = 0
    ) -> Iterator[Release]:
        """Yield the releases of a facet, newest first: by ``order`` descending, then by id."""
        join, clauses, arguments, table = selection(facet)
        order = f"ORDER BY {table}.sort_at DESC, {table}.id"
        left = limit
        last: Release | None = None
        while left is None or left > 0:
            count = BATCH if left is None else min(BATCH, left)
            where = list(clauses)
            if last is not None:
                # Continue after the last row instead of using an offset, so that each page costs
                # the same.
                where.append(f"{table}.sort_at <= :at")
                where.append(f"({table}.sort_at < :at OR {table}.id > :id)")
                arguments |= {"at": last.order.timestamp(), "id": last.id}
            batch = select_releases(
                self._connection,
                f"{join} {'WHERE ' + ' AND '.join(where) if where else ''} {order}"
                " LIMIT :count OFFSET :offset",
                {**arguments, "count": count, "offset": offset if last is None else 0},
                table=SHOWN_VIEW,
            )
            yield from batch
            if len(batch) < count:
                return
            last = batch[-1]
            left = None if left is None else left - count

    def by_first_seen(
        self,
        source: str | None = None,
        *,
        since: dt.date | None = None,
        until: dt.date | None = None,
        after: str = "",
    ) -> Iterator[Release]:
        """Yield releases in the order in which they were first seen.

        The releases can be limited to a source and to publication days from ``since`` to ``until``
        (inclusive, in the time zone of the source). If ``after`` is the id of a release, only
        releases first seen after it are returned.
        """
        number = self._value("SELECT number FROM releases WHERE id = ?", [after]) or 0
        while True:
            rows = self._ask(
                f"SELECT {RELEASE_COLUMNS}, r.number FROM releases r WHERE r.number > :after"
                " AND (CAST(:source AS TEXT) IS NULL OR r.source = :source)"
                " AND r.day BETWEEN :since AND :until"
                " ORDER BY r.number LIMIT :count",
                {
                    "after": number,
                    "source": source,
                    "since": since.isoformat() if since else FIRST_DAY,
                    "until": until.isoformat() if until else LAST_DAY,
                    "count": BATCH,
                },
            )
            yield from map(release_of, rows)
            if len(rows) < BATCH:
                return
            number = rows[-1][-1]

    def earlier_versions(self, release_id: str) -> tuple[Revision, ...]:
        """Return the versions of a release that only web archives captured, oldest first.

        The number of such a version is its time with 14 digits, such as 20180401123000.
        """
        rows = self._ask(
            f"SELECT ?1, v.number, v.seen, v.content, {OF_REVISION} FROM revisions v"
            " WHERE v.release = (SELECT number FROM releases WHERE id = ?1) AND v.number < 1"
            " ORDER BY 3",
            [release_id],
        )
        return tuple(replace(one, number=-one.number) for one in map(revision_of, rows))

    def all_versions(self, release_id: str) -> tuple[Revision, ...]:
        """Return the numbered versions of a release and its earlier versions, by time."""
        versions = (*self.revisions(release_id), *self.earlier_versions(release_id))
        return tuple(sorted(versions, key=lambda one: one.seen))

    def revisions(self, release_id: str) -> tuple[Revision, ...]:
        """Return every numbered version of a release, oldest first."""
        rows = self._ask(
            f"SELECT ?1, v.number, v.seen, v.content, {OF_REVISION} FROM revisions v"
            " WHERE v.release = (SELECT number FROM releases WHERE id = ?1) AND v.number > 0"
            f" UNION ALL SELECT ?1, r.revision, r.revised, r.content, {OF_RELEASE} FROM releases r"
            " WHERE r.id = ?1 ORDER BY 2",
            [release_id],
        )
        return self._with_replaced_texts([revision_of(row) for row in rows])

    def _with_replaced_texts(self, revisions: Sequence[Revision]) -> tuple[Revision, ...]:
        """Add the texts of replaced attachments to some successive versions."""
        files = {
            after.number: replaced_files(before.content, after.content)
            for before, after in pairwise(revisions)
        }
        digests = {one for pairs in files.values() for pair in pairs.values() for one in pair}
        if not digests:
            return tuple(revisions)
        texts = FilesPart(self._connection).file_texts(sorted(digests))
        return tuple(
            replace(
                one,
                replaced=tuple(
                    ReplacedText(url, *("\n\n".join(texts[digest].pages) for digest in pair))
                    for url, pair in sorted(files.get(one.number, {}).items())
                    if texts.keys() >= {*pair}
                ),
            )
            for one in revisions
        )

    def compute_differences(self, *, limit: int) -> int:
        """Compute up to ``limit`` missing differences between versions, and return their number.

        The computation is done outside of transactions, because comparing long texts takes seconds.
        Pages and the search index are updated, but clients of the change list see no change.
        """
        missing = self._ask(
            "SELECT release, number FROM differences WHERE steps = '' ORDER BY release, number"
            " LIMIT ?",
            [limit],
        )
        computed: list[tuple[str, int, int]] = []
        for release, number in missing:
            pair = self._ask(
                "SELECT content FROM (SELECT number, content FROM revisions WHERE release = ?1"
                " UNION ALL SELECT revision, content FROM releases WHERE number = ?1) AS versions"
                " WHERE number IN (?2 - 1, ?2) ORDER BY number",
                [release, number],
            )
            contents = [content_of(text) for (text,) in pair]
            computed.append((encode_difference(contents[0], contents[-1]), release, number))
        if computed:
            with self._writing() as db:
                db.executemany(
                    "UPDATE differences SET steps = ? WHERE release = ? AND number = ?"
                    " AND steps = ''",
                    computed,
                )
                # Pages and searches show the classes of edits.
                shown = {release for steps, release, _ in computed if stored_classes(steps).classes}
                append_events(self._connection, "moved", shown)
        return len(missing)

    def story(self, story: str) -> tuple[Release, ...]:
        """Return the releases of a story, in order of publication."""
        return tuple(
            select_releases(
                self._connection,
                f"WHERE r.story = ? ORDER BY {INSTANT}, r.first_seen, r.id",
                [story],
                table=SHOWN_VIEW,
            )
        )

    def due(
        self, source: str, *, now: dt.datetime, recent: dt.timedelta, everything: bool, limit: int
    ) -> tuple[str, ...]:
        """Return up to ``limit`` addresses of releases to check again, longest unchecked first.

        Releases younger than ``recent`` are due, and releases whose page was once gone. Older
        releases are due at intervals that grow with their age. With ``everything``, all releases
        are due. Redacted releases are never due.
        """
        rows = self._ask(
            f"SELECT url FROM {SHOWN_VIEW} r WHERE source = :source AND (:everything = 1"
            " OR sort_at >= :recent OR gone_since IS NOT NULL"
            f" OR checked + (:now - {INSTANT}) * :growth <= :now)"
            f" AND NOT {REDACTED_ROW} ORDER BY checked, id LIMIT :limit",
            {
                "source": source,
                "everything": everything,
                "recent": (now - recent).timestamp(),
                "now": now.timestamp(),
                "growth": RECHECK_AGE_FRACTION,
                "limit": limit,
            },
        )
        return tuple(row[0] for row in rows)

    def as_of(self, facet: Facet, at: dt.datetime, *, limit: int) -> tuple[Release, ...]:
        """Return the newest releases of a facet at a past time, ordered as in ``releases``.

        Releases first seen later and undated releases from the first visit are omitted. Releases
        that were edited, retracted or restored later are returned as they were then. However, the
        current topics and stories are returned.
        """
        join, clauses, arguments, table = selection(facet)
        clauses.append(f"r.first_seen <= :now AND {table}.sort_at >= {BACKLOG}")
        moment = at.timestamp()
        then = select_releases(
            self._connection,
            f"{join} WHERE {' AND '.join(clauses)} ORDER BY {table}.sort_at DESC, {table}.id"
            " LIMIT :limit",
            {**arguments, "now": moment, "limit": limit},
            table=SHOWN_VIEW,
        )
        return tuple(self._then(release, moment) for release in then)

    def _then(self, release: Release, moment: float) -> Release:
        if release.retracted and release.retracted.timestamp() > moment:
            release = replace(release, retracted=None)
        if release.updated.timestamp() <= moment:
            return release
        rows = self._ask(
            f"SELECT ?1, v.number, v.seen, v.content, {OF_REVISION} FROM revisions v"
            " WHERE v.seen <= ?2 AND v.release = (SELECT number FROM releases WHERE id = ?1)"
            f" UNION ALL SELECT r.id, r.revision, r.revised, r.content, {OF_RELEASE}"
            " FROM releases r WHERE r.id = ?1 AND r.revised <= ?2 ORDER BY 2 DESC LIMIT 1",
            [release.id, moment],
        )
        if not rows:
            return replace(release, updated=instant(moment))
        found = revision_of(rows[0])
        then = replace(
            release,
            content=found.content,
            revision=found.number,
            updated=found.seen,
            capture=found.capture,
            reread=0,
        )
        return then if found.content.redacted else self._absent(then, moment)

    def _absent(self, release: Release, moment: float) -> Release:
        """Return a release with its state (online or retracted) at a past time."""
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


def select_releases(
    connection: Connection, clause: str, arguments: Arguments, *, table: str = "releases"
) -> list[Release]:
    """Return the releases that a query selects.

    ``clause`` is the SQL after the name of the ``table``, which has the alias ``r``.
    """
    rows = connection.ask(f"SELECT {RELEASE_COLUMNS} FROM {table} r {clause}", arguments)
    return [release_of(row) for row in rows]
