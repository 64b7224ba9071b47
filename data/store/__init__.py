"""Where releases are kept: the protocol, the recorder over any database, and the databases.

A new file here says what every store can do; what one database does is in a folder of its own.
"""

from __future__ import annotations

from pathlib import Path

from data.errors import StoreError
from data.store.journal_protocol import JournalStore


def open_store(url: str, *, patience: float = 30.0) -> JournalStore:
    """The store that a URL names: ``sqlite:`` and a path.

    A writer waits ``patience`` seconds for another, though a transaction takes milliseconds.

    Raises StoreError where it can't be opened, or where nothing here knows the scheme.
    """
    scheme, _, rest = url.partition(":")
    if scheme == "sqlite" and rest:
        # Imported here: a store's own libraries load only where it is used.
        from data.store.sqlite.store import SqliteStore  # noqa: PLC0415

        return SqliteStore(Path(rest), patience=patience)
    raise StoreError(url, "no such kind of store; write sqlite:PATH")
