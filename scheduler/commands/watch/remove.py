"""communique watch remove: deletes a watch."""

from __future__ import annotations

import click

from data.errors import WatchError
from data.watches.watch import load_watch
from feeds.alerts.channels import AlertWatch
from scheduler.cli import as_json, complain, print_json, say, with_home
from scheduler.home import Home


@click.command()
@click.argument("watch_id", metavar="WATCH")
@as_json
@with_home
def remove(home: Home, *, watch_id: str, as_json: bool) -> int:
    """Remove a watch, which deletes its file, also where that can't be used."""
    path = home.watches / f"{watch_id}.toml"
    try:
        load_watch(home.watches, watch_id, AlertWatch)
    except WatchError as error:
        complain(str(error))
    path.unlink()
    if as_json:
        print_json({"removed": watch_id})
    else:
        say(f"removed {path}")
    return 0
