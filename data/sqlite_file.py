"""How a file of SQLite is opened and deleted, whatever is kept in it: the store, or a cache."""

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
"""How long a writer waits for another; a transaction of ours takes milliseconds."""

LEAST_FREE: Final = 1_000_000
"""Bytes that a disk has free where something can be written; SQLite writes pages, then a log."""

WAYS: Final = ("mode=ro", "mode=ro&immutable=1")
"""How a file is opened that can't be written: beside the log of a writer, else by itself."""


def is_read_only(path: Path) -> bool:
    """Whether a file is there that can be read and not written."""
    return path.is_file() and not (os.access(path, os.W_OK) and os.access(path.parent, os.W_OK))


def is_full(folder: Path) -> bool:
    """Whether the disk of a folder is for writing, and has too little room for that."""
    disk = os.statvfs(folder)
    return not disk.f_flag & os.ST_RDONLY and disk.f_bavail * disk.f_frsize < LEAST_FREE


def cause_of(path: Path, error: OSError | sqlite3.Error) -> str:
    """Why a file can't be opened, read or written, for people."""
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
    """A connection to a file, made where it is not there, or to one in memory.

    A writer waits ``patience`` seconds for another. Transactions begin where a statement says so.
    One that is ``shared`` may be used by all threads, which take turns. Raises sqlite3.Error.
    """
    place = ":memory:" if path is None else str(path)
    connection = _connect(place, patience, uri=False, shared=shared)
    try:
        if path and not has_log(connection):
            with nobody_else_gives_logs(path.parent):
                connection.execute("PRAGMA journal_mode = WAL")
        # NORMAL loses nothing to a kill; only a power cut can undo the last commits.
        connection.execute("PRAGMA synchronous = NORMAL")
        # What a savepoint may undo is copied: in memory that costs a third.
        connection.execute("PRAGMA temp_store = MEMORY")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def has_log(connection: sqlite3.Connection) -> bool:
    """Whether a file has a write-ahead log; a new one has none, nor has one from a backup."""
    return bool(connection.execute("PRAGMA journal_mode").fetchone() == ("wal",))


@contextmanager
def nobody_else_gives_logs(folder: Path) -> Iterator[None]:
    """Wait while another process gives a file of a folder its log, and let nobody else meanwhile.

    Of two that do so at once, SQLite refuses one at once: its wait for locks holds for no step from
    reading to writing (https://sqlite.org/c3ref/busy_handler.html).
    """
    # The folder's lock: whoever closes a file itself ends all locks that SQLite has on it here.
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


@contextmanager
def one_process_opens(path: Path) -> Iterator[None]:
    """Let one process at a time open a cache, or delete and create it.

    SQLite opens the file first and its log by name later. A process that is between these steps
    while another one replaces the file would read the old file with the new log.
    """
    handle = os.open(lock_of(path), os.O_RDWR | os.O_CREAT, 0o666)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def lock_of(path: Path) -> Path:
    """The file that is locked while a cache is opened."""
    return path.with_name(f"{path.name}-lock")


def open_for_reading(
    path: Path, patience: float = BUSY_SECONDS, *, shared: bool = False
) -> sqlite3.Connection:
    """A connection to a file that can't be written. Raises sqlite3.Error.

    Reading through a write-ahead log needs files beside it; where none can be made, it is read as
    it lies there (https://sqlite.org/wal.html#read_only_databases).
    """
    cause = ""
    for way in WAYS:
        place = f"file:{quote(str(path))}?{way}"
        connection = _connect(place, patience, uri=True, shared=shared)
        try:
            connection.execute("PRAGMA schema_version").fetchone()
        except sqlite3.Error as error:
            cause = str(error)
            connection.close()
        else:
            return connection
    raise sqlite3.OperationalError(f"it can't be read ({cause})")


def lay_cache(db: sqlite3.Connection, script: str) -> None:
    """Lay the tables of a cache where none are: all at once, as others may look for them meanwhile.

    Raises sqlite3.DatabaseError where others are there, of another version or another program: the
    file is to be made anew, as one that is damaged.
    """
    with closing(sqlite3.connect(":memory:")) as fresh:
        fresh.executescript(script)
        wanted = _laid(fresh)
    found = _laid(db)
    if found == wanted:
        return
    if found:
        raise sqlite3.DatabaseError("its tables are of another version")
    try:
        db.executescript(f"BEGIN IMMEDIATE; {script} COMMIT")
    except sqlite3.Error:
        db.rollback()
        raise


def _laid(db: sqlite3.Connection) -> dict[str, str]:
    """The SQL of all tables and indexes, white space aside."""
    rows = db.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL")
    return {name: " ".join(sql.split()) for name, sql in rows}


def _connect(place: str, patience: float, *, uri: bool, shared: bool) -> sqlite3.Connection:
    # isolation_level None: transactions begin where we say so, never behind our back.
    return sqlite3.connect(
        place,
        timeout=patience,
        isolation_level=None,
        check_same_thread=not shared,
        cached_statements=256,
        uri=uri,
    )


def files_of(path: Path) -> tuple[Path, ...]:
    """The file, and those that SQLite has beside it while it is open."""
    return tuple(path.with_name(path.name + suffix) for suffix in ("", "-wal", "-shm"))


def delete_file(path: Path) -> None:
    """Take a file away, and what SQLite has beside it."""
    for one in files_of(path):
        one.unlink(missing_ok=True)


class Mark(NamedTuple):
    """What tells a file from another one in its place; numbers of nodes are given again."""

    inode: int
    changed: int


def mark_of(path: Path) -> Mark:
    """The mark of a file as it is now; zeros where there is none."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return Mark(0, 0)
    return Mark(found.st_ino, found.st_ctime_ns)


def delete_damaged(path: Path, mark: Mark) -> None:
    """Take a file away that had this mark when it was opened, and was damaged.

    One that has another was written or made anew by another process meanwhile, and stays.
    """
    with nobody_else_gives_logs(path.parent):
        if mark_of(path) == mark:
            delete_file(path)
