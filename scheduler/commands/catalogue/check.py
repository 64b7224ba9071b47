"""communique catalogue check: validate a catalogue."""

from __future__ import annotations

import click

from data.wording import counted
from scheduler.cli import as_json, complain, print_json, say, with_any_home
from scheduler.home.home import Home
from scheduler.terminal.entry_options import catalogue_argument
from spiders.catalogue.catalogue import examine, find_catalogue


@click.command("check")
@catalogue_argument
@as_json
@with_any_home
def check(home: Home, *, catalogue: str, as_json: bool) -> int:
    """Check that a file is a valid catalogue.

    CATALOGUE is the path of a file, or the id of a bundled catalogue. No site is requested.
    """
    path = find_catalogue(catalogue, home.catalogues)
    read, errors = examine(path)
    entries = len(read.entries) if read else 0
    if as_json:
        print_json(
            {"path": str(path), "entries": entries, "errors": [str(error) for error in errors]}
        )
    elif not errors:
        say(f"{path}: ok, {counted(entries, 'entry', 'entries')}")
    if not as_json:
        for error in errors:
            complain(str(error))
    return 2 if errors else 0
