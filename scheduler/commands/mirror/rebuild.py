"""communique mirror rebuild: a lost HOME from its archive alone."""

from __future__ import annotations

from pathlib import Path

import click

from data.wording import counted
from scheduler.cli import FOLDER, as_json, complain, print_json, say, with_home
from scheduler.home import Home
from scheduler.mirror.rebuild.rebuild import rebuild as rebuild_home
from scheduler.mirror.rebuild.report import Rebuilt, Unreadable
from scheduler.terminal.progress import step_bars

SHOWN = 10
"""Things of one kind that are missing and told; --json gives them all."""


@click.command()
@click.option(
    "--to",
    "target",
    required=True,
    metavar="HOME2",
    type=FOLDER,
    help="The folder to write the HOME into; it must be empty, or not be there yet.",
)
@click.option(
    "--key",
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A copy of the log's key, log.key; without one the new HOME signs with a new key.",
)
@as_json
@with_home
def rebuild(home: Home, *, target: Path, key: Path | None, as_json: bool) -> int:
    """Write a lost HOME anew from its archive alone: sources, settings, store and site.

    Only HOME/archive is read. Exit code 1 where the archive is damaged: all the rest is written,
    and what is missing is told.
    """
    with step_bars() as told:
        done = rebuild_home(home.archive, target, key=key, told=told)
    if as_json:
        print_json(done)
    else:
        tell(done)
    return 0 if done.whole else 1


def tell(done: Rebuilt) -> None:
    """Print what was written, and what is missing to standard error."""
    releases, sources = counted(done.releases, "release"), counted(done.sources, "source")
    records, feeds = counted(done.journal, "record"), counted(done.feeds, "feed")
    say(f"{done.home}: {releases} of {sources} from {records} of the journal, {feeds} published")
    if done.secrets_cut:
        files = ", ".join(done.secrets_cut)
        say(f"no secret is in the archive: write those of {files} in again")
    missing = {
        "damaged": [f"{one.file}, byte {one.offset}: {one.cause}" for one in done.damaged],
        "a record of the journal is missing": done.missing,
        "something of a release is missing": done.releases_lost,
        "a record of a release can't be read": [unreadable(one) for one in done.unreadable],
        "a captured page is in no release": done.unread,
        "an event that can't be written": done.refused,
        "a file of HOME is missing": done.files_lost,
        "not published": done.unpublished,
    }
    if done.leaves_lost:
        records = counted(done.leaves_lost, "record is", "records are")
        complain(f"{records} damaged or missing; `communique mirror verify` names their leaves")
    for what, some in missing.items():
        for one in some[:SHOWN]:
            complain(f"{what}: {one}")
        if len(some) > SHOWN:
            complain(f"{what}: and {len(some) - SHOWN} more; --json shows them all")
    if done.unread:
        pages = counted(len(done.unread), "captured page is", "captured pages are")
        complain(
            f"{pages} in no release: `communique --home {done.home} mirror reextract` reads what is"
            " archived, and the next visit what is still there"
        )


def unreadable(one: Unreadable) -> str:
    """A record that something points to, for people to read."""
    where = f"{one.file}, byte {one.offset}" if one.file else f"leaf {one.leaf}"
    named = f" ({one.release})" if one.release else ""
    return f"{one.url}{named}, {one.shows}: {where}"
