"""SQLite files, such as the store and caches: open and delete them."""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import quote

BUSY_SECONDS: Final = 30.0
"""Maximum time in seconds that a writer waits for another writer. Our transactions take
milliseconds."""

MIN_FREE_BYTES: Final = 1_000_000
"""Minimum number of free bytes on a disk before writing. SQLite writes pages and a log."""

READ_ONLY_PARAMETERS: Final = ("mode=ro", "mode=ro&immutable=1")
"""URI parameters to open a read-only file: first with a writer's log, then without one."""


def is_read_only(path: Path) -> bool:
    """Whether a file exists and can be read but not written.

    A file that another process deletes or replaces during the check is checked again: a missing
    file is not writable either.
    """
    while path.is_file():
        before = mark_of(path)
        if os.access(path, os.W_OK) and os.access(path.parent, os.W_OK):
            return False
        if before.inode and mark_of(path) == before:
            return True
    return False


def is_full(folder: Path) -> bool:
    """Whether the disk of a folder is writable but has too little free space."""
    disk = os.statvfs(folder)
    return not disk.f_flag & os.ST_RDONLY and disk.f_bavail * disk.f_frsize < MIN_FREE_BYTES


def cause_of(path: Path, error: OSError | sqlite3.Error) -> str:
    """Explain to a person why a file can't be opened, read or written."""
    folder = path.parent
    if path.is_file() and not os.access(path, os.R_OK):
        return f"its file can't be read: run Communique as the owner of {path} ({error})"
    if folder.is_dir() and not os.access(folder, os.W_OK):
        return f"its folder is read-only ({error})"
    if is_read_only(path):
        return f"its file is read-only ({error})"
    if folder.is_dir() and is_full(folder):
        return f"its disk is full, make room there ({error})"
    return str(error)


def open_for_writing(
    path: Path | None, patience: float = BUSY_SECONDS, *, shared: bool = False
) -> sqlite3.Connection:
    """Open a file for writing; create it if it is missing. If ``path`` is None, use memory.

    A writer waits at most ``patience`` seconds for another one. Transactions begin only with an
    explicit statement. A ``shared`` connection may be used by all threads, one at a time. Raises
    sqlite3.Error.
    """
    place = ":memory:" if path is None else str(path)
    connection = _connect(place, patience, uri=False, shared=shared)
    try:
        if path and not has_log(connection):
            with one_process_sets_wal(path.parent):
                connection.execute("PRAGMA journal_mode = WAL")
        # NORMAL survives a kill; only a power cut can undo the last commits.
        connection.execute("PRAGMA synchronous = NORMAL")
        # Savepoints copy what they may undo, which takes a third of the time in memory.
        connection.execute("PRAGMA temp_store = MEMORY")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def has_log(connection: sqlite3.Connection) -> bool:
    """Whether a file is in WAL mode. New files and restored backups are not."""
    return bool(connection.execute("PRAGMA journal_mode").fetchone() == ("wal",))


@contextmanager
def one_process_sets_wal(folder: Path) -> Iterator[None]:
    """Let one process at a time switch files of a folder to WAL mode.

    If two processes do this together, SQLite fails one of them without waiting: its busy handler is
    not called when a read lock becomes a write lock (https://sqlite.org/c3ref/busy_handler.html).
    """
    # Lock the folder: closing the file itself would drop SQLite's locks on it in this process.
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


@contextmanager
def one_process_opens(path: Path) -> Iterator[None]:
    """Let one process at a time open a cache, or delete and create it.

    SQLite opens the file first and its log by name later. If another process replaced the file
    between the two steps, SQLite would read the old file with the new log.
    """
    handle = os.open(lock_of(path), os.O_RDWR | os.O_CREAT, 0o666)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def lock_of(path: Path) -> Path:
    """Return the lock file that is held while a cache is opened."""
    return path.with_name(f"{path.name}-lock")


def open_for_reading(
    path: Path, patience: float = BUSY_SECONDS, *, shared: bool = False
) -> sqlite3.Connection:
    """Open a file read-only. Raises sqlite3.Error.

    Reading a WAL database needs files next to it. If they can't be created, the database is opened
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


def create_cache_tables(db: sqlite3.Connection, script: str) -> None:
    """Create the tables of a cache in one transaction if the database is empty.

    Raises sqlite3.DatabaseError if it has other tables, from another version or program: the caller
    then rebuilds the file like a damaged one.
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
    """Return the SQL of all tables and indexes, with normalized white space."""
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
    """Return the file and the two that SQLite keeps next to it while it is open."""
    return tuple(path.with_name(path.name + suffix) for suffix in ("", "-wal", "-shm"))


def delete_file(path: Path) -> None:
    """Delete a database with the files that SQLite keeps next to it."""
    for one in files_of(path):
        one.unlink(missing_ok=True)


class Mark(NamedTuple):
    """The identity of a file, even if another file reuses its inode number."""

    inode: int
    changed: int


def mark_of(path: Path) -> Mark:
    """Return the current mark of a file, or zeros if the file does not exist."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return Mark(0, 0)
    return Mark(found.st_ino, found.st_ctime_ns)


def delete_damaged(path: Path, mark: Mark) -> None:
    """Delete a damaged file unless its mark changed since it was opened.

    A changed mark means that another process has written or rebuilt the file.
    """
    with one_process_sets_wal(path.parent):
        if mark_of(path) == mark:
            delete_file(path)
