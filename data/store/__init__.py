"""Where releases are kept: the protocol, the recorder over any database, and the databases.

A new file here says what every store can do; what one database does is in a folder of its own.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from data.database_address import FIX, is_written
from data.errors import StoreError
from data.store.journal_protocol import JournalStore
from data.store.public_view import public_view
from data.text.redaction import redacted
from data.wording import how_to_install

MISSING: Final = (
    f"the library for PostgreSQL is not installed: {how_to_install('communique[postgres]')}"
)
GONE: Final = "it is missing or empty: restore a backup (`communique restore`)"
UNKNOWN: Final = "no such kind of store; write sqlite:PATH or postgresql://USER@HOST/DATABASE"


def is_nothing(file: Path) -> bool:
    """Whether a store is not there, or its file holds nothing yet."""
    return not file.exists() or (file.is_file() and not file.stat().st_size)


def store_exists(url: str) -> bool:
    """Whether a URL leads to a store with tables; none is created. Raises StoreError."""
    scheme, _, rest = url.partition(":")
    if scheme not in {"postgresql", "postgres"} or not is_written(url):
        return scheme != "sqlite" or not is_nothing(Path(rest))
    try:
        # Imported here: the libraries for PostgreSQL may not be installed.
        from data.store.postgres.database.pool import has_tables  # noqa: PLC0415
    except ImportError as error:
        raise StoreError(redacted(url), MISSING) from error
    return has_tables(url)


def is_blank(store: JournalStore) -> bool:
    """Whether a store holds no source, and no journal was begun for it."""
    return not (store.journal_end() or store.sources() or store.journaled_files())


def open_existing(url: str) -> JournalStore:
    """Open an existing store for the public: what it returns holds no secrets of sources.

    Raises StoreError, also where the store is missing: no new one is made.
    """
    if not store_exists(url):
        raise StoreError(redacted(url), GONE)
    return public_view(open_store(url))


def open_store(url: str, *, patience: float = 30.0) -> JournalStore:
    """The store that a URL names: ``sqlite:`` and a path, or ``postgresql://user@host/database``.

    A writer waits ``patience`` seconds for another, though a transaction takes milliseconds.

    Raises StoreError where it can't be opened, or where nothing here knows the scheme.
    """
    scheme, _, rest = url.partition(":")
    if scheme == "sqlite" and rest:
        # Imported here: a store's own libraries load only where it is used.
        from data.store.sqlite.store import SqliteStore  # noqa: PLC0415

        return SqliteStore(Path(rest), patience=patience)
    if scheme in {"postgresql", "postgres"} and rest:
        if not is_written(url):
            raise StoreError(f"{scheme}:…", FIX)
        try:
            from data.store.postgres.store import PostgresStore  # noqa: PLC0415
        except ImportError as error:
            raise StoreError(redacted(url), MISSING) from error
        return PostgresStore(url, patience=patience)
    raise StoreError(redacted(url), UNKNOWN)
