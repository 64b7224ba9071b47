"""communique sources pause: a source that is left alone for a while."""

from __future__ import annotations

import click

from scheduler.cli import as_json, print_json, say, with_home
from scheduler.home import Home
from scheduler.sources import handlings


@click.command()
@click.argument("source")
@click.option("--why", default="", metavar="TEXT", help="Why; it is kept.")
@as_json
@with_home
def pause(home: Home, *, source: str, why: str, as_json: bool) -> int:
    """Visit a source no more until it is resumed, unless `communique collect` names it."""
    paused = handlings.pause(home, source, why.strip())
    if as_json:
        print_json({"source": source, "handling": paused})
    else:
        say(f"{source} is {handlings.handling_line(paused)}")
    return 0
