"""Data about visits, such as their reports (runs), due addresses and learned templates.

Links between release pages are also here, because a visit requests linked releases that are not
stored.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from data.clock import zone_or_utc
from data.models import BACKLOG, Link, PublicationTime, Recall, Run, Validator, Wait
from data.store.shared_sql.database.connection import Part
from data.store.shared_sql.database.rows import (
    INSTANT,
    SHOWN_VIEW,
    decode_run,
    encode,
    instant,
    redacted_row,
)
from data.store.unit_of_work import decisions
from data.text.urls import MAX_KEY_LENGTH

RECHECK_AGE_FRACTION = 0.1
"""Interval between two checks of an old release, as a share of its age."""

PAGE_STATE_PREFIX: Final = "page:"
"""Prefix of the key of a single page's stored state. The id of its release follows."""

RUNS_KEPT = 1000
"""Maximum number of reports of visits (runs) that are kept per source."""


def results_of(run: Run) -> tuple[object, ...]:
    """Return the parts of a run that describe its results and the health of the source."""
    read = run.new + run.changed + run.unchanged + run.retracted
    return (
        (run.new, run.changed, run.retracted, run.gone, run.history, run.bound, run.errors),
        (run.found, read) if run.errors else (bool(run.found), bool(read)),
    )


class UnconfirmedTable(Part):
    """Methods for responses, texts and pages whose changes a later visit must confirm.

    Each change has a mark, stored under one of three kinds of subjects:

    - the URL of a response that may be truncated: the mark is the digest of its end
    - the id of a release whose text may be truncated: the mark is the fingerprint of the text
    - PAGE_STATE_PREFIX and the id of a release that is a single page: the mark is the state of its
      noise, as JSON (data.revisions.settled_content)
    """

    def unconfirmed(self, subject: str) -> tuple[str, dt.datetime] | None:
        """Return the last mark of a subject and its time, or None."""
        for mark, seen in self._ask(
            "SELECT mark, seen FROM unconfirmed WHERE subject = ?", [subject]
        ):
            return mark, instant(seen)
        return None

    def keep_unconfirmed(self, subject: str, mark: str, seen: dt.datetime) -> None:
        """Store the mark of a subject, for comparison in a later visit.

        Nothing is stored for an address that is too long for a key, so its responses are never
        confirmed.
        """
        if len(subject) > MAX_KEY_LENGTH:
            return
        row = {"subject": subject, "mark": mark, "seen": seen.timestamp()}
        with self._writing():
            self._connection.upsert("unconfirmed", row)


class VisitsPart(UnconfirmedTable):
    """Methods of the store for data about visits."""

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
            f" AND NOT {redacted_row('r')} ORDER BY checked, id LIMIT :limit",
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

    def validator(self, url: str) -> Validator | None:
        """Return the ETag and Last-Modified of the last response from an address, or None."""
        for row in self._ask("SELECT etag, last_modified FROM validators WHERE url = ?", [url]):
            return Validator(*row)
        return None

    def keep_validator(self, url: str, validator: Validator) -> None:
        """Store the ETag and Last-Modified of a file for its next request."""
        if len(url) <= MAX_KEY_LENGTH:
            asked = {"url": url, "etag": validator.etag, "last_modified": validator.last_modified}
            with self._writing():
                self._connection.upsert("validators", asked)

    def cached_listing(self, url: str, reader: str) -> str | None:
        """Return the cached items of a listing as JSON text, or None.

        Items extracted by another ``reader`` are not returned.
        """
        for row in self._ask(
            "SELECT items FROM cached_listings WHERE url = ? AND reader = ?", [url, reader]
        ):
            return str(row[0])
        return None

    def listings(self, source: str) -> Iterator[str]:
        """Yield the last items of each listing page of a source, as JSON text."""
        rows = self._ask(
            "SELECT items FROM cached_listings WHERE source = ? ORDER BY url", [source]
        )
        return (str(items) for (items,) in rows)

    def cache_listing(
        self, source: str, url: str, reader: str, items: str, validator: Validator
    ) -> None:
        """Cache the items of a listing, and the ETag and Last-Modified for its next request.

        Nothing is cached for an address that is too long for a key. Its listing is read in full at
        each visit.
        """
        if len(url) > MAX_KEY_LENGTH:
            return
        listing = {"url": url, "source": source, "reader": reader, "items": items}
        asked = {"url": url, "etag": validator.etag, "last_modified": validator.last_modified}
        with self._writing():
            self._connection.upsert("cached_listings", listing)
            self._connection.upsert("validators", asked)

    def add_run(self, run: Run, *, settles: bool = True) -> None:
        """Store the report of a visit (run).

        If it has no news, its journal record may be written later. If the run ``settles`` the
        visit, a source that was leased to a worker is no longer due.
        """
        del settles
        row = [run.source, run.started.timestamp(), encode(run)]
        with self._writing():
            if self._is_news(run):
                self._unit.decide(decisions.Visited(run))
            else:
                self._unit.decide_later(decisions.Visited(run))
            self._db.execute("INSERT INTO runs (source, started, report) VALUES (?, ?, ?)", row)

    def _is_news(self, run: Run) -> bool:
        """Return whether a run is its day's first or its results differ from the last run's."""
        last = next(iter(self.runs(run.source, limit=1)), None)
        if last is None or results_of(run) != results_of(last):
            return True
        zones = self._ask("SELECT timezone FROM sources WHERE id = ?", [run.source])
        zone = zone_or_utc(next((name for (name,) in zones), "UTC"))
        # The silence of a source is judged by days in its time zone.
        days = {one.started.astimezone(zone).date() for one in (run, last)}
        return len(days) > 1

    def runs(self, source: str, *, limit: int) -> tuple[Run, ...]:
        """Return the last runs of a source, the last stored run first.

        The times of runs are not used for the order, because a clock may be set back.
        """
        rows = self._ask(
            "SELECT report FROM runs WHERE source = ? ORDER BY number DESC LIMIT ?",
            [source, limit],
        )
        return tuple(decode_run(row[0]) for row in rows)

    def forget_old_runs(self) -> None:
        """Delete the oldest reports of visits (runs)."""
        self._write(
            "DELETE FROM runs WHERE number IN (SELECT number FROM (SELECT number,"
            " row_number() OVER (PARTITION BY source ORDER BY number DESC) AS place FROM runs)"
            " AS placed WHERE place > ?)",
            [RUNS_KEPT],
        )

    def last_visit(self, source: str) -> dt.datetime | None:
        """Return the time when the last run of a source began, or None."""
        for (started,) in self._ask(
            "SELECT started FROM runs WHERE source = ? ORDER BY number DESC LIMIT 1", [source]
        ):
            return instant(started)
        return None

    def publication_times(self, source: str, *, limit: int) -> tuple[PublicationTime, ...]:
        """Return the publication times of a source's newest releases.

        Undated releases from the first visit are omitted.
        """
        rows = self._ask(
            "SELECT sort_at, json_extract(content, '$.published.precision'), first_seen"
            f" FROM releases WHERE source = ? AND sort_at >= {BACKLOG}"
            " ORDER BY sort_at DESC, id LIMIT ?",
            [source, limit],
        )
        return tuple(PublicationTime(instant(at), how, instant(seen)) for at, how, seen in rows)

    def wait(self, host: str) -> Wait | None:
        """Return the last stored waiting time of a host, even if it is over, or None."""
        for until, status, requested in self._ask(
            "SELECT until, status, requested FROM host_waits WHERE host = ?", [host]
        ):
            return Wait(instant(until), status, bool(requested))
        return None

    def keep_wait(self, host: str, wait: Wait) -> None:
        """Store the time before which a host must not receive requests."""
        row = {
            "host": host,
            "until": wait.until.timestamp(),
            "status": wait.status,
            "requested": int(wait.requested),
        }
        with self._writing():
            self._connection.upsert("host_waits", row)

    def robots(self, origin: str) -> tuple[bytes, dt.datetime] | None:
        """Return the last robots.txt of an origin and the time when it was requested, or None."""
        for body, seen in self._ask(
            "SELECT body, seen FROM robots_files WHERE origin = ?", [origin]
        ):
            return body, instant(seen)
        return None

    def keep_robots(self, origin: str, body: bytes, seen: dt.datetime) -> None:
        """Store the robots.txt of an origin."""
        row = {"origin": origin, "body": body, "seen": seen.timestamp()}
        with self._writing():
            self._connection.upsert("robots_files", row)

    def templates(self, source: str) -> tuple[str, ...]:
        """Return the learned templates of a source as JSON texts, ordered by layout name."""
        rows = self._ask(
            "SELECT template FROM layout_templates WHERE source = ? ORDER BY layout", [source]
        )
        return tuple(template for (template,) in rows)

    def keep_template(self, source: str, layout: str, template: str) -> None:
        """Store the learned template of a layout as JSON text, and replace an earlier template."""
        row = {"source": source, "layout": layout, "template": template}
        with self._writing():
            self._connection.upsert("layout_templates", row)

    def source_reading(self, source: str) -> str:
        """Return the extraction rules of a source as JSON text.

        Returns an empty string if they are unknown.
        """
        rows = self._ask("SELECT reading FROM source_readings WHERE source = ?", [source])
        return next((str(reading) for (reading,) in rows), "")

    def keep_source_reading(self, source: str, reading: str) -> None:
        """Store the extraction rules of a source as JSON text."""
        with self._writing():
            self._connection.upsert("source_readings", {"source": source, "reading": reading})

    def skeleton(self, release: str) -> bytes:
        """Return the last hashes of the structure of a release's page, or no bytes if unknown."""
        row = self._ask(
            "SELECT s.skeleton FROM page_skeletons s JOIN releases r ON r.number = s.release"
            " WHERE r.id = ?",
            [release],
        )
        return next((bytes(found[0]) for found in row), b"")

    def forget_template(self, source: str, layout: str) -> None:
        """Delete the template of a layout that pages no longer use."""
        self._write(
            "DELETE FROM layout_templates WHERE source = ? AND layout = ?", [source, layout]
        )


MAX_LINK_VISITS: Final = 2
"""Maximum number of visits that request a linked page. After that, the page is not considered a
release.
"""

STORED_LINKS: Final = """
    SELECT n.key, a.release FROM named_links n JOIN aliases a
    ON a.key = n.key AND a.source = n.source AND a.kind = 'seen'
    WHERE n.source = :source AND n.state = 'unread'
"""


class LinksPart(Part):
    """Methods of the store that find out which linked releases are already stored."""

    def note_links(self, source: str, links: Mapping[str, Link], *, limit: int) -> tuple[Link, ...]:
        """Record the releases that pages link to, by canonical address.

        Returns up to ``limit`` links to request. Each release is counted once, when a page first
        links to it. If a listing shows it later, it counts as known. Titles are kept only for
        releases that are not stored.
        """
        fresh = self._ask(
            "SELECT j.value, EXISTS (SELECT 1 FROM aliases a WHERE a.key = j.value AND"
            " a.source = :source AND a.kind = 'seen') FROM json_each(:keys) j WHERE NOT EXISTS"
            " (SELECT 1 FROM named_links n WHERE n.source = :source AND n.key = j.value)",
            {"source": source, "keys": encode(list(links))},
        )
        if fresh or self._ask(f"{STORED_LINKS} LIMIT 1", {"source": source}):
            with self._writing() as db:
                db.executemany(
                    "INSERT INTO named_links (source, key, url, title, state, tries)"
                    " VALUES (?, ?, ?, ?, ?, 0)",
                    [
                        (source, key, links[key].url, "", "known")
                        if is_stored
                        else (source, key, links[key].url, links[key].title, "unread")
                        for key, is_stored in fresh
                    ],
                )
                db.execute(
                    "UPDATE named_links SET state = 'known', title = ''"
                    " WHERE source = :source AND key IN"
                    f" (SELECT key FROM ({STORED_LINKS}) AS stated)",
                    {"source": source},
                )
        rows = self._ask(
            "SELECT url, title FROM named_links WHERE source = ? AND state = 'unread' AND tries < ?"
            " ORDER BY tries, key LIMIT ?",
            [source, MAX_LINK_VISITS, limit],
        )
        return tuple(Link(*row) for row in rows)

    def note_link_visits(self, source: str, keys: Iterable[str]) -> None:
        """Record that linked addresses were requested, and the releases found there."""
        with self._writing() as db:
            ((since,),) = self._ask(
                f"SELECT min({INSTANT}) FROM releases r WHERE source = :source AND number NOT IN"
                f" (SELECT release FROM ({STORED_LINKS}) AS stated) AND number NOT IN"
                " (SELECT release FROM named_links WHERE source = :source AND release IS NOT NULL)",
                {"source": source},
            )
            db.executemany(
                "UPDATE named_links SET tries = tries + 1 WHERE source = ? AND key = ?",
                [(source, key) for key in keys],
            )
            for key, release in self._ask(STORED_LINKS, {"source": source}):
                db.execute(
                    "UPDATE named_links SET release = :release, state = (SELECT CASE WHEN"
                    f" {INSTANT} >= :since THEN 'missed' ELSE 'older' END FROM releases r"
                    " WHERE r.number = :release) WHERE source = :source AND key = :key",
                    {"source": source, "key": key, "release": release, "since": since or 0.0},
                )

    def sections(self, source: str) -> Mapping[str, int]:
        """Return the sections of a source's releases, with the number of releases in each.

        Releases found only by links are not counted.
        """
        rows = self._ask(
            "SELECT section, count(*) FROM (SELECT json_extract(content, '$.section') AS section"
            " FROM releases WHERE source = :source AND number NOT IN"
            " (SELECT release FROM named_links WHERE source = :source AND release IS NOT NULL))"
            " AS found WHERE section IS NOT NULL GROUP BY section",
            {"source": source},
        )
        return dict(rows)

    def recall(self, source: str) -> Recall:
        """Return counts of the releases that a source's pages link to (see `Recall`)."""
        ((known, older),) = self._ask(
            "SELECT count(*) FILTER (WHERE state = 'known'),"
            " count(*) FILTER (WHERE state = 'older')"
            " FROM named_links WHERE source = ?",
            [source],
        )
        missed, unread = (
            tuple(
                row[0]
                for row in self._ask(
                    "SELECT url FROM named_links WHERE source = ? AND state = ? ORDER BY url",
                    [source, state],
                )
            )
            for state in ("missed", "unread")
        )
        return Recall(known, missed, older, unread)
