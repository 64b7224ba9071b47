"""What push keeps over restarts: one SQLite file, apart from what can be made again.

Work that waits is not kept as messages but as what differs: a feed from what its hub was last told
of, a subscriber from what it was last sent. So nothing is lost where a process ends between two
steps, and nothing is sent twice for one change.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data.errors import StoreError
from feeds.urls import stamp_of
from feeds.websub.messages import is_topic

TABLES = """
    -- The feeds: state is the time, size and inode of the file, digest SHA-256 of what it holds,
    -- told the same of what the hub was last told of. Times are seconds since 1970, UTC.
    CREATE TABLE IF NOT EXISTS topics (
        file     TEXT PRIMARY KEY,
        state    TEXT NOT NULL,
        digest   BLOB NOT NULL,
        told     BLOB NOT NULL,
        due      REAL NOT NULL DEFAULT 0,
        attempts INTEGER NOT NULL DEFAULT 0
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS topics_to_tell ON topics (due) WHERE told <> digest;
    CREATE TABLE IF NOT EXISTS subscriptions (
        callback TEXT NOT NULL,
        file     TEXT NOT NULL,
        host     TEXT NOT NULL,
        secret   TEXT NOT NULL,
        expires  REAL NOT NULL,
        sent     BLOB NOT NULL,              -- digest of what it was sent last
        due      REAL NOT NULL DEFAULT 0,
        attempts INTEGER NOT NULL DEFAULT 0,
        PRIMARY KEY (file, callback)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS subscriptions_of_host ON subscriptions (host);
    -- What subscribers asked for and have yet to confirm; denials that they have yet to hear of.
    CREATE TABLE IF NOT EXISTS requests (
        number   INTEGER PRIMARY KEY,
        callback TEXT NOT NULL,
        topic    TEXT NOT NULL,
        mode     TEXT NOT NULL,
        host     TEXT NOT NULL,
        secret   TEXT NOT NULL,
        lease    INTEGER NOT NULL,
        due      REAL NOT NULL DEFAULT 0,
        attempts INTEGER NOT NULL DEFAULT 0,
        client   TEXT NOT NULL DEFAULT '',   -- the network that it came from
        UNIQUE (callback, topic)
    ) STRICT;
"""

BUSY_SECONDS = 2.0
"""How long a writer waits for another: it is waited for within the event loop."""


@dataclass(frozen=True, slots=True)
class PendingTopic:
    """A feed that its hub has not been told of: ``digest`` is of what it holds."""

    file: str
    digest: bytes
    attempts: int


class PushState:
    """The file at ``path``, opened for one thread. Raises StoreError."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with self._reported():
            self._db = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
            try:
                # It holds secrets of subscribers.
                path.chmod(0o600)
                for setting in ("journal_mode = WAL", "synchronous = NORMAL"):
                    self._db.execute(f"PRAGMA {setting}")
                self._db.executescript(TABLES)
                columns = self._db.execute("SELECT name FROM pragma_table_info('requests')")
                if ("client",) not in columns.fetchall():
                    self._db.execute(
                        "ALTER TABLE requests ADD COLUMN client TEXT NOT NULL DEFAULT ''"
                    )
            except (OSError, sqlite3.Error):
                self._db.close()
                raise

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def look(self, folder: Path, files: Iterable[str] | None = None) -> None:
        """Note which of the feeds in ``folder`` hold something else now.

        Without ``files`` all are looked at, and those read that have another time or size. The
        first time nothing counts as changed: nobody can have subscribed to what named no hub.
        """
        first = not self._ask("SELECT 1 FROM topics LIMIT 1")
        known = dict(self._ask("SELECT file, state FROM topics"))
        found = feeds_in(folder) if first or files is None else filter(is_topic, files)
        rows = []
        for file in found:
            state = state_of(folder / file)
            if state and known.get(file) != state:
                digest = hashlib.sha256((folder / file).read_bytes()).digest()
                rows.append((file, state, digest, digest if first else b""))
        with self._writing():
            self._db.executemany(
                "INSERT INTO topics (file, state, digest, told) VALUES (?, ?, ?, ?)"
                " ON CONFLICT (file) DO UPDATE SET state = excluded.state,"
                " digest = excluded.digest",
                rows,
            )

    def to_tell(self, now: float, limit: int) -> list[PendingTopic]:
        """Feeds that the hub has to be told of by now, those that waited longest first."""
        rows = self._ask(
            "SELECT file, digest, attempts FROM topics WHERE told <> digest AND due <= ?"
            " ORDER BY due, file LIMIT ?",
            [now, limit],
        )
        return [PendingTopic(*row) for row in rows]

    def tell(self, change: PendingTopic) -> None:
        """Note that the hub knows of a change."""
        self._put(
            "UPDATE topics SET told = ?, attempts = 0, due = 0 WHERE file = ?",
            [change.digest, change.file],
        )

    def put_off(self, file: str | None, until: float) -> None:
        """Tell the hub of a feed later, or of all that waits."""
        where = "told <> digest" if file is None else "file = ?"
        self._put(
            f"UPDATE topics SET due = ?, attempts = attempts + 1 WHERE {where}",  # noqa: S608 - ours
            [until] if file is None else [until, file],
        )

    def digest(self, file: str) -> bytes:
        """The digest of what a feed holds, as it was last looked at."""
        for row in self._ask("SELECT digest FROM topics WHERE file = ?", [file]):
            return bytes(row[0])
        return b""

    def _ask(self, sql: str, values: Sequence[Any] = ()) -> list[Any]:
        with self._reported():
            return self._db.execute(sql, values).fetchall()

    def _put(self, sql: str, values: Sequence[Any]) -> int:
        with self._reported():
            return self._db.execute(sql, values).rowcount

    @contextmanager
    def _writing(self) -> Iterator[None]:
        with self._reported():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    @contextmanager
    def _reported(self) -> Iterator[None]:
        try:
            yield
        except (OSError, sqlite3.Error) as error:
            raise StoreError(str(self._path), str(error)) from error


def feeds_in(folder: Path) -> Iterator[str]:
    """The files of all feeds of a site."""
    for path in (folder / "feeds").rglob("*.*"):
        file = path.relative_to(folder).as_posix()
        if is_topic(file) and not path.name.startswith("."):
            yield file


def state_of(path: Path) -> str | None:
    """What differs when a file is replaced: time, size, inode; None where there is no file."""
    try:
        return " ".join(map(str, stamp_of(path.stat())))
    except FileNotFoundError:
        return None
