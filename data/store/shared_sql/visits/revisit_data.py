"""Data from visits that the next visits need: ETags, listings, robots.txt, waits, rules."""

import datetime as dt
from collections.abc import Iterator

from data.clock import instant
from data.models import Validator, Wait
from data.store.shared_sql.recording import UnconfirmedTable
from data.text.urls import MAX_KEY_LENGTH


class RevisitPart(UnconfirmedTable):
    """Methods of the store for data that the next visits need."""

    def validator(self, url: str) -> Validator | None:
        """Return the ETag and Last-Modified of the last response from an address, or None."""
        for row in self._ask("SELECT etag, last_modified FROM validators WHERE url = ?", [url]):
            return Validator(*row)
        return None

    def keep_validator(self, url: str, validator: Validator) -> None:
        """Store the ETag and Last-Modified of a file for its next request."""
        if len(url) <= MAX_KEY_LENGTH:
            asked = {"url": url, "etag": validator.etag, "last_modified": validator.last_modified}
            self._upsert("validators", asked)

    def cached_listing(self, url: str, reader: str) -> str | None:
        """Return the cached items of a listing as JSON text, or None.

        Items extracted by another ``reader`` are not returned.
        """
        statement = "SELECT items FROM cached_listings WHERE url = ? AND reader = ?"
        found: str | None = self._value(statement, [url, reader])
        return found

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
        self._upsert("robots_files", row)

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
        self._upsert("host_waits", row)

    def templates(self, source: str) -> tuple[str, ...]:
        """Return the learned templates of a source as JSON texts, ordered by layout name."""
        rows = self._ask(
            "SELECT template FROM layout_templates WHERE source = ? ORDER BY layout", [source]
        )
        return tuple(template for (template,) in rows)

    def keep_template(self, source: str, layout: str, template: str) -> None:
        """Store the learned template of a layout as JSON text, and replace an earlier template."""
        row = {"source": source, "layout": layout, "template": template}
        self._upsert("layout_templates", row)

    def forget_template(self, source: str, layout: str) -> None:
        """Delete the template of a layout that pages no longer use."""
        self._write(
            "DELETE FROM layout_templates WHERE source = ? AND layout = ?", [source, layout]
        )

    def source_reading(self, source: str) -> str:
        """Return the extraction rules of a source as JSON text.

        Returns an empty string if they are unknown.
        """
        return self._value("SELECT reading FROM source_readings WHERE source = ?", [source]) or ""

    def keep_source_reading(self, source: str, reading: str) -> None:
        """Store the extraction rules of a source as JSON text."""
        self._upsert("source_readings", {"source": source, "reading": reading})

    def skeleton(self, release: str) -> bytes:
        """Return the last hashes of the structure of a release's page, or no bytes if unknown."""
        row = self._ask(
            "SELECT s.skeleton FROM page_skeletons s JOIN releases r ON r.number = s.release"
            " WHERE r.id = ?",
            [release],
        )
        return next((bytes(found[0]) for found in row), b"")
