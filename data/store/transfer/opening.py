"""Opens the two ends of a transfer by the URLs of their stores."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from data.errors import StoreError
from data.settings.postgres_url import ESCAPING_MESSAGE, is_clearly_escaped
from data.store import MISSING, UNKNOWN, open_store
from data.store.transfer.sqlite_end import SqliteEnd, is_marked
from data.text.redaction import redacted

if TYPE_CHECKING:
    from data.store.transfer.end import End

NO_STORE: Final = "there is no store: name the one to read with --from"


def open_source(url: str) -> End:
    """Open the store to read and migrate its schema. Raises StoreError if there is no store."""
    path = path_of(url)
    if path and not (path.is_file() and path.stat().st_size):
        raise StoreError(redacted(url), NO_STORE)
    return _opened(url, path, make=False)


def open_target(url: str) -> End:
    """Open the store to fill, creating it if it is missing. Raises StoreError."""
    return _opened(url, path_of(url), make=True)


def _opened(url: str, path: Path | None, *, make: bool) -> End:
    if path:
        # A store that is being filled already has its tables, and can't be opened as a store.
        if not is_marked(path):
            open_store(url).close()
        return SqliteEnd(path)
    # Imported here because its library is an optional dependency.
    try:
        from data.store.transfer.postgres_end import PostgresEnd  # noqa: PLC0415
    except ImportError as error:
        raise StoreError(redacted(url), MISSING) from error
    end = PostgresEnd(url)
    there, marked = end.has_store, end.is_marked
    if there or make:
        if not marked:
            open_store(url).close()
        return end
    end.close()
    raise StoreError(end.url, NO_STORE)


def path_of(url: str) -> Path | None:
    """Return the file of an SQLite store, or None for a PostgreSQL store.

    Raises StoreError for other URLs.
    """
    scheme, _, rest = url.partition(":")
    if scheme in {"postgresql", "postgres"} and rest:
        if not is_clearly_escaped(url):
            raise StoreError(f"{scheme}:…", ESCAPING_MESSAGE)
        return None
    if scheme == "sqlite" and rest:
        return Path(rest).resolve()
    raise StoreError(redacted(url), UNKNOWN)
