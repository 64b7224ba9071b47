"""communique mirror reextract: archived pages, read anew by the rules of today."""

from __future__ import annotations

import datetime as dt

import click

from data.wording import counted
from scheduler.cli import as_json, complain, print_json, say, with_home
from scheduler.commands.export import day
from scheduler.home import Home
from scheduler.mirror.reextract import Reextraction, Reread
from scheduler.mirror.reextract import reextract as reextract_home
from scheduler.terminal.progress import step_bars
from spiders.sources.loader import choose, load_sources

SHOWN = 30
"""Releases that are told; --json gives them all."""


@click.command()
@click.option("--source", metavar="ID", help="Only the releases of this source.")
@click.option("--since", type=day, metavar="DAY", help="Only those published on this day or later.")
@click.option("--dry-run", "dry", is_flag=True, help="Tell what would change, and write nothing.")
@click.option("--accept", is_flag=True, help="Take what would spoil many releases, too.")
@as_json
@with_home
def reextract(
    home: Home,
    *,
    source: str | None,
    since: dt.date | None,
    dry: bool,
    accept: bool,
    as_json: bool,
) -> int:
    """Read the archived pages of releases anew, by the rules of today and without the network.

    What is read better is kept: a better title, text or attachment makes a revision whose reason
    says so. No feed tells of it, as its publisher changed nothing; ids and known dates stay, and so
    does what a page does not give any more. A mass change for the worse is held back, unless it is
    accepted. Exit code 1 where that is so, or a page could not be read.
    """
    sources, broken = load_sources(home.sources)
    for error in broken:
        complain(str(error))
    if source is not None:
        choose(sources, (source,))
    with step_bars() as told:
        done = reextract_home(
            home, sources, source=source, since=since, dry=dry, accept=accept, told=told
        )
    if as_json:
        print_json(done)
    else:
        tell(done, dry=dry)
    for held, why in done.held.items():
        complain(f"{held}: {why}")
    return 1 if done.failed or done.held else 0


def tell(done: Reextraction, *, dry: bool) -> None:
    """Print what was read otherwise."""
    revised = sum(bool(one.revision) for one in done.releases)
    would = "would be" if dry else "was" if revised == 1 else "were"
    say(
        f"{counted(done.read, 'page')} read anew: {counted(revised, 'release')} {would} revised,"
        f" {len(done.releases) - revised - done.failed} read otherwise without a revision"
    )
    if done.new:
        came = "would come" if dry else "came"
        say(f"{counted(len(done.new), 'release')} {came} from captured pages that were in none:")
    for found in done.new[:SHOWN]:
        say(f"{found.url}: {found.title}")
    if len(done.new) > SHOWN:
        say(f"and {len(done.new) - SHOWN} more; --json shows them all")
    for one in done.releases[:SHOWN]:
        say(line(one), err=bool(one.error))
    if len(done.releases) > SHOWN:
        say(f"and {len(done.releases) - SHOWN} more; --json shows them all")
    for count, why in (
        (done.unarchived, "no page in the archive"),
        (done.without_file, f"no usable file of their source ({', '.join(done.unread_sources)})"),
    ):
        if count:
            say(f"{counted(count, 'release')} with {why}")


def line(one: Reread) -> str:
    """What became of one release."""
    if one.error:
        return f"{one.url}: it could not be read: {one.error}"
    said = (("gained", one.gained), ("lost", one.lost), ("changed", one.changed))
    parts = [f"{what} {', '.join(fields)}" for what, fields in said if fields]
    return f"{one.url}: {'; '.join(parts) or 'other markup'}"
