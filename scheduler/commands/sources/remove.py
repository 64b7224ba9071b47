"""communique sources remove: a source that is collected no more."""

from __future__ import annotations

import click

from data.wording import counted
from scheduler.cli import as_json, complain, print_json, say, with_home
from scheduler.home import Home
from scheduler.sources.changes import EACH_HOME, remove_source


@click.command()
@click.argument("source")
@click.option("--keep", "kept", is_flag=True, help="Leave its releases in feeds and pages.")
@as_json
@with_home
def remove(home: Home, *, source: str, kept: bool, as_json: bool) -> int:
    """Collect a source no more: its file is deleted, and its releases leave feeds and pages.

    Nothing that was collected is deleted: once it is added again, its releases are back, with
    their ids. With --keep they stay in feeds and pages, which say since when no more come.
    """
    done = remove_source(home, source, kept=kept)
    if as_json:
        print_json(done)
    elif done.done:
        what = "still shown" if kept else "hidden"
        say(f"{source} is collected no more; {what}: {counted(done.releases, 'release')}")
    if not done.done:
        complain(f"{source} is removed already")
    if home.has_fleet:
        complain(EACH_HOME)
    return 0 if done.done else 1
