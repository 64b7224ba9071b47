"""communique health: how all sources are."""

from __future__ import annotations

import click

from data.health.overview import health_fields
from scheduler.cli import as_json, print_json, say, with_home
from scheduler.home import Home
from scheduler.jobs.health import home_health


@click.command()
@as_json
@with_home
def health(home: Home, *, as_json: bool) -> int:
    """Say of each source whether it works and is heard of as often as it used to be.

    The exit code is 1 where one is failing, blocked or silent.
    """
    store = home.store()
    try:
        found = home_health(home, store)
    finally:
        store.close()
    if as_json:
        print_json({"sources": [health_fields(one) for one in found]})
    else:
        for one in found:
            last = one.last_release or "-"
            say(f"{one.source:24} {one.state:8} {one.code:20} {last:26} {one.reason}")
        if not found:
            say("no source has been visited yet")
    return 0 if all(one.is_well for one in found) else 1
