"""What is remembered of visits: runs, what is due, what hosts asked of us, learned layouts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from data.models import BACKLOG, PublicationTime, Run, Validator, Wait
from data.store.sql.database.connection import Part
from data.store.sql.database.rows import (
    INSTANT,
    SHOWN,
    decode_run,
    encode,
    instant,
    redacted_row,
)
from data.text.urls import MAX_KEY_LENGTH

GROWTH = 0.1
"""The wait until the next look at an old release, as a part of its age."""

RUNS_KEPT = 1000
"""Reports of runs that are kept of each source."""


class UnconfirmedTable(Part):
    """The verbs for responses and texts that may have been cut, for visits and the recorder."""

    def unconfirmed(self, subject: str) -> tuple[str, dt.datetime] | None:
        """The mark and the time of the last response or text that may have been cut.

        ``subject`` is an address, or the id of a release.
        """
        for row in self._rows("unconfirmed", "subject = ?", [subject]):
            return str(row["mark"]), instant(row["seen"])
        return None

    def keep_unconfirmed(self, subject: str, mark: str, seen: dt.datetime) -> None:
        """Keep the mark of a response or a text for a later visit to compare.

        Nothing is kept for an address that is too long for a key, so it is never confirmed.
        """
        if len(subject) > MAX_KEY_LENGTH:
            return
        row = {"subject": subject, "mark": mark, "seen": seen.timestamp()}
        with self._writing():
            self._connection.upsert("unconfirmed", row)


class VisitsPart(UnconfirmedTable):
    """The verbs of data.store.protocol.Store that remember visits."""

    def due(
        self, source: str, *, now: dt.datetime, recent: dt.timedelta, everything: bool, limit: int
    ) -> tuple[str, ...]:
        """The addresses of the releases of a source to look at again, longest unvisited first.

        Those younger than ``recent``, those found gone once, and older ones at intervals that grow
        with their age; with ``everything`` all of them, whatever the intervals. Redacted releases
        are never due.
        """
        rows = self._ask(
            f"SELECT url FROM {SHOWN} r WHERE source = :source AND (:everything = 1"
            " OR sort_at >= :recent OR gone_since IS NOT NULL"
            f" OR checked + (:now - {INSTANT}) * :growth <= :now)"
            f" AND NOT {redacted_row('r')} ORDER BY checked, id LIMIT :limit",
            {
                "source": source,
                "everything": everything,
                "recent": (now - recent).timestamp(),
                "now": now.timestamp(),
                "growth": GROWTH,
                "limit": limit,
            },
        )
        return tuple(row[0] for row in rows)

    def validator(self, url: str) -> Validator | None:
        """What the server of an address gave to ask with."""
        for row in self._ask("SELECT etag, last_modified FROM validators WHERE url = ?", [url]):
            return Validator(*row)
        return None

    def cached_listing(self, url: str, reader: str) -> str | None:
        """What a listing said last, as JSON text, if the same ``reader`` read it."""
        for row in self._ask(
            "SELECT items FROM cached_listings WHERE url = ? AND reader = ?", [url, reader]
        ):
            return str(row[0])
        return None

    def listings(self, source: str) -> Iterator[str]:
        """What each page that lists releases of a source said last, as JSON text."""
        rows = self._ask(
            "SELECT items FROM cached_listings WHERE source = ? ORDER BY url", [source]
        )
        return (str(items) for (items,) in rows)

    def cache_listing(
        self, source: str, url: str, reader: str, items: str, validator: Validator
    ) -> None:
        """Keep what a listing said, and what to ask its server with next time.

        Of an address too long for a key nothing is kept: it is read in full each time.
        """
        if len(url) > MAX_KEY_LENGTH:
            return
        listing = {"url": url, "source": source, "reader": reader, "items": items}
        asked = {"url": url, "etag": validator.etag, "last_modified": validator.last_modified}
        with self._writing():
            self._connection.upsert("cached_listings", listing)
            self._connection.upsert("validators", asked)

    def add_run(self, run: Run) -> None:
        """Keep the report of a run."""
        row = [run.source, run.started.timestamp(), encode(run)]
        with self._writing():
            self._db.execute("INSERT INTO runs (source, started, report) VALUES (?, ?, ?)", row)

    def runs(self, source: str, *, limit: int) -> tuple[Run, ...]:
        """The last runs of a source, newest first: as they came, since a clock may be set back."""
        rows = self._ask(
            "SELECT report FROM runs WHERE source = ? ORDER BY number DESC LIMIT ?",
            [source, limit],
        )
        return tuple(decode_run(row[0]) for row in rows)

    def forget_old_runs(self) -> None:
        """Forget the oldest reports of runs."""
        with self._writing() as db:
            db.execute(
                "DELETE FROM runs WHERE number IN (SELECT number FROM (SELECT number,"
                " row_number() OVER (PARTITION BY source ORDER BY number DESC) AS place FROM runs)"
                " AS placed WHERE place > ?)",
                [RUNS_KEPT],
            )

    def last_visit(self, source: str) -> dt.datetime | None:
        """When the last run of a source began, or None."""
        for (started,) in self._ask(
            "SELECT started FROM runs WHERE source = ? ORDER BY number DESC LIMIT 1", [source]
        ):
            return instant(started)
        return None

    def publication_times(self, source: str, *, limit: int) -> tuple[PublicationTime, ...]:
        """When the newest releases of a source came; not those undated since its first visit."""
        rows = self._ask(
            "SELECT sort_at, json_extract(content, '$.published.precision'), first_seen"
            f" FROM releases WHERE source = ? AND sort_at >= {BACKLOG}"
            " ORDER BY sort_at DESC, id LIMIT ?",
            [source, limit],
        )
        return tuple(PublicationTime(instant(at), how, instant(seen)) for at, how, seen in rows)

    def wait(self, host: str) -> Wait | None:
        """Until when a host asked to wait, even if that is over."""
        for until, status in self._ask(
            "SELECT until, status FROM host_waits WHERE host = ?", [host]
        ):
            return Wait(instant(until), status)
        return None

    def keep_wait(self, host: str, wait: Wait) -> None:
        """Keep until when a host asked to wait."""
        row = {"host": host, "until": wait.until.timestamp(), "status": wait.status}
        with self._writing():
            self._connection.upsert("host_waits", row)

    def robots(self, origin: str) -> tuple[bytes, dt.datetime] | None:
        """The robots.txt of an origin as it was read last, and when that was."""
        for row in self._rows("robots_files", "origin = ?", [origin]):
            return row["body"], instant(row["seen"])
        return None

    def keep_robots(self, origin: str, body: bytes, seen: dt.datetime) -> None:
        """Keep the robots.txt of an origin."""
        row = {"origin": origin, "body": body, "seen": seen.timestamp()}
        with self._writing():
            self._connection.upsert("robots_files", row)

    def templates(self, source: str) -> tuple[str, ...]:
        """What was learned of a source's layouts, each as JSON text, by the name of the layout."""
        rows = self._rows("layout_templates", "source = ?", [source], order_by="layout")
        return tuple(row["template"] for row in rows)

    def keep_template(self, source: str, layout: str, template: str) -> None:
        """Keep what was learned of a layout, as JSON text, in place of what was known of it."""
        row = {"source": source, "layout": layout, "template": template}
        with self._writing():
            self._connection.upsert("layout_templates", row)

    def source_reading(self, source: str) -> str:
        """By what the pages of a source are read, as JSON text; empty where that is not known."""
        rows = self._rows("source_readings", "source = ?", [source])
        return next((str(row["reading"]) for row in rows), "")

    def keep_source_reading(self, source: str, reading: str) -> None:
        """Keep by what the pages of a source are read, as JSON text."""
        with self._writing():
            self._connection.upsert("source_readings", {"source": source, "reading": reading})

    def skeleton(self, release: str) -> bytes:
        """The sketch of what the page of a release was built of last; empty where not known."""
        row = self._ask(
            "SELECT s.skeleton FROM page_skeletons s JOIN releases r ON r.number = s.release"
            " WHERE r.id = ?",
            [release],
        )
        return next((bytes(found[0]) for found in row), b"")

    def forget_template(self, source: str, layout: str) -> None:
        """Forget a layout that is not met any more."""
        with self._writing() as db:
            db.execute(
                "DELETE FROM layout_templates WHERE source = ? AND layout = ?", [source, layout]
            )
