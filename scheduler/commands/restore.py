"""communique restore: a HOME from a backup."""

from __future__ import annotations

from pathlib import Path

import click

from data.settings import Settings
from data.wording import counted, sized
from scheduler.cli import BACKUP, as_json, complain, home_option, print_json, say
from scheduler.home import Home
from scheduler.home.backup.restore import restore as restore_home
from scheduler.terminal.progress import step_bars

# Its settings are not there yet.
with_empty_home = home_option(lambda folder, _: Home(folder.resolve(), Settings()))


@click.command()
@click.argument("source", metavar="FROM", type=BACKUP)
@as_json
@with_empty_home
def restore(home: Home, *, source: Path, as_json: bool) -> int:
    """Write a HOME from the backup in the folder FROM, into a folder that is empty or not there.

    Each file is checked. Where it is stopped, the same command goes on.
    """
    with step_bars() as told:
        done = restore_home(source, home, told)
    if as_json:
        print_json(done)
    else:
        say(
            f"{done.home}: {counted(done.files, 'file')}, {sized(done.bytes)}, as of {done.at}",
            f"`communique --home {done.home} publish --all` writes the site",
        )
    for note in done.notes:
        complain(note)
    return 0
