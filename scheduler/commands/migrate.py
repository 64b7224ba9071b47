"""communique migrate: copy a store from SQLite to PostgreSQL, or back."""

from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass

import click

from data.errors import StoreError
from data.store.open import open_store, path_of
from data.store.transfer.transfer import open_source, open_target, transfer
from data.wording import OnStepProgress, counted
from scheduler.cli import answer, with_any_home
from scheduler.home.home import Home
from scheduler.terminal.progress_and_tables import step_bars


@dataclass(frozen=True, slots=True)
class Migrated:
    """Result of a migration: rows per table, rows ``written`` in this run, and both URLs."""

    source: str
    target: str
    rows: dict[str, int]
    written: dict[str, int]
    left: dict[str, int]
    """Rows per table that are not copied, because the other database does not need them."""
    searchable: int
    """Number of releases that were indexed for search in this run."""


def migrate_store(source: str, target: str, on_progress: OnStepProgress) -> Migrated:
    """Copy a store to an empty store, or continue an interrupted copy.

    ``source`` and ``target`` are URLs. Raises StoreError if a store can't be opened or copied.
    """
    with closing(open_source(source)) as one, closing(open_target(target)) as other:
        done = transfer(one, other, on_progress)
        urls = one.url, other.url
    with closing(open_store(target)) as store:
        of = done.rows["releases"]
        searchable = 0
        for entered in store.enter_queued():
            searchable += entered
            on_progress("search", searchable, of)
    return Migrated(*urls, done.rows, done.written, done.left, searchable)


def is_of_home(home: Home, url: str) -> bool:
    """Return whether a URL refers to a home directory's store, even if it is spelled differently.

    Raises StoreError if a store can't be opened.
    """
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


@click.command()
@click.option(
    "--from",
    "source",
    metavar="URL",
    help="Store to read: sqlite:PATH or postgresql://USER@HOST/DATABASE (default HOME's store).",
)
@click.option(
    "--to",
    "target",
    required=True,
    metavar="URL",
    help="Target store. It must be empty or missing.",
)
@with_any_home
def migrate(home: Home, *, source: str | None, target: str) -> None:
    """Copy a store from SQLite to PostgreSQL, or back.

    Stop the service first, because the store is locked during the copy. If the command is stopped,
    run it again to continue. At the end, all rows of both stores are compared. Put passwords into
    ~/.pgpass, because other users of this machine can see the URL of a running command.
    """
    of_home, is_sqlite = source is None or is_of_home(home, source), target.startswith("sqlite:")
    with ExitStack() as held:
        if of_home and home.path.is_dir():
            # Other processes must not write to the old store after the copy.
            held.enter_context(home.lock("run", "communique migrate"))
        if of_home and home.has_shared_log and home.log_key.exists() and is_sqlite:
            # Sign all leaves in the database of the old store, so that they are in the log.
            # Afterwards, no process reads leaves from that database.
            with closing(home.shared_log(signs=True)) as log:
                if log.may_sign():
                    log.sign()
        on_step = held.enter_context(step_bars())
        done = migrate_store(source or home.store_url, target, on_step)
        if of_home and home.log_key.exists() and not is_sqlite:
            # Continue the log in the new database before any process adds a leaf there. Otherwise
            # the leaf would get a number that is already used.
            with closing(home.shared_log(signs=True, database=target)) as log:
                log.join()
    rows, written = sum(done.rows.values()), sum(done.written.values())
    releases = counted(done.rows["releases"], "release")
    lines = [
        f"{done.target}: {releases}, {counted(rows, 'row')} as in {done.source}, {written} new"
    ]
    if left := [name for name, count in done.left.items() if count]:
        lines.append(f"not copied, because {done.target} does not need them: {', '.join(left)}")
    answer(done, *lines)
