"""communique watch deliveries: alerts that were delivered, wait, or were abandoned."""

from __future__ import annotations

import datetime as dt
from contextlib import closing

import click

from data.wording import counted
from feeds.alerts.messages import subject_of
from scheduler.cli import as_json, print_json, say, with_home
from scheduler.home import Home
from scheduler.service.alerts import new_alerts

LISTED = 1000
"""Alerts that are listed at the most, the newest."""


@click.command()
@click.option("--dead", is_flag=True, help="Only what was given up.")
@as_json
@with_home
def deliveries(home: Home, *, dead: bool, as_json: bool) -> int:
    """List the last 1,000 alerts: waiting, delivered and abandoned ones.

    Alerts with the same ``message`` are sent together.
    """
    with closing(home.plain_store()) as store:
        found = [*store.alerts("dead" if dead else None, limit=LISTED)]
        if not dead:
            # What `communique run` has not taken up yet waits as well.
            known = {one.key for one in found}
            new = [one for one in new_alerts(home, store) if one.key not in known]
            found = [*reversed(new), *found][:LISTED]
        subjects = [subject_of(one, store.release) for one in found]
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
                "kind": about.kind or None,
                "release": about.release or None,
                "source": about.source or None,
                "title": about.title or None,
            }
            for one, about in zip(found, subjects, strict=True)
        ]
        print_json({"deliveries": listed})
    else:
        for one, about in zip(found, subjects, strict=True):
            due = f"{instant_of(one.due):%Y-%m-%d %H:%M}"
            what = " ".join(filter(None, (about.kind, about.source, about.title)))
            why = f", {one.problem}" if one.problem else ""
            say(
                f"{due} {one.state} {one.watch} {one.output}: {what or 'unknown event'}"
                f" ({counted(one.attempts, 'attempt')}{why}, {one.key})"
            )
        if not found:
            say("No deliveries.")
    return 0


def instant_of(seconds: float) -> dt.datetime:
    """An instant in UTC."""
    return dt.datetime.fromtimestamp(seconds, dt.UTC)
