"""communique watch pause: tells nothing new for a while."""

from __future__ import annotations

import click

from data.watches.folder import set_paused
from feeds.alerts.channels import AlertWatch
from scheduler.cli import as_json, with_home
from scheduler.home import Home
from scheduler.terminal.watch_report import told_paused


@click.command()
@click.argument("watch_id", metavar="WATCH")
@as_json
@with_home
def pause(home: Home, *, watch_id: str, as_json: bool) -> int:
    """Tell nothing new by a watch until it is resumed; what waits goes on waiting."""
    return told_paused(
        watch_id, set_paused(home.watches, watch_id, AlertWatch, paused=True), as_json=as_json
    )
