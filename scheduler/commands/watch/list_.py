"""communique watch list: all watches."""

from __future__ import annotations

import click

from data.watches.folder import load_watches
from feeds.alerts.channels import AlertWatch
from scheduler.cli import as_json, complain, print_json, say, with_any_home
from scheduler.home import Home
from scheduler.terminal.watch_report import described, fields_of


@click.command()
@as_json
@with_any_home
def list_(home: Home, *, as_json: bool) -> int:
    """List all watches; exit code 2 where one of their files can't be used."""
    watches, errors = load_watches(home.watches, AlertWatch)
    if as_json:
        listed = [{"id": name, **fields_of(one)} for name, one in watches.items()]
        print_json({"watches": listed, "errors": [str(error) for error in errors]})
    else:
        for name, one in watches.items():
            say(f"{name}: {one.name} ({described(one)})")
    for error in errors:
        complain(str(error))
    return 2 if errors else 0
