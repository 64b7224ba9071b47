"""What later requests need from earlier responses: ETags, listings, robots.txt and waits."""

import datetime as dt
from collections.abc import Iterator

from data.clock import instant
from data.models import Validator, Wait
from data.store.shared_sql.unconfirmed import UnconfirmedTable
from data.text.urls import MAX_KEY_LENGTH


class ResponsesPart(UnconfirmedTable):
    """Methods of the store for data from responses that later requests need."""

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
