"""communique mirror redact: bytes go for a lawful order, and the log keeps their leaves."""

from __future__ import annotations

import click

from data.wording import counted
from scheduler.cli import as_json, print_json, with_home
from scheduler.home import Home
from scheduler.jobs.removal import redact as redact_home
from scheduler.terminal.steps import steps_bar


@click.command()
@click.argument("name", metavar="RECORD|URL")
@click.option("--why", required=True, metavar="TEXT", help="The order; the log keeps it.")
@as_json
@with_home
def redact(home: Home, *, name: str, why: str, as_json: bool) -> int:
    """Take out of the archive what RECORD, its id, or URL holds, for a lawful order.

    With it go all records of the same bytes, those that refer to them, and their requests. Releases
    that were read from them lose their texts, in all versions, here and in the journal, and are
    retracted. Their ids, addresses and dates stay, and the leaves of the log, which tell no more
    than dates; `mirror verify` says what is missing, and why. What is still on its site comes back
    with the next visit. Copies that were given away are not reached.
    """
    with steps_bar("redact") as told:
        done = redact_home(home, name, why, told)
    if as_json:
        print_json(done)
    else:
        click.echo(f"{counted(done.records, 'record')} taken out, {done.bytes:,} bytes")
        for release in done.releases:
            click.echo(f"release {release}: its texts are taken out, and it is retracted")
        click.echo("`communique publish --all` takes them out of the site")
    return 0
