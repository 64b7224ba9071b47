"""Cache of page requisites: HOME/archive/requisites.db.

The cache contains the pages whose requisites are not archived yet, and the time of each requisite's
next request. If the cache is lost, requisites are requested again, and unchanged ones become
revisit records.
"""

import datetime as dt
import sqlite3
import time
from pathlib import Path
from typing import Final

import msgspec

from data.archive.warc.index import ArchiveCache
from data.models import Capture, Validator

REQUISITES_FILE: Final = "requisites.db"

TABLES: Final = """
CREATE TABLE IF NOT EXISTS pages (
    record TEXT PRIMARY KEY,
    source TEXT NOT NULL,
    url TEXT NOT NULL,
    file TEXT NOT NULL,
    offset INTEGER NOT NULL,
    loaded BLOB NOT NULL, -- what a browser requested for the page
    tries INTEGER NOT NULL DEFAULT 0,
    due REAL NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS pages_by_source ON pages (source, due);
CREATE TABLE IF NOT EXISTS files (
    url TEXT PRIMARY KEY,
    until REAL NOT NULL, -- it is not requested before that time
    checks INTEGER NOT NULL, -- how often it was found unchanged
    digest TEXT NOT NULL,
    etag TEXT,
    modified TEXT,
    links BLOB -- what a style sheet refers to
) WITHOUT ROWID;
"""

MAX_TRIES: Final = 4
"""Maximum number of visits that request the requisites of one page."""


class WaitingPage(msgspec.Struct, frozen=True):
    """A captured page whose requisites are not archived yet.

    ``loaded`` contains the URLs that a browser requested for it, as encoded JSON, or is empty.
    """

    record_id: str
    url: str
    file: str
    offset: int
    loaded: bytes
    tries: int


class KnownFile(msgspec.Struct, frozen=True):
    """Facts about a requisite from its last request.

    The requisite is not requested before ``until`` (seconds since 1970). ``checks`` is the number
    of consecutive checks that found it unchanged. ``digest`` is the digest of its payload, empty
    after a failure. ``links`` contains the requisites of a style sheet, as encoded JSON.
    """

    until: float
    checks: int = 0
    digest: str = ""
    validator: Validator = Validator(None, None)
    links: bytes | None = None


class RequisiteCache(ArchiveCache):
    """Cache of page requisites in an archive."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder / REQUISITES_FILE, TABLES)

    def add_page(self, source: str, url: str, capture: Capture, loaded: bytes = b"") -> None:
        """Add a page whose requisites must be archived."""
        values = (capture.record_id, source, url, capture.file, capture.offset, loaded)
        sql = (
            "INSERT OR IGNORE INTO pages (record, source, url, file, offset, loaded)"
            " VALUES (?, ?, ?, ?, ?, ?)"
        )
        self._do(lambda db: db.execute(sql, values))

    def pages(self, source: str, now: dt.datetime, limit: int) -> list[WaitingPage]:
        """Return the pages of a source whose requisites are due, new pages first."""
        sql = (
            "SELECT record, url, file, offset, loaded, tries FROM pages"
            " WHERE source = ? AND due <= ? ORDER BY tries, due, file DESC, offset DESC LIMIT ?"
        )
        rows = self._do(lambda db: db.execute(sql, (source, now.timestamp(), limit)).fetchall())
        return [WaitingPage(*row) for row in rows]

    def finish_page(self, record_id: str) -> None:
        """Remove a page whose requisites were requested."""
        self._do(lambda db: db.execute("DELETE FROM pages WHERE record = ?", (record_id,)))

    def retry_page(self, page: WaitingPage, due: dt.datetime) -> None:
        """Schedule another request for the requisites of a page, at most MAX_TRIES in total.

        The next request is due at ``due``.
        """
        if page.tries + 1 >= MAX_TRIES:
            self.finish_page(page.record_id)
            return
        sql = "UPDATE pages SET tries = tries + 1, due = ? WHERE record = ?"
        self._do(lambda db: db.execute(sql, (due.timestamp(), page.record_id)))

    def known(self, url: str) -> KnownFile | None:
        """Return the facts about a requisite, or None if it was never requested."""
        sql = "SELECT until, checks, digest, etag, modified, links FROM files WHERE url = ?"
        row = self._do(lambda db: db.execute(sql, (url,)).fetchone())
        if row is None:
            return None
        until, checks, digest, etag, modified, links = row
        return KnownFile(until, checks, digest, Validator(etag, modified), links)

    def keep(self, url: str, file: KnownFile) -> None:
        """Store the facts about a requisite."""
        values = (
            url,
            file.until,
            file.checks,
            file.digest,
            file.validator.etag,
            file.validator.last_modified,
            file.links,
        )
        sql = (
            "INSERT OR REPLACE INTO files (url, until, checks, digest, etag, modified, links)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)"
        )
        self._do(lambda db: db.execute(sql, values))

    def _open(self) -> sqlite3.Connection:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        return super()._open()

    def _prepare(self, connection: sqlite3.Connection) -> None:
        # Forget files that no page has needed for months.
        connection.execute("DELETE FROM files WHERE until < ?", (time.time() - 180 * 86_400,))
