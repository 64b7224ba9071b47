"""communique watch deliveries: what was told, waits, or was given up."""

from __future__ import annotations

import datetime as dt

import click

from data.wording import counted
from scheduler.cli import as_json, print_json, say, with_home
from scheduler.home import Home

LISTED = 1000
"""Alerts that are listed at the most, the newest."""


@click.command()
@click.option("--dead", is_flag=True, help="Only what was given up.")
@as_json
@with_home
def deliveries(home: Home, *, dead: bool, as_json: bool) -> int:
    """List the last 1,000 alerts: which wait, which were delivered, which were given up.

    Those of one ``message`` are sent together.
    """
    store = home.plain_store()
    try:
        found = store.alerts("dead" if dead else None, limit=LISTED)
    finally:
        store.close()
    if as_json:
        listed = [
            {
                "key": one.key,
                "message": one.message or None,
                "watch": one.watch,
                "output": one.output,
                "state": one.state,
                "made": instant_of(one.made),
                "due": instant_of(one.due),
                "attempts": one.attempts,
                "problem": one.problem or None,
            }
            for one in found
        ]
        print_json({"deliveries": listed})
    else:
        for one in found:
            due = f"{instant_of(one.due):%Y-%m-%d %H:%M}"
            said = f"{one.key} {one.watch} {one.output} {one.state} {due}"
            why = f", {one.problem}" if one.problem else ""
            say(f"{said} after {counted(one.attempts, 'attempt')}{why}")
        if not found:
            say("there is none")
    return 0


def instant_of(seconds: float) -> dt.datetime:
    """An instant in UTC."""
    return dt.datetime.fromtimestamp(seconds, dt.UTC)
