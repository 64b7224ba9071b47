"""communique migrate: all that a store holds, moved into another."""

from __future__ import annotations

from contextlib import ExitStack

import click

from data.wording import counted
from scheduler.cli import as_json, print_json, say, with_any_home
from scheduler.home import Home
from scheduler.home.migrate import is_of_home, move_log, sign_all
from scheduler.home.migrate import migrate as migrate_store
from scheduler.terminal.progress import step_bars


@click.command()
@click.option(
    "--from",
    "source",
    default=None,
    metavar="URL",
    help="The store to read, sqlite:PATH or postgresql://USER@HOST/DATABASE; that of HOME if none.",
)
@click.option(
    "--to",
    "target",
    required=True,
    metavar="URL",
    help="The store to fill, which must be empty, or not be there yet.",
)
@as_json
@with_any_home
def migrate(home: Home, *, source: str | None, target: str, as_json: bool) -> int:
    """Move all that a store holds into another: from SQLite to PostgreSQL, or back.

    Stop the service first: nobody can write to the store while it is read. What was interrupted
    goes on where it ended when the same command is given again. At the end all rows of both are
    read and compared. Passwords are better in ~/.pgpass than in a URL, which others may see.
    """
    of_home = source is None or is_of_home(home, source)
    with ExitStack() as held:
        if of_home and home.path.is_dir():
            # What a service writes afterwards, leaves of the log among it, would be in one alone.
            held.enter_context(home.lock("run", "communique migrate"))
        if of_home and home.settings.store.url and target.startswith("sqlite:"):
            sign_all(home)
        bars = held.enter_context(step_bars())
        done = migrate_store(source or home.store_url, target, bars or (lambda *_: None))
        if of_home and not target.startswith("sqlite:"):
            move_log(home, target)
    if as_json:
        print_json(done)
        return 0
    rows, written = sum(done.rows.values()), sum(done.written.values())
    releases = counted(done.rows["releases"], "release")
    say(f"{done.target}: {releases}, {counted(rows, 'row')} as in {done.source}, {written} new")
    if left := [name for name, count in done.left.items() if count]:
        say(f"not moved, as {done.target} has no use for it: {', '.join(left)}")
    return 0
