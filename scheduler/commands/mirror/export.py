"""communique mirror export: the mirror in formats that others read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from contextlib import closing
from importlib.metadata import version
from pathlib import Path
from typing import Any

import click

from data.archive.content_coding import Undecodable
from data.archive.lost import Lost, lost_captures, lost_text
from data.archive.served import served
from data.archive.warc.index import Index
from data.archive.warc.reader import Damage
from data.errors import ArchiveError
from data.export.bagit import write_bag
from data.export.destination import destination
from data.export.records import Choice, Exported, chosen_captures
from data.export.sqlite import write_sqlite
from data.export.wacz import write_wacz
from data.models import Capture
from data.store.protocol import Store
from data.wording import counted
from feeds.offline.folder import FolderCopy, write_folder
from feeds.offline.selection import SelectedReleases
from scheduler.cli import PATH, as_json, complain, print_json, say, with_home
from scheduler.commands.export import day
from scheduler.home import Home
from scheduler.sources.changes import check_known
from scheduler.terminal.steps import steps_bar

SHOWN = 10
"""Damaged places that are told; --json gives them all."""

NO_LOG = (
    "there is no signed log in the archive: nothing in the bag proves its records; `communique "
    "mirror verify` says what is wrong"
)

WITH_SECRETS = (
    "{} of it, as served, repeat a secret of the address of a source: give the copy only to "
    "people who may know that secret, or change the secret first"
)

Told = Callable[[int, int], None]


@click.command()
@click.option(
    "--format",
    "kind",
    type=click.Choice(["wacz", "bagit", "folder", "sqlite"]),
    required=True,
    help="WACZ or BagIt for archives, a folder for browsers, SQLite for Datasette.",
)
@click.option(
    "--to",
    type=PATH,
    metavar="PATH",
    required=True,
    help="Where it shall lie; nothing may be there yet.",
)
@click.option("--source", default=None, metavar="ID", help="Only the releases of this source.")
@click.option(
    "--since", type=day, metavar="DAY", default=None, help="Only those published then or later."
)
@click.option(
    "--until", type=day, metavar="DAY", default=None, help="Only those published then or before."
)
@as_json
@with_home
def export(
    home: Home,
    *,
    kind: str,
    to: Path,
    source: str | None,
    since: dt.date | None,
    until: dt.date | None,
    as_json: bool,
) -> int:
    """Write releases, and the records that show them, into a file or folder of their own.

    wacz: one file for pywb and ReplayWeb.page. bagit: a folder of records, releases and the log
    with a digest of each. folder: the site, with attachments and a search, for a browser without a
    server. sqlite: releases, versions and captures as tables. What is half written never bears the
    name. Exit code 1 where part of the archive could not be read, or is not there; the rest is.
    """
    if kind == "wacz" and to.suffix != ".wacz":
        raise click.BadParameter("the name of a WACZ file ends in .wacz", param_hint="--to")
    choice = Choice(source, since, until)
    with closing(home.plain_store()) as store:
        if source is not None:
            check_known(store, source)
        lost = lost_captures(home.archive, chosen_captures(store, choice))
        with destination(to) as temporary, steps_bar(kind) as told:
            made = WRITERS[kind](home, store, temporary, choice, told)
    code = report(made, lost, kind, to, as_json=as_json)
    unproven = kind == "bagit" and choice.is_all and isinstance(made, Exported) and made.records
    if unproven and not (home.archive / "log" / "checkpoint").exists():
        complain(NO_LOG)
        return 1
    return code


def wacz(home: Home, store: Store, to: Path, choice: Choice, told: Told) -> Exported:
    """A WACZ file."""
    return write_wacz(store, home.archive, to, choice, **described(home), told=told)


def bagit(home: Home, store: Store, to: Path, choice: Choice, told: Told) -> Exported:
    """A bag."""
    return write_bag(store, home.archive, to, choice, **described(home), told=told)


def sqlite(home: Home, store: Store, to: Path, choice: Choice, told: Told) -> Exported:
    """A database."""
    del home
    return write_sqlite(store, to, choice, told=told)


def folder(home: Home, store: Store, to: Path, choice: Choice, told: Told) -> FolderCopy:
    """A folder for browsers."""
    chosen = SelectedReleases(store, choice.source, since=choice.since, until=choice.until)
    archive = home.archive
    limit = home.settings.network.max_bytes

    said: set[str] = set()

    def payload(capture: Capture) -> tuple[str, bytes] | None:
        try:
            found = served(archive, index, capture.file, capture.offset, limit)
        except (ArchiveError, Undecodable) as error:
            # A file that is missing has many of them.
            if str(error) not in said:
                said.add(str(error))
                complain(str(error))
            return None
        return found.content_type, found.body

    with closing(Index(archive)) as index:
        to.mkdir()
        return write_folder(store, chosen, to, home.settings.site, payload=payload, progress=told)


WRITERS: dict[str, Callable[[Home, Store, Path, Choice, Told], Exported | FolderCopy]] = {
    "wacz": wacz,
    "bagit": bagit,
    "folder": folder,
    "sqlite": sqlite,
}


def described(home: Home) -> dict[str, str]:
    """What a copy is called, and what made it."""
    return {
        "title": home.settings.site.title or "Communique",
        "software": f"Communique {version('communique')}",
    }


def report(
    made: Exported | FolderCopy, lost: Sequence[Lost], kind: str, to: Path, *, as_json: bool
) -> int:
    """Tell what was written; the exit code."""
    damaged: tuple[Damage, ...] = made.damaged if isinstance(made, Exported) else ()
    missing = made.missing if isinstance(made, FolderCopy) else 0
    if as_json:
        print_json({**values(made, kind, to), "lost": lost})
    else:
        parts = [counted(made.releases, "release")]
        if isinstance(made, FolderCopy):
            parts.append(counted(made.files, "file"))
        elif made.records:
            parts.append(counted(made.records, "record"))
        say(f"{to}: {', '.join(parts)}")
        for one in damaged[:SHOWN]:
            complain(f"{one.file}: byte {one.offset} can't be read and is left out: {one.cause}")
        if len(damaged) > SHOWN:
            complain(f"and {len(damaged) - SHOWN} more; --json shows them all")
        if isinstance(made, Exported) and made.with_secrets:
            complain(WITH_SECRETS.format(counted(made.with_secrets, "record")))
        if lost:
            complain(f"{lost_text(lost)}; what shows them is left out")
    return 1 if damaged or missing or lost else 0


def values(made: Exported | FolderCopy, kind: str, to: Path) -> dict[str, Any]:
    """What was written, under its public names."""
    told: dict[str, Any] = {"path": str(to), "format": kind, "releases": made.releases}
    if isinstance(made, FolderCopy):
        return told | {"files": made.files, "missing": made.missing}
    told |= {"pages": made.pages, "records": made.records, "damaged": made.damaged}
    return told | ({"with_secrets": made.with_secrets} if made.with_secrets else {})
