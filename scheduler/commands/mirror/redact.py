"""communique mirror redact: bytes go for a lawful order, and the log keeps their leaves."""

from __future__ import annotations

import click

from data.wording import counted, sized
from scheduler.cli import as_json, complain, print_json, say, why_option, with_home
from scheduler.home import Home
from scheduler.mirror.removal import redact as redact_home
from scheduler.terminal.steps import steps_bar


@click.command()
@click.argument("name", metavar="RECORD|URL")
@why_option("The order; the log keeps it for ever.")
@click.option("--dry-run", is_flag=True, help="Say what would go, and change nothing.")
@as_json
@with_home
def redact(home: Home, *, name: str, why: str, dry_run: bool, as_json: bool) -> int:
    """Remove a record, by its id or address, and its texts for a lawful order.

    All records of the same bytes, records that refer to them, and their requests are removed too.
    Releases that were read from them lose title, text and files in all versions, in the store and
    in the journal. Their ids, addresses and dates stay, and so do the leaves of the log. Visits no
    longer request their pages, so a text does not come back by itself. Feeds and pages report that
    this archive redacted the release, never that its publisher retracted it. `mirror verify` lists
    what is missing, and why. Copies elsewhere are not reached, nor are listings of the site that
    repeat the text: redact these by their addresses. Exit code 1 if a part of the archive can't be
    read.
    """
    with steps_bar("redact") as told:
        done = redact_home(home, name, why, dry_run=dry_run, told=told)
    if as_json:
        print_json(done)
    elif dry_run:
        say(f"{counted(done.records, 'record')} would be taken out, {sized(done.bytes)}")
        for release in done.releases:
            say(f"release {release}: its texts would be taken out")
    else:
        say(f"{counted(done.records, 'record')} taken out, {sized(done.bytes)}")
        for release in done.releases:
            say(f"release {release}: its texts are taken out")
        say("`communique publish --all` takes them out of the site")
        if done.releases:
            say("visits no longer request its page; listings that repeat its text are archived")
    for one in done.damaged:
        complain(f"{one}; it stays as it is, and may hold what should go")
    return 1 if done.damaged else 0
