"""The file of an empty store, for tests to copy."""

from __future__ import annotations

import functools
import tempfile
from pathlib import Path

from data.store.sqlite.store import SqliteStore


@functools.cache
def blank_store() -> bytes:
    """Return the file of an empty store, made once per process: it takes many statements."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "communique.db"
        SqliteStore(path).close()
        return path.read_bytes()
