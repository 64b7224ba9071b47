"""communique watch show: a watch, and what in it names nothing."""

from __future__ import annotations

import click

from data.watches.watch import load_watch, to_toml
from feeds.alerts.channels import AlertWatch
from scheduler.cli import as_json, complain, print_json, say, with_home
from scheduler.home import Home
from scheduler.terminal.watch_doubts import doubts_of
from scheduler.terminal.watch_report import fields_of, without_secrets


@click.command()
@click.argument("watch_id", metavar="WATCH")
@as_json
@with_home
def show(home: Home, *, watch_id: str, as_json: bool) -> int:
    """Show a watch, and what in it names nothing that is there."""
    one = load_watch(home.watches, watch_id, AlertWatch)
    path = home.watches / f"{watch_id}.toml"
    doubts = doubts_of(home, one)
    if as_json:
        print_json({"id": watch_id, "path": str(path), **fields_of(one), "doubts": doubts})
    else:
        say(f"# {path}", *to_toml(without_secrets(one)).rstrip().split("\n"))
    for doubt in doubts:
        complain(doubt)
    return 0
