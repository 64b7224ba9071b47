"""Open and delete SQLite files, such as the store and caches."""

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import quote

from data.files import locked

BUSY_SECONDS: Final = 30.0
"""Maximum time in seconds for which a writer waits for another writer. Our transactions take
milliseconds."""

MIN_FREE_BYTES: Final = 1_000_000
"""Minimum free space on a disk for writing, in bytes. SQLite writes both pages and a log."""

READ_ONLY_PARAMETERS: Final = ("mode=ro", "mode=ro&immutable=1")
"""URI parameters for opening a file read-only, in the order in which they are tried. The first
reads a running writer's write-ahead log; the second ignores it."""


def is_read_only(path: Path) -> bool:
    """Return whether a file exists and can be read but not written.

    If another process deletes or replaces the file in the meantime, the check is repeated.
    """
    while path.is_file():
        before = file_identity(path)
        if os.access(path, os.W_OK) and os.access(path.parent, os.W_OK):
            return False
        if before.inode and file_identity(path) == before:
            return True
    return False


def is_full(folder: Path) -> bool:
    """Return whether the disk of a folder is writable but has too little free space."""
    disk = os.statvfs(folder)
    return not disk.f_flag & os.ST_RDONLY and disk.f_bavail * disk.f_frsize < MIN_FREE_BYTES


def cause_of(path: Path, error: OSError | sqlite3.Error) -> str:
    """Return the reason, as readable text, why a file can't be opened, read or written."""
    folder = path.parent
    if path.is_file() and not os.access(path, os.R_OK):
        return f"its file can't be read: run Communique as the owner of {path} ({error})"
    if folder.is_dir() and not os.access(folder, os.W_OK):
        return f"its folder is read-only ({error})"
    if is_read_only(path):
        return f"its file is read-only ({error})"
    if folder.is_dir() and is_full(folder):
        return f"its disk is full; free some space there ({error})"
    return str(error)


def open_for_writing(
    path: Path | None, patience: float = BUSY_SECONDS, *, shared: bool = False
) -> sqlite3.Connection:
    """Open a database file for writing, and create it if it is missing.

    If ``path`` is None, the database is in memory. A writer waits for other writers at most
    ``patience`` seconds. Transactions begin only with an explicit statement. A ``shared``
    connection may be used by all threads, one at a time. Raises sqlite3.Error.
    """
    place = ":memory:" if path is None else str(path)
    connection = _connect(place, patience, uri=False, shared=shared)
    try:
        # New files and restored backups are not in WAL mode.
        if path and connection.execute("PRAGMA journal_mode").fetchone() != ("wal",):
            with one_process_sets_wal(path.parent):
                connection.execute("PRAGMA journal_mode = WAL")
        # NORMAL survives a killed process; only a power failure can undo the last commits.
        connection.execute("PRAGMA synchronous = NORMAL")
        # Savepoints copy pages that they may restore. In memory, this takes a third of the time.
        connection.execute("PRAGMA temp_store = MEMORY")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


@contextmanager
def one_process_sets_wal(folder: Path) -> Iterator[None]:
    """Context manager: only one process at a time switches files in a folder to WAL mode.

    If two processes did this at the same time, one of them would fail without waiting: SQLite does
    not call its busy handler when a read lock becomes a write lock
    (https://sqlite.org/c3ref/busy_handler.html).
    """
    # Lock the folder and not the file: closing the file would drop SQLite's locks on it in this
    # process.
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def one_process_opens(path: Path) -> AbstractContextManager[None]:
    """Context manager: only one process at a time opens, deletes or creates a cache file.

    SQLite opens a file first, and its log by name later. If another process replaced the file in
    between, SQLite would read the old file with the new log.
    """
    return locked(path.with_name(f"{path.name}-lock"))


def open_for_reading(
    path: Path, patience: float = BUSY_SECONDS, *, shared: bool = False
) -> sqlite3.Connection:
    """Open a database file read-only. Raises sqlite3.Error.

    Reading a WAL database needs additional files. If they can't be created, the database is opened
    as immutable (https://sqlite.org/wal.html#read_only_databases).
    """
    cause = ""
    for parameters in READ_ONLY_PARAMETERS:
        place = f"file:{quote(str(path))}?{parameters}"
        connection = _connect(place, patience, uri=True, shared=shared)
        try:
            connection.execute("PRAGMA schema_version").fetchone()
        except sqlite3.Error as error:
            cause = str(error)
            connection.close()
        else:
            return connection
    raise sqlite3.OperationalError(f"the file can't be read ({cause})")


def open_cache(path: Path | None, script: str) -> sqlite3.Connection:
    """Open a cache file for writing, or a cache in memory, and create its tables with ``script``.

    A file that is damaged or has other tables is deleted and created again. Raises sqlite3.Error.
    """
    try:
        return _with_cache_tables(path, script)
    except sqlite3.DatabaseError as error:
        if path is None or isinstance(error, sqlite3.OperationalError):
            raise
        delete_file(path)
        return _with_cache_tables(path, script)


def _with_cache_tables(path: Path | None, script: str) -> sqlite3.Connection:
    db = open_for_writing(path)
    try:
        create_cache_tables(db, script)
    except sqlite3.Error:
        db.close()
        raise
    return db


def create_cache_tables(db: sqlite3.Connection, script: str) -> None:
    """Create the tables of a cache in one transaction if the database is empty.

    Raises sqlite3.DatabaseError if it has other tables, from another version or program. The caller
    then rebuilds the file as if it were damaged.
    """
    with closing(sqlite3.connect(":memory:")) as fresh:
        fresh.executescript(script)
        wanted = _laid(fresh)
    found = _laid(db)
    if found == wanted:
        return
    if found:
        raise sqlite3.DatabaseError(
            "another version of Communique or another program created the tables"
        )
    try:
        db.executescript(f"BEGIN IMMEDIATE; {script} COMMIT")
    except sqlite3.Error:
        db.rollback()
        raise


def _laid(db: sqlite3.Connection) -> dict[str, str]:
    """Return the SQL of all tables and indexes in a database, with normalized white space."""
    rows = db.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL")
    return {name: " ".join(sql.split()) for name, sql in rows}


def _connect(place: str, patience: float, *, uri: bool, shared: bool) -> sqlite3.Connection:
    # With isolation_level None, only explicit statements begin transactions.
    return sqlite3.connect(
        place,
        timeout=patience,
        isolation_level=None,
        check_same_thread=not shared,
        cached_statements=256,
        uri=uri,
    )


def files_of(path: Path) -> tuple[Path, ...]:
    """Return a database file and the two files that SQLite keeps next to it while it is open."""
    return tuple(path.with_name(path.name + suffix) for suffix in ("", "-wal", "-shm"))


def delete_file(path: Path) -> None:
    """Delete a database file, and the files that SQLite keeps next to it."""
    for one in files_of(path):
        one.unlink(missing_ok=True)


class Mark(NamedTuple):
    """Values that identify a file, even if another file reuses its inode number."""

    inode: int
    changed: int


def file_identity(path: Path) -> Mark:
    """Return the values that identify a file, or zeros if it does not exist."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return Mark(0, 0)
    return Mark(found.st_ino, found.st_ctime_ns)


def delete_damaged(path: Path, mark: Mark) -> None:
    """Delete a damaged file unless it was replaced after it was opened.

    ``mark`` identifies the opened file. If it has changed, another process has written or rebuilt
    the file.
    """
    with one_process_sets_wal(path.parent):
        if file_identity(path) == mark:
            delete_file(path)
