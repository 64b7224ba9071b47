"""communique backup and restore: copy a home directory to a folder, and back."""

from pathlib import Path

import click

from data.clock import utc_now
from data.settings import Settings
from data.wording import counted, sized
from scheduler.cli import BACKUP_PATH_TYPE, answer, complain, home_option, with_home
from scheduler.home.backup.backup import back_up
from scheduler.home.backup.restore import restore as restore_home
from scheduler.home.home import Home
from scheduler.home.home_records import LastBackup, note_done
from scheduler.terminal.progress_and_tables import step_bars

with_empty_home = home_option(lambda folder, _: Home(folder.resolve(), Settings()))
"""Decorator that passes an empty home directory to ``restore``, before settings exist."""


@click.command()
@click.argument("to", type=BACKUP_PATH_TYPE)
@with_home
def backup(home: Home, *, to: Path) -> int:
    """Back up a home directory to the folder TO.

    The service may be running. A later backup into the same folder copies only new data. The copy
    is checked. The previous backup is kept until the new one is complete. The exit code is 1 if
    parts of HOME are missing; they are reported, and the rest is copied.
    """
    with step_bars() as on_step:
        done = back_up(home, to, on_step)
    if not done.problems:
        note_done(home, LastBackup(utc_now()))
    answer(
        done,
        f"{counted(done.files, 'file')}, {sized(done.bytes)}, in {done.to}:"
        f" {done.copied + done.linked} new"
        f" ({sized(done.copied_bytes)} copied, {done.linked} linked), all checked",
    )
    for problem in done.problems:
        complain(problem)
    return 1 if done.problems else 0


@click.command()
@click.argument("source", metavar="FROM", type=BACKUP_PATH_TYPE)
@with_empty_home
def restore(home: Home, *, source: Path) -> None:
    """Restore a home directory from the backup FROM.

    The home directory must be empty or missing. Each file is checked. If the command is stopped,
    run it again to continue.
    """
    with step_bars() as on_step:
        done = restore_home(source, home, on_step)
    answer(
        done,
        f"{done.home}: {counted(done.files, 'file')}, {sized(done.bytes)}, as of {done.at}",
        f"run `communique --home {done.home} publish --all` to write the site",
    )
    for note in done.notes:
        complain(note)
