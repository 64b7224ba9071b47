"""communique migrate: copy a store from SQLite to PostgreSQL, or back."""

from contextlib import ExitStack

import click

from data.wording import counted
from scheduler.cli import as_json, print_json, say, with_any_home
from scheduler.home.home import Home
from scheduler.home.migrate import is_of_home, move_log, sign_all
from scheduler.home.migrate import migrate as migrate_store
from scheduler.terminal.progress import step_bars


@click.command()
@click.option(
    "--from",
    "source",
    default=None,
    metavar="URL",
    help="Store to read, sqlite:PATH or postgresql://USER@HOST/DATABASE (default that in HOME).",
)
@click.option(
    "--to",
    "target",
    required=True,
    metavar="URL",
    help="Store to fill, empty or missing.",
)
@as_json
@with_any_home
def migrate(home: Home, *, source: str | None, target: str, as_json: bool) -> int:
    """Copy a store from SQLite to PostgreSQL, or back.

    Stop the service first: the store is locked during the copy. If the command is
    stopped, run it again to continue. At the end, all rows of both stores are compared. Put
    passwords into ~/.pgpass: other users of this machine may see those in a URL.
    """
    of_home = source is None or is_of_home(home, source)
    with ExitStack() as held:
        if of_home and home.path.is_dir():
            # Other processes must not write to the old store after the copy.
            held.enter_context(home.lock("run", "communique migrate"))
        if of_home and home.settings.store.url and target.startswith("sqlite:"):
            sign_all(home)
        on_step = held.enter_context(step_bars())
        done = migrate_store(source or home.store_url, target, on_step)
        if of_home and not target.startswith("sqlite:"):
            move_log(home, target)
    if as_json:
        print_json(done)
        return 0
    rows, written = sum(done.rows.values()), sum(done.written.values())
    releases = counted(done.rows["releases"], "release")
    say(f"{done.target}: {releases}, {counted(rows, 'row')} as in {done.source}, {written} new")
    if left := [name for name, count in done.left.items() if count]:
        say(f"not copied, because {done.target} does not need them: {', '.join(left)}")
    return 0
