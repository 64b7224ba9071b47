"""communique mirror redact: bytes go for a lawful order, and the log keeps their leaves."""

from __future__ import annotations

import click

from data.wording import counted, sized
from scheduler.cli import as_json, complain, print_json, say, why_option, with_home
from scheduler.home import Home
from scheduler.jobs.removal import redact as redact_home
from scheduler.terminal.steps import steps_bar


@click.command()
@click.argument("name", metavar="RECORD|URL")
@why_option("The order; the log keeps it for ever.")
@click.option("--dry-run", is_flag=True, help="Say what would go, and change nothing.")
@as_json
@with_home
def redact(home: Home, *, name: str, why: str, dry_run: bool, as_json: bool) -> int:
    """Take out of the archive what RECORD, its id, or URL holds, for a lawful order.

    With it go all records of the same bytes, those that refer to them, and their requests. Releases
    that were read from them lose their texts, in all versions, here and in the journal, and are
    retracted. Their ids, addresses and dates stay, and the leaves of the log, which tell no more
    than dates; `mirror verify` says what is missing, and why. What is still on its site comes back
    with the next visit. Copies that were given away are not reached. Exit code 1 where a part of
    the archive can't be read: nobody knows what it holds.
    """
    with steps_bar("redact") as told:
        done = redact_home(home, name, why, dry_run=dry_run, told=told)
    if as_json:
        print_json(done)
    elif dry_run:
        say(f"{counted(done.records, 'record')} would be taken out, {sized(done.bytes)}")
        for release in done.releases:
            say(f"release {release}: its texts would be taken out, and it retracted")
    else:
        say(f"{counted(done.records, 'record')} taken out, {sized(done.bytes)}")
        for release in done.releases:
            say(f"release {release}: its texts are taken out, and it is retracted")
        say("`communique publish --all` takes them out of the site")
        if done.releases:
            say("what is still on its own site comes back with the next visit")
    for one in done.damaged:
        complain(f"{one}; it stays as it is, and may hold what should go")
    return 1 if done.damaged else 0
