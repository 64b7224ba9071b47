"""communique mirror rebuild: rebuild a lost home directory from its archive."""

from pathlib import Path
from typing import Final

import click

from data.wording import counted
from scheduler.cli import (
    FOLDER_TYPE,
    complain,
    complain_about,
    print_json,
    say,
    wants_json,
    with_home,
)
from scheduler.home.home import Home
from scheduler.mirror.rebuild.rebuild import rebuild as rebuild_home
from scheduler.mirror.rebuild.restored_parts import Rebuilt, Unreadable
from scheduler.terminal.progress_and_tables import step_bars

MAX_PROBLEMS_SHOWN: Final = 10
"""Maximum number of printed problems of one kind; --json prints all."""


@click.command()
@click.option(
    "--to",
    "target",
    required=True,
    metavar="HOME2",
    type=FOLDER_TYPE,
    help="Folder for the new home directory. It must be empty or missing.",
)
@click.option(
    "--key",
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Copy of log.key, the key of the log. Without it, a new key is created.",
)
@with_home
def rebuild(home: Home, *, target: Path, key: Path | None) -> int:
    """Rebuild a lost home directory from its archive.

    Sources, settings, store and site are restored. Only HOME/archive is read. If the archive is
    damaged, all other data are restored, the missing parts are reported, and the exit code is 1.
    The archive contains no secrets. If the address of a source had one, the site is not published,
    and the exit code is 1: write the secret into its file, then run `communique publish --all`.
    """
    with step_bars() as on_step:
        done = rebuild_home(home.archive, target, key=key, on_progress=on_step)
    if wants_json():
        print_json(done)
    else:
        print_rebuilt(done)
    return 0 if done.whole else 1


def print_rebuilt(done: Rebuilt) -> None:
    """Print which parts were rebuilt. The missing parts are printed to standard error."""
    releases, sources = counted(done.releases, "release"), counted(done.sources, "source")
    records, feeds = counted(done.journal, "record"), counted(done.feeds, "feed")
    say(f"{done.home}: {releases} of {sources} from {records} of the journal, {feeds} published")
    if done.secrets_cut:
        files = ", ".join(done.secrets_cut)
        say(f"the archive contains no secrets: write them into {files} again")
    missing = {
        "damaged": [f"{one.file}, byte {one.offset}: {one.cause}" for one in done.damaged],
        "missing journal record": done.missing,
        "incomplete release": done.releases_lost,
        "unreadable record of a release": [*map(unreadable_line, done.unreadable)],
        "captured page without a release": done.unread,
        "event that can't be stored": done.refused,
        "missing file of HOME": done.files_lost,
        "not published": done.unpublished,
    }
    if done.leaves_lost:
        records = counted(done.leaves_lost, "record is", "records are")
        complain(f"{records} damaged or missing; `communique mirror verify` shows their leaves")
    for what, some in missing.items():
        complain_about(some, MAX_PROBLEMS_SHOWN, f"{what}: ")
    if done.unread:
        pages = counted(len(done.unread), "captured page has", "captured pages have")
        complain(
            f"{pages} no release: `communique --home {done.home} mirror reextract` extracts "
            "archived pages, and the next visit fetches those that are still online"
        )


def unreadable_line(one: Unreadable) -> str:
    """Return a line about an unreadable record: its address, release, and location."""
    where = f"{one.file}, byte {one.offset}" if one.file else f"leaf {one.leaf}"
    named = f" ({one.release})" if one.release else ""
    return f"{one.url}{named}, {one.shows}: {where}"
