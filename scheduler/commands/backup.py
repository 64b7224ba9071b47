"""communique backup: a copy of a HOME, made while the service runs."""

from __future__ import annotations

from pathlib import Path

import click

from data.clock import utc_now
from data.wording import counted, sized
from scheduler.cli import BACKUP, as_json, complain, print_json, say, with_home
from scheduler.home import Home
from scheduler.home.backup.backup import back_up
from scheduler.home.last_done import LastBackup, note_done
from scheduler.terminal.progress import step_bars


@click.command()
@click.argument("to", type=BACKUP)
@as_json
@with_home
def backup(home: Home, *, to: Path, as_json: bool) -> int:
    """Copy a HOME into the folder TO, also while it is in use; the next time only what is new.

    The copy is checked. A backup that was there stays as it is until the new one is whole. Exit
    code 1 where HOME itself lacks something, which is told; all that is there is copied.
    """
    with step_bars() as told:
        done = back_up(home, to, told)
    if not done.problems:
        note_done(home, LastBackup(utc_now()))
    if as_json:
        print_json(done)
    else:
        new = done.copied + done.linked
        say(
            f"{counted(done.files, 'file')}, {sized(done.bytes)}, in {done.to}: {new} new"
            f" ({sized(done.copied_bytes)} copied, {done.linked} linked), all checked"
        )
    for problem in done.problems:
        complain(problem)
    return 1 if done.problems else 0
