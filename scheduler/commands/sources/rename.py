"""communique sources rename: another id for a source."""

from __future__ import annotations

import click

from data.wording import counted
from scheduler.cli import as_json, complain, print_json, say, with_home
from scheduler.home import Home
from scheduler.sources.changes import EACH_HOME, rename_source


@click.command()
@click.argument("old")
@click.argument("new")
@as_json
@with_home
def rename(home: Home, *, old: str, new: str, as_json: bool) -> int:
    """Give a source another id; its releases keep theirs, and its feeds too.

    The feeds and pages of the source move with the next publication; our server leads on to them
    from where they were. The old id is given to no other source.
    """
    done = rename_source(home, old, new)
    if as_json:
        print_json(done)
    elif done.done:
        say(f"{old} is called {new} now, with {counted(done.releases, 'release')}")
    if not done.done:
        complain(f"{old} is called {new} already")
    if home.has_fleet:
        complain(EACH_HOME)
    return 0 if done.done else 1
