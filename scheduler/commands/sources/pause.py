"""communique sources pause: a source that is left alone for a while."""

from __future__ import annotations

from contextlib import closing

import click

from data.clock import utc_now
from data.models import Handling
from scheduler.cli import as_json, print_json, say, with_home
from scheduler.home import Home
from scheduler.jobs.handlings import handle_source, handling_line
from spiders.sources.loader import load_source


@click.command()
@click.argument("source")
@click.option("--why", default="", metavar="TEXT", help="Why; it is kept.")
@as_json
@with_home
def pause(home: Home, *, source: str, why: str, as_json: bool) -> int:
    """Visit a source no more until it is resumed, unless `communique collect` names it."""
    with closing(home.store()) as store:
        store.register(load_source(home.sources, source).source)
    paused = Handling("paused", utc_now(), why)
    handle_source(home, source, paused)
    if as_json:
        print_json({"source": source, "handling": paused})
    else:
        say(f"{source} is {handling_line(paused)}")
    return 0
