"""communique publish: write the feeds and pages that changes touch."""

from __future__ import annotations

import asyncio
import sys

import click

from data.wording import counted
from scheduler.cli import as_json, complain, print_json, say, with_home
from scheduler.home import Home
from scheduler.home.publish import publish_home
from scheduler.logs import log_to
from scheduler.service.push import announce
from scheduler.terminal.new_store import with_new_store

ERRORS_SHOWN = 10
"""Files that could not be written and are named."""


@click.command()
@click.option("--all", "everything", is_flag=True, help="Write all feeds, not just changed ones.")
@as_json
@with_home
@with_new_store
def publish(home: Home, *, everything: bool, as_json: bool) -> int:
    """Write the feeds and pages that changes touch, into HOME/site and site.target."""
    # Standard output is for what was published.
    log_to(sys.stderr, home.settings.log)
    published = publish_home(home, everything=everything)
    if not asyncio.run(announce(home)):
        complain("the hub was not told of all changes; it will be, by the next run")
    target = home.settings.site.target
    place = f"{home.site} and {target}" if target and not published.errors else home.site
    if as_json:
        print_json(
            {
                "feeds": published.feeds,
                "written": published.written,
                "unchanged": published.unchanged,
                "seconds": published.seconds,
            }
        )
    else:
        say(
            f"{counted(published.feeds, 'feed')}: {published.written} written,"
            f" {published.unchanged} unchanged ({published.seconds:.1f} s), in {place}"
        )
    for error in published.errors[:ERRORS_SHOWN]:
        complain(str(error))
    if len(published.errors) > ERRORS_SHOWN:
        more = counted(len(published.errors) - ERRORS_SHOWN, "more file")
        complain(f"and {more} could not be published")
    return 1 if published.errors else 0
