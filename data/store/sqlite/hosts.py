"""What the SQLite store knows of hosts: until when one asked to wait, and its robots.txt."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from data.models import Wait
from data.store.sqlite.connection import SqliteConnection
from data.store.sqlite.migrations import migrations
from data.store.sqlite.rows import instant

if TYPE_CHECKING:
    from sqlite_utils import Database


@migrations()
def hosts(db: Database) -> None:
    """Keep what hosts asked of us: it holds over a restart."""
    db.execute(
        """
        CREATE TABLE waits (
            host   TEXT PRIMARY KEY,
            until  REAL NOT NULL,
            status INTEGER NOT NULL          -- of the answer that asked for it
        ) STRICT, WITHOUT ROWID
        """
    )
    # The robots.txt that was read last, for when it can't be read.
    db.execute(
        """
        CREATE TABLE robots (
            origin TEXT PRIMARY KEY,         -- scheme, host and port
            body   BLOB NOT NULL,
            seen   REAL NOT NULL
        ) STRICT
        """
    )


class SqliteHosts(SqliteConnection):
    """The verbs of data.store.protocol.Store that remember what hosts asked of us."""

    def wait(self, host: str) -> Wait | None:
        """Until when a host asked to wait, even if that is over."""
        for until, status in self._ask("SELECT until, status FROM waits WHERE host = ?", [host]):
            return Wait(instant(until), status)
        return None

    def keep_wait(self, host: str, wait: Wait) -> None:
        """Keep until when a host asked to wait."""
        with self._writing() as db:
            db.execute(
                "INSERT OR REPLACE INTO waits (host, until, status) VALUES (?, ?, ?)",
                [host, wait.until.timestamp(), wait.status],
            )

    def robots(self, origin: str) -> tuple[bytes, dt.datetime] | None:
        """The robots.txt of an origin as it was read last, and when that was."""
        for body, seen in self._ask("SELECT body, seen FROM robots WHERE origin = ?", [origin]):
            return body, instant(seen)
        return None

    def keep_robots(self, origin: str, body: bytes, seen: dt.datetime) -> None:
        """Keep the robots.txt of an origin."""
        with self._writing() as db:
            db.execute(
                "INSERT OR REPLACE INTO robots (origin, body, seen) VALUES (?, ?, ?)",
                [origin, body, seen.timestamp()],
            )
