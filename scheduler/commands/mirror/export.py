"""communique mirror export: releases and records in formats for other programs."""

import datetime as dt
from collections.abc import Sequence
from contextlib import closing
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import click

from data.archive.archived_response import served
from data.archive.capture_search import LostCaptures, lost_captures, lost_text
from data.archive.content_coding import Undecodable
from data.archive.log.notes import SigningKey
from data.archive.warc.cdxj import CdxjEntry
from data.archive.warc.index import Index
from data.archive.warc.reader import Damage
from data.errors import ArchiveError
from data.export.bagit import write_bag
from data.export.chosen_records import Choice, Exported, chosen_captures
from data.export.destination import destination
from data.export.sqlite import write_sqlite
from data.export.wacz import write_wacz
from data.models import Capture
from data.store.core.store import Store
from data.wording import OnProgress, counted
from feeds.publishing.offline_copy import FolderCopy, write_folder
from feeds.replay.captured_pages import CapturedPages
from feeds.replay.captured_response import Restrictions, StyleSheets
from feeds.replay.release_mementos import restrictions_of
from feeds.replay.withheld_captures import Withheld
from scheduler.cli import (
    PATH_TYPE,
    complain,
    complain_about,
    print_json,
    say,
    wants_json,
    with_home,
)
from scheduler.commands.export import since_option, until_option
from scheduler.home.home import Home
from scheduler.sources.known_names import check_source
from scheduler.terminal.progress_and_tables import one_bar

MAX_DAMAGE_SHOWN: Final = 10
"""Maximum number of printed damaged parts; --json prints all."""

NO_LOG: Final = (
    "the archive has no signed log, so nothing in the bag proves its records; run `communique "
    "mirror verify` to see the cause"
)


@click.command()
@click.option(
    "--format",
    "kind",
    type=click.Choice(["wacz", "bagit", "folder", "sqlite"]),
    required=True,
    help="Export format: WACZ or BagIt for archives, a folder for browsers, SQLite for Datasette.",
)
@click.option(
    "--to", type=PATH_TYPE, metavar="PATH", required=True, help="File or folder to create."
)
@click.option("--source", metavar="ID", help="Source whose releases are exported.")
@since_option
@until_option
@with_home
def export(
    home: Home,
    *,
    kind: str,
    to: Path,
    source: str | None,
    since: dt.date | None,
    until: dt.date | None,
) -> int:
    """Export releases with their archived records.

    wacz: one file for pywb and ReplayWeb.page. bagit: a folder with records, releases, the log and
    digests. folder: a copy of the site for browsers, with attachments and search, without a server.
    sqlite: a database with releases, versions and captures.

    The file or folder has a temporary name until it is complete. The exit code is 1 if a part of
    the archive is missing or can't be read; the rest is exported.
    """
    if kind == "wacz" and to.suffix != ".wacz":
        raise click.BadParameter("the name of a WACZ file must end in .wacz", param_hint="--to")
    choice = Choice(source, since, until)
    with closing(home.plain_store()) as store:
        if source is not None:
            check_source(home, store, source)
        lost = lost_captures(home.archive, chosen_captures(store, choice))
        with destination(to) as temporary, one_bar(kind) as on_progress:
            made = write(home, store, kind, temporary, choice, on_progress=on_progress)
    code = report(made, lost, kind, to)
    unproven = kind == "bagit" and choice.is_all and isinstance(made, Exported) and made.records
    if unproven and not (home.archive / "log" / "checkpoint").exists():
        complain(NO_LOG)
        return 1
    return code


def write(
    home: Home, store: Store, kind: str, to: Path, choice: Choice, *, on_progress: OnProgress
) -> Exported | FolderCopy:
    """Write an export in the format ``kind``."""
    if kind == "folder":
        return folder(home, store, to, choice, on_progress)
    if kind == "sqlite":
        return write_sqlite(store, to, choice, on_progress=on_progress)
    writer = partial(write_wacz, key=signing_key(home)) if kind == "wacz" else write_bag
    sheets: StyleSheets = {}
    with closing(CapturedPages(home.archive, home.settings.site)) as pages:
        return writer(
            store,
            home.archive,
            to,
            choice,
            parts_of=partial(
                parts_of, pages, restrictions_of(store, Withheld(pages.part_addresses)), sheets
            ),
            title=home.settings.site.title or "Communique",
            software=f"Communique {version('communique')}",
            on_progress=on_progress,
        )


def parts_of(
    pages: CapturedPages, restrictions: Restrictions, sheets: StyleSheets, capture: Capture
) -> Sequence[CdxjEntry]:
    """Return the captures of the parts that replay shows for a captured page.

    ``sheets`` are the style sheets of earlier pages.
    """
    try:
        return pages.parts(capture, restrictions, sheets)
    except (ArchiveError, Undecodable):
        # Records that can't be read are reported elsewhere.
        return ()


def signing_key(home: Home) -> SigningKey | None:
    """Return the key of the log, or None if it can't be used. Prints the reason."""
    if not home.log_key.exists():
        return None
    try:
        with closing(home.log()) as log:
            log.check_key()
            return log.key()
    except ArchiveError as error:
        complain(f"the WACZ file is not signed: {error}")
        return None


def folder(
    home: Home, store: Store, to: Path, choice: Choice, on_progress: OnProgress
) -> FolderCopy:
    """Export a folder that browsers can display."""
    archive = home.archive
    limit = home.settings.network.max_bytes
    reported: set[str] = set()

    def payload(capture: Capture) -> tuple[str, bytes] | None:
        try:
            found = served(archive, index, capture.file, capture.offset, limit)
        except (ArchiveError, Undecodable) as error:
            # Many captures may be in the same missing file, so each error is reported once.
            if str(error) not in reported:
                reported.add(str(error))
                complain(str(error))
            return None
        return found.content_type, found.body

    with closing(Index(archive)) as index:
        to.mkdir()
        return write_folder(
            store, choice, to, home.settings.site, payload=payload, on_progress=on_progress
        )


def report(made: Exported | FolderCopy, lost: Sequence[LostCaptures], kind: str, to: Path) -> int:
    """Print which parts were exported and which were missing, and return the exit code."""
    damaged: tuple[Damage, ...] = made.damaged if isinstance(made, Exported) else ()
    missing = made.missing if isinstance(made, FolderCopy) else 0
    if wants_json():
        print_json({**values(made, kind, to), "lost": lost})
    else:
        parts = [counted(made.releases, "release")]
        if isinstance(made, FolderCopy):
            parts.append(counted(made.files, "archived file"))
        elif made.records:
            parts.append(counted(made.records, "record"))
        say(f"{to}: {', '.join(parts)}")
        template = "{0.file}: byte {0.offset} can't be read and is left out: {0.cause}"
        complain_about([*map(template.format, damaged)], MAX_DAMAGE_SHOWN)
        if isinstance(made, Exported) and made.with_secrets:
            complain(
                f"{counted(made.with_secrets, 'record')} in the copy repeat a secret from the"
                " address of a source: give the copy only to people who may know that secret, or"
                " change the secret first"
            )
        if isinstance(made, FolderCopy) and made.with_secrets:
            complain(
                f"{counted(made.with_secrets, 'file')} left out of the copy, because they repeat a"
                " secret from the address of a source: to copy them, use another format"
            )
        if lost:
            complain(f"{lost_text(lost)}; their captures are left out")
    return 1 if damaged or missing or lost else 0


def values(made: Exported | FolderCopy, kind: str, to: Path) -> dict[str, Any]:
    """Return the result of an export as JSON values."""
    fields: dict[str, Any] = {"path": str(to), "format": kind, "releases": made.releases}
    if isinstance(made, FolderCopy):
        fields |= {"files": made.files, "missing": made.missing}
    else:
        fields |= {"pages": made.pages, "records": made.records, "damaged": made.damaged}
    return fields | ({"with_secrets": made.with_secrets} if made.with_secrets else {})
