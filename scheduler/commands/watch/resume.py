"""communique watch resume: tells again."""

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
def resume(home: Home, *, watch_id: str, as_json: bool) -> int:
    """Tell again by a watch that was paused; what happened meanwhile is not told."""
    return told_paused(
        watch_id, set_paused(home.watches, watch_id, AlertWatch, paused=False), as_json=as_json
    )
