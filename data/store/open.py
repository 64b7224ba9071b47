"""Open the store of releases at a URL."""

from pathlib import Path
from typing import Final

from data.errors import StoreError
from data.settings.load import ESCAPING_MESSAGE, is_clearly_escaped
from data.store.core.store import Store
from data.text.masking import masked
from data.wording import how_to_install

MISSING: Final = (
    f"the library for PostgreSQL is not installed: {how_to_install('communique[postgres]')}"
)
STORE_MISSING_MESSAGE: Final = "it is missing or empty: restore a backup (`communique restore`)"
UNKNOWN: Final = "unknown kind of store; write sqlite:PATH or postgresql://USER@HOST/DATABASE"


def is_nothing(file: Path) -> bool:
    """Return whether a store file is missing or empty."""
    return not file.exists() or (file.is_file() and not file.stat().st_size)


def path_of(url: str) -> Path | None:
    """Return the file of an SQLite store, or None for a PostgreSQL store.

    Raises StoreError for other URLs, and for URLs that can't be read without doubt.
    """
    scheme, _, rest = url.partition(":")
    if scheme == "sqlite" and rest:
        return Path(rest)
    if scheme not in {"postgresql", "postgres"} or not rest:
        raise StoreError(masked(url), UNKNOWN)
    if not is_clearly_escaped(url):
        raise StoreError(f"{scheme}:…", ESCAPING_MESSAGE)
    return None


def store_exists(url: str) -> bool:
    """Return whether a store with tables exists at a URL. Never creates a store.

    Raises StoreError if the database can't be read.
    """
    scheme, _, rest = url.partition(":")
    if scheme not in {"postgresql", "postgres"} or not is_clearly_escaped(url):
        return scheme != "sqlite" or not is_nothing(Path(rest))
    try:
        # Imported here because the libraries for PostgreSQL may not be installed.
        from data.store.postgres.pool import has_tables  # noqa: PLC0415
    except ImportError as error:
        raise StoreError(masked(url), MISSING) from error
    return has_tables(url)


def is_blank(store: Store) -> bool:
    """Return whether a store has no sources and no position in an archive's journal."""
    return not (store.journal_end() or store.sources() or store.journaled_files())


def open_existing(url: str) -> Store:
    """Open an existing store. Its methods return ``***`` instead of the secrets of sources.

    Raises StoreError if the store is missing or can't be opened.
    """
    if not store_exists(url):
        raise StoreError(masked(url), STORE_MISSING_MESSAGE)
    return open_store(url).public_view()


def open_store(url: str, *, patience: float = 30.0) -> Store:
    """Open the store at a URL, creating it if it is missing.

    The URL is ``sqlite:`` with a path, or ``postgresql://user@host/database``. ``patience`` is the
    maximum time in seconds to wait for another writer.

    Raises StoreError if the store can't be opened or the scheme of the URL is unknown.
    """
    if path := path_of(url):
        # Imported here so that the libraries of a database are only loaded if it is used.
        from data.store.sqlite.store import SqliteStore  # noqa: PLC0415

        return SqliteStore(path, patience=patience)
    try:
        from data.store.postgres.store import PostgresStore  # noqa: PLC0415
    except ImportError as error:
        raise StoreError(masked(url), MISSING) from error
    return PostgresStore(url, patience=patience)
