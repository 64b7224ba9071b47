"""All that a store holds, moved into another one: to PostgreSQL, and back."""

from __future__ import annotations

from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass

from data.errors import StoreError
from data.store import open_store
from data.store.transfer.opening import open_source, open_target, path_of
from data.store.transfer.transfer import Told, transfer
from scheduler.home import Home


@dataclass(frozen=True, slots=True)
class Migrated:
    """What was moved: the rows of each table, how many of them were written now, and into what."""

    source: str
    target: str
    rows: dict[str, int]
    written: dict[str, int]
    left: dict[str, int]
    """Rows of tables that the other database has no use for."""
    searchable: int
    """Releases that were entered for search now."""


def migrate(source: str, target: str, told: Told) -> Migrated:
    """Fill an empty store with all of another, by their URLs, or go on doing so.

    Raises StoreError where that can't be.
    """
    with closing(open_source(source)) as one, closing(open_target(target)) as other:
        done = transfer(one, other, told)
        urls = one.url, other.url
    with closing(open_store(target)) as store:
        of = done.rows["releases"]
        searchable = store.enter_queued(lambda entered: told("search", entered, of))
    return Migrated(*urls, done.rows, done.written, done.left, searchable)


def is_of_home(home: Home, url: str) -> bool:
    """Whether a URL names the store of a HOME, however it is written. Raises StoreError."""
    ours, theirs = path_of(home.store_url), path_of(url)
    if ours and theirs:
        return ours.exists() and theirs.exists() and ours.samefile(theirs)
    if url == home.store_url or ours or theirs:
        return url == home.store_url
    with suppress(StoreError), ExitStack() as opened:
        one, other = (
            opened.enter_context(closing(open_source(each))) for each in (url, home.store_url)
        )
        return one.identity == other.identity
    return False


def carry_log_on(home: Home, database: str) -> None:
    """Have the log of the archive of a HOME go on in the database that its store was moved to.

    To be called before anything writes a leaf there, which would get the number of one of ours.
    Raises ArchiveError.
    """
    if home.log_key.exists():
        with closing(home.shared_log(signs=True, database=database)) as log:
            log.join()


def sign_all(home: Home) -> None:
    """Have the log of the archive of a HOME hold what the database that its store leaves has of it.

    Nobody takes leaves from there afterwards. To be called when all others have ended. A HOME that
    does not sign the log leaves it as it is. Raises ArchiveError.
    """
    if home.log_key.exists():
        with closing(home.shared_log(signs=True)) as log:
            if log.may_sign():
                log.sign()
