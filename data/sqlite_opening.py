"""Opening the file of a store: to be written, or, where its folder can't be, to be read."""

from __future__ import annotations

import os
import sqlite3
from contextlib import suppress
from pathlib import Path
from typing import Final
from urllib.parse import quote

BUSY_SECONDS: Final = 30.0
"""How long a writer waits for another; a transaction of ours takes milliseconds."""

LOG_PAGES: Final = 4000
"""Pages of 4 KB that the log holds before it is folded into the file."""

WAYS: Final = ("mode=ro", "mode=ro&immutable=1")
"""How a file is opened that can't be written: beside the log of a writer, else by itself."""


def is_read_only(path: Path) -> bool:
    """Whether a store is there that can be read and not written."""
    return path.is_file() and not (os.access(path, os.W_OK) and os.access(path.parent, os.W_OK))


def connect(path: Path) -> sqlite3.Connection:
    """A connection to the file at ``path``, made where it is not there. Raises sqlite3.Error.

    Reading through a write-ahead log needs files beside the store; where none can be made, it is
    read as it lies there (https://sqlite.org/wal.html#read_only_databases).
    """
    if not is_read_only(path):
        connection = _opened(str(path), uri=False)
        try:
            _set_up(connection)
        except sqlite3.Error:
            connection.close()
            raise
        return connection
    for way in WAYS:
        connection = _opened(f"file:{quote(str(path))}?{way}", uri=True)
        with suppress(sqlite3.Error):
            connection.execute("PRAGMA schema_version").fetchone()
            return connection
        connection.close()
    raise sqlite3.OperationalError("it can't be read")


def _opened(place: str, *, uri: bool) -> sqlite3.Connection:
    # isolation_level None: transactions begin where we say so, never behind our back.
    return sqlite3.connect(
        place, timeout=BUSY_SECONDS, isolation_level=None, cached_statements=256, uri=uri
    )


def _set_up(connection: sqlite3.Connection) -> None:
    """Say how a new connection shall work."""
    connection.execute("PRAGMA journal_mode = WAL")
    # NORMAL loses nothing to a kill; only a power cut can undo the last commits.
    connection.execute("PRAGMA synchronous = NORMAL")
    # Pages that change in one transaction after another are folded into the file once.
    connection.execute(f"PRAGMA wal_autocheckpoint = {LOG_PAGES}")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA cache_size = -65536")
    # What a verb may undo within a transaction is copied: in memory that costs a third.
    connection.execute("PRAGMA temp_store = MEMORY")
