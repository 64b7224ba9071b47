"""Index of captures by payload digest and address: HOME/archive/index.db.

The index is a cache of the CDXJ files and can be rebuilt from them. So writes are not synced to
disk, and rows that are lost in a power failure are added when the index is opened again. 304
responses are only in the CDXJ files.
"""

import datetime as dt
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, TypeVar

from data.archive.log.notes import REMOVAL
from data.archive.warc.cdxj import CdxjEntry, read_entries
from data.archive.warc.reader import DOT_OPEN
from data.archive.warc.records import REVISIT
from data.archive.warc.warc_file import cdxj_path, own_files
from data.errors import ArchiveError
from data.sqlite_file import (
    Mark,
    create_cache_tables,
    delete_damaged,
    file_identity,
    is_read_only,
    one_process_opens,
    open_for_reading,
    open_for_writing,
)
from data.text.urls import page_key

T = TypeVar("T")

INDEX_FILE: Final = "index.db"

OK: Final = 200
NOT_MODIFIED: Final = 304

INDEXED_PREFIXES: Final = ("http://", "https://", "urn:screenshot:http", "urn:pdf:http")
"""Beginnings of the addresses that the index contains."""

CAPTURES_PER_TRANSACTION: Final = 256
"""Number of captures per transaction. With one transaction per capture, writing takes five times as
long."""

MAX_REBUILDS: Final = 3
"""Maximum number of attempts to rebuild a damaged file before the error is raised."""

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS files (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    read INTEGER NOT NULL DEFAULT 0, -- bytes of its CDXJ file that are in the other table
    sorted INTEGER NOT NULL DEFAULT 0, -- whether those bytes were of the sorted file
    leaf INTEGER NOT NULL DEFAULT -1 -- the highest that they name
);
CREATE TABLE IF NOT EXISTS captures (
    file INTEGER NOT NULL REFERENCES files,
    offset INTEGER NOT NULL,
    length INTEGER NOT NULL,
    leaf INTEGER NOT NULL,
    url TEXT NOT NULL, -- canonical; that of notes about removals too
    uri TEXT NOT NULL, -- as the record has it, with the posted fields of a request by POST
    at INTEGER NOT NULL, -- seconds since 1970
    mime TEXT,
    status INTEGER NOT NULL,
    digest TEXT NOT NULL,
    PRIMARY KEY (file, offset)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS captures_by_url ON captures (url, leaf);
CREATE INDEX IF NOT EXISTS captures_by_digest ON captures (digest) WHERE mime IS NOT 'warc/revisit';
"""

SELECT_CAPTURES: Final = (
    "SELECT uri, at, mime, status, digest, length, offset, name, captures.leaf"
    " FROM captures JOIN files ON files.id = captures.file WHERE url = ? ORDER BY captures.leaf"
)
NEWEST_SUCCESS: Final = (
    SELECT_CAPTURES.replace("ORDER", "AND uri = ? AND status = 200 ORDER") + " DESC LIMIT 1"
)
HOLDER: Final = (
    SELECT_CAPTURES.replace("url = ?", f"digest = ? AND mime IS NOT '{REVISIT}'") + " LIMIT 1"
)

ROW: Final = (
    "INSERT OR REPLACE INTO captures"
    " (file, offset, length, leaf, url, uri, at, mime, status, digest)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)


class ArchiveCache:
    """SQLite file of an archive whose data can be rebuilt. A damaged file is created again.

    All threads share one connection, which only one thread uses at a time. Methods raise
    ArchiveError.
    """

    def __init__(self, path: Path, tables: str) -> None:
        self._path = path
        self._tables = tables
        self._lock = threading.RLock()
        self._connection: sqlite3.Connection | None = None
        self._mark = Mark(0, 0)

    def close(self) -> None:
        """Close the database."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _do(self, what: Callable[[sqlite3.Connection], T]) -> T:
        """Call a function with the database connection.

        If the database is damaged, rebuild it first.
        """
        with self._lock:
            try:
                for _ in range(MAX_REBUILDS):
                    try:
                        return what(self._opened())
                    except sqlite3.DatabaseError as error:
                        is_damaged = not isinstance(error, sqlite3.OperationalError)
                        if not is_damaged and file_identity(self._path).inode == self._mark.inode:
                            raise
                        # The file is damaged, or another process has replaced it.
                        self.close()
                        if is_damaged:
                            with one_process_opens(self._path):
                                delete_damaged(self._path, self._mark)
                return what(self._opened())
            except (sqlite3.Error, OSError) as error:
                raise ArchiveError(str(self._path), str(error)) from error

    def _opened(self) -> sqlite3.Connection:
        if self._connection is None:
            self._connection = self._open()
        return self._connection

    def _open(self) -> sqlite3.Connection:
        with one_process_opens(self._path):
            try:
                return self._open_file(self._path)
            except sqlite3.OperationalError:
                raise
            except sqlite3.DatabaseError:
                # The file is damaged. Other processes wait until this process has replaced it.
                delete_damaged(self._path, self._mark)
                return self._open_file(self._path)

    def _open_file(self, path: Path | None) -> sqlite3.Connection:
        """Open the database file ``path`` (a database in memory if None), and prepare it."""
        self._mark = file_identity(self._path)
        connection = open_for_writing(path, shared=True)
        try:
            # The data can be rebuilt, so writes are not synced to disk.
            connection.execute("PRAGMA synchronous = OFF")
            create_cache_tables(connection, self._tables)
            self._prepare(connection)
        except BaseException:
            connection.close()
            raise
        self._mark = self._mark if self._mark.inode else file_identity(self._path)
        return connection

    def _prepare(self, connection: sqlite3.Connection) -> None:
        """Update the data after the file is opened."""


class Index(ArchiveCache):
    """Index of the archive in ``folder``, updated when it is opened."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder / INDEX_FILE, SCHEMA)
        self.folder = folder
        self._files: dict[str, int] = {}
        self._incomplete: set[str] = set()
        """Files with captures that could not be written. They are read again later."""
        self._waiting: list[CdxjEntry] = []
        self._holders: dict[str, CdxjEntry] = {}
        self._newest: dict[str, CdxjEntry] = {}

    def add(self, entry: CdxjEntry) -> None:
        """Add a new capture to the index. Captures are written in batches."""
        if not is_listed(entry):
            return
        with self._lock:
            self._waiting.append(entry)
            if not entry.is_revisit:
                self._holders.setdefault(entry.digest, entry)
            if entry.status == OK:
                self._newest[entry.address] = entry
            if len(self._waiting) >= CAPTURES_PER_TRANSACTION:
                self._flush()

    def holder(self, digest: str) -> CdxjEntry | None:
        """Return a capture whose record contains the payload with this digest, or None."""
        with self._lock:
            return self._holders.get(digest) or next(iter(self._found(HOLDER, digest)), None)

    def newest(self, uri: str) -> CdxjEntry | None:
        """Return the newest capture of an exact address with status 200, or None.

        The newest capture has the highest leaf number, because clocks may be wrong.
        """
        with self._lock:
            known = self._newest.get(uri)
            return known or next(iter(self._found(NEWEST_SUCCESS, page_key(uri), uri)), None)

    def captures(self, uri: str) -> list[CdxjEntry]:
        """Return all captures of an address in the order of writing, except 304 responses."""
        with self._lock:
            self._flush()
            return self._found(SELECT_CAPTURES, page_key(uri))

    def addresses(self) -> list[str]:
        """Return all addresses that have a capture with status 200."""
        sql = "SELECT DISTINCT uri FROM captures WHERE status = 200"
        with self._lock:
            self._flush()
            return [uri for (uri,) in self._do(lambda db: db.execute(sql).fetchall())]

    def highest_leaf(self) -> int:
        """Return the highest leaf number in all CDXJ files, or -1 if there are no captures."""
        sql = "SELECT ifnull(max(leaf), -1) FROM files"
        return int(self._do(lambda db: db.execute(sql).fetchone()[0]))

    def note(self, file: str, read: int, leaf: int) -> None:
        """Record that the index contains all captures in the first ``read`` bytes of a CDXJ file.

        ``leaf`` is the highest leaf number of these captures. Nothing is recorded for a file with
        captures that could not be written.
        """
        sql = "UPDATE files SET read = ?, sorted = 0, leaf = max(leaf, ?) WHERE id = ?"
        with self._lock:
            self._flush()
            if file not in self._incomplete:
                self._do(lambda db: db.execute(sql, (read, leaf, self._file(db, file))))

    def forget(self, file: str) -> None:
        """Delete a file's captures from the index.

        The next update reads the file's CDXJ lines again.
        """

        def forget(db: sqlite3.Connection) -> None:
            told = db.execute("SELECT id FROM files WHERE name = ?", (file,)).fetchone()
            if told:
                db.execute("DELETE FROM captures WHERE file = ?", told)
                db.execute("UPDATE files SET read = 0, leaf = -1 WHERE id = ?", told)

        with self._lock:
            self._flush()
            self._do(forget)

    def read_on(self) -> None:
        """Add new lines of the CDXJ files to the index.

        Captures of missing files are deleted.
        """
        self._do(self._read_on)

    def close(self) -> None:
        """Close the database.

        Captures that are not written yet are read from the CDXJ files when the index is opened
        again.
        """
        with self._lock:
            self._forget_waiting()
            super().close()
            self._files.clear()

    def _flush(self) -> None:
        """Write the captures that were added since the last write."""
        waiting = list(self._waiting)
        self._forget_waiting()

        def write(db: sqlite3.Connection) -> None:
            rows = [self._row(db, entry) for entry in waiting]
            with transaction(db):
                db.executemany(ROW, rows)

        if waiting:
            try:
                self._do(write)
            except ArchiveError:
                self._incomplete.update(entry.file for entry in waiting)
                raise

    def _forget_waiting(self) -> None:
        self._waiting.clear()
        self._holders.clear()
        self._newest.clear()

    def _found(self, sql: str, *keys: str) -> list[CdxjEntry]:
        rows = self._do(lambda db: db.execute(sql, keys).fetchall())
        return [
            CdxjEntry(row[0], dt.datetime.fromtimestamp(row[1], dt.UTC), *row[2:]) for row in rows
        ]

    def _open(self) -> sqlite3.Connection:
        if is_read_only(self._path):
            self._mark = file_identity(self._path)
            return open_for_reading(self._path, shared=True)
        if not os.access(self.folder, os.W_OK):
            # If the folder is read-only, the index is created in memory.
            return self._open_file(None)
        return super()._open()

    def _prepare(self, connection: sqlite3.Connection) -> None:
        try:
            self._read_on(connection)
        except BaseException:
            self._files.clear()
            raise

    def _read_on(self, db: sqlite3.Connection) -> None:
        with transaction(db):
            # List the files inside the transaction, because rows of newer files are added later.
            files = own_files(self.folder)
            here = {path.name.removesuffix(DOT_OPEN) for path in files}
            for number, name in db.execute("SELECT id, name FROM files").fetchall():
                if name not in here:
                    db.execute("DELETE FROM captures WHERE file = ?", (number,))
                    db.execute("DELETE FROM files WHERE id = ?", (number,))
                    self._files.pop(name, None)
            for path in files:
                self._read_file(db, path)

    def _read_file(self, db: sqlite3.Connection, path: Path) -> None:
        lines = cdxj_path(path)
        try:
            size = lines.stat().st_size
        except FileNotFoundError:
            return
        number = self._file(db, path.name.removesuffix(DOT_OPEN))
        is_sorted = path.suffix != DOT_OPEN
        read, was_sorted, leaf = db.execute(
            "SELECT read, sorted, leaf FROM files WHERE id = ?", (number,)
        ).fetchone()
        if read == size:
            return
        if size < read or is_sorted != bool(was_sorted):
            db.execute("DELETE FROM captures WHERE file = ?", (number,))
            read, leaf = 0, -1
        rows = []
        for entry, end in read_entries(lines, read):
            read = end
            leaf = max(leaf, entry.leaf)
            if is_listed(entry):
                rows.append(self._row(db, entry))
        db.executemany(ROW, rows)
        db.execute(
            "UPDATE files SET read = ?, sorted = ?, leaf = ? WHERE id = ?",
            (read, is_sorted, leaf, number),
        )

    def _row(self, db: sqlite3.Connection, entry: CdxjEntry) -> tuple[object, ...]:
        return (
            self._file(db, entry.file),
            entry.offset,
            entry.length,
            entry.leaf,
            page_key(entry.address),
            entry.address,
            int(entry.at.timestamp()),
            entry.media_type,
            entry.status,
            entry.digest,
        )

    def _file(self, db: sqlite3.Connection, name: str) -> int:
        number = self._files.get(name)
        if number is None:
            db.execute("INSERT OR IGNORE INTO files (name) VALUES (?)", (name,))
            row = db.execute("SELECT id FROM files WHERE name = ?", (name,)).fetchone()
            number = self._files[name] = int(row[0])
        return number


def is_listed(entry: CdxjEntry) -> bool:
    """Return whether a CDXJ entry is in the index.

    The index contains changed pages, their screenshots and PDFs, and notes about removals.
    """
    if entry.uri == REMOVAL:
        return True
    return entry.status != NOT_MODIFIED and entry.uri.startswith(INDEXED_PREFIXES)


@contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[None]:
    """Context manager for one transaction, which is rolled back after an error."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        db.execute("ROLLBACK")
        raise
