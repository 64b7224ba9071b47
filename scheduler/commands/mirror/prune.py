"""communique mirror prune: what is older than the retention goes."""

from __future__ import annotations

import click

from data.wording import counted, sized
from scheduler.cli import as_json, complain, print_json, say, with_home
from scheduler.home import Home
from scheduler.mirror.removal import prune as prune_home
from scheduler.terminal.steps import steps_bar


@click.command()
@click.option("--source", default=None, metavar="ID", help="Only what its site sent.")
@click.option(
    "--days",
    type=click.IntRange(min=1),
    metavar="N",
    default=None,
    help="Keep so many days, in place of archive.retention.",
)
@click.option("--dry-run", is_flag=True, help="Say what would go, and change nothing.")
@as_json
@with_home
def prune(home: Home, *, source: str | None, days: int | None, dry_run: bool, as_json: bool) -> int:
    """Take old answers of servers out of the archive; the log keeps their leaves.

    A page that a later record refers to stays. What was decided, and the releases with their
    texts, stay too; only their bytes as served are gone, and the pages of their captures say so.
    """
    kept = days or home.settings.archive.retention
    if not kept:
        raise click.UsageError("archive.retention is 0, for ever; set it, or name --days")
    with steps_bar("prune") as told:
        done = prune_home(home, kept, source, dry_run=dry_run, told=told)
    if as_json:
        print_json(done)
    else:
        verb = "would be taken out" if dry_run else "taken out"
        say(f"{counted(done.records, 'record')} {verb}, {sized(done.bytes)}")
    for one in done.damaged:
        complain(f"{one}; it stays as it is")
    return 0
