"""What the SQLite store knows of hosts: until when one asked to wait, and its robots.txt."""

from __future__ import annotations

import datetime as dt

from data.models import Wait
from data.store.sqlite.connection import Part
from data.store.sqlite.rows import instant


class HostsPart(Part):
    """The verbs of data.store.protocol.Store that remember what hosts asked of us."""

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
            self._db.table("host_waits").upsert(row)

    def robots(self, origin: str) -> tuple[bytes, dt.datetime] | None:
        """The robots.txt of an origin as it was read last, and when that was."""
        for row in self._rows("robots_files", "origin = ?", [origin]):
            return row["body"], instant(row["seen"])
        return None

    def keep_robots(self, origin: str, body: bytes, seen: dt.datetime) -> None:
        """Keep the robots.txt of an origin."""
        row = {"origin": origin, "body": body, "seen": seen.timestamp()}
        with self._writing():
            self._db.table("robots_files").upsert(row)
