"""communique publish: write changed feeds and pages."""

import asyncio
import sys

import click

from data.wording import counted
from scheduler.cli import as_json, complain, print_json, say, with_home
from scheduler.home.home import Home
from scheduler.home.publication import publish_home
from scheduler.logs import log_to
from scheduler.service.websub import announce
from scheduler.terminal.new_store import with_new_store

MAX_ERRORS_SHOWN = 10
"""Maximum number of files whose errors are printed."""


@click.command()
@click.option("--all", "everything", is_flag=True, help="Write all feeds and pages.")
@as_json
@with_home
@with_new_store
def publish(home: Home, *, everything: bool, as_json: bool) -> int:
    """Publish changed feeds and pages.

    They are written into HOME/site and site.target.
    """
    # Logs go to standard error, because standard output is for the result.
    log_to(sys.stderr, home.settings.log)
    published = publish_home(home, everything=everything)
    if not asyncio.run(announce(home)):
        complain("the hub was not notified of all changes; the next run will notify it")
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
    for error in published.errors[:MAX_ERRORS_SHOWN]:
        complain(str(error))
    if len(published.errors) > MAX_ERRORS_SHOWN:
        more = counted(len(published.errors) - MAX_ERRORS_SHOWN, "more file")
        complain(f"and {more} could not be published")
    return 1 if published.errors else 0
