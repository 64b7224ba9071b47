"""communique mirror import, backfill and reextract: extract releases from archived pages."""

import datetime as dt
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import Final

import click

from data.network.client import Outbound
from data.topics.taxonomy import load_taxonomy
from data.wording import counted
from scheduler.cli import (
    answer,
    complain,
    complain_about,
    print_json,
    say,
    wants_json,
    with_home,
)
from scheduler.commands.export import since_option
from scheduler.home.home import SOURCE_LOCK, Home
from scheduler.mirror.backfill import Backfill
from scheduler.mirror.import_archive import ArchiveImport
from scheduler.mirror.reextract import Reextraction, Reread
from scheduler.mirror.reextract import reextract as reextract_home
from scheduler.terminal.new_store_option import with_new_store
from scheduler.terminal.progress_and_tables import one_bar, step_bars, step_lines
from spiders.download.settings import user_agent
from spiders.sources.source_file import LoadedSource, choose, load_source, load_sources
from spiders.stored.imported_pages import ImportedPages
from spiders.web_archives.web_archive import WebArchive

COUNT_LABELS: Final = {
    "new": ("new release", "new releases"),
    "changed": ("changed release", "changed releases"),
    "earlier": ("earlier version", "earlier versions"),
    "unchanged": ("unchanged page", "unchanged pages"),
    "older": ("older page without a new version", "older pages without a new version"),
    "passed": ("page that is not a release", "pages that are not releases"),
}
"""Labels of the page counts in the summary of an import: singular and plural."""

MAX_PROBLEMS_SHOWN: Final = 10
"""Maximum number of printed problems of one kind; --json prints all."""

MAX_RELEASES_SHOWN: Final = 30
"""Maximum number of printed re-extracted releases; --json prints all."""


@click.command("import")
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--source", required=True, metavar="ID", help="Source to which the releases belong.")
@with_home
@with_new_store
def import_(home: Home, *, path: Path, source: str) -> int:
    """Import a WARC or WACZ file.

    Its records are added to the archive and keep their ids. Its pages are extracted as if they had
    been collected at the time of capture. If the file contains a listing, its links show which
    pages are releases. The exit code is 1 if something can't be read; the rest is imported. The
    output has these counts:

    \b
      records     captures of web addresses in the file
      duplicates  records that are already in the archive
      new         pages of new releases
      changed     pages with a new version of a release
      unchanged   pages with the stored version of a release
      earlier     pages with a version that is older than the stored version
      older       other old pages, which change nothing
      passed      pages and documents that are not releases
      damaged     unreadable parts of the file, and skipped records (they were altered,
                  another record has the same id, or the original of a revisit record is
                  missing)
      errors      pages that can't be extracted
    """  # noqa: D301 - click keeps the lines after this mark as they are
    loaded = load_source(home.sources, source)
    lock = home.lock(f"{SOURCE_LOCK}{source}", "an import into this source")
    with opened_import(home, loaded, lock) as (task, pages), one_bar(path.name) as on_progress:
        task.run(path, on_progress)
    records, pages_result = task.outcome, pages.result
    counts = {name: pages_result.counts[name] for name in COUNT_LABELS}
    known = f", {records.duplicates} of them already in the archive" * (records.duplicates > 0)
    answer(
        {
            "records": records.records,
            "duplicates": records.duplicates,
            **counts,
            "damaged": records.damaged,
            "errors": pages_result.errors,
        },
        f"{counted(records.records, 'record')}{known}: {page_counts(counts)}",
    )
    problems = [f"{one.file}: byte {one.offset}: {one.cause}" for one in records.damaged]
    problems += [f"{one.url}: {one.message}" for one in pages_result.errors]
    complain_about([] if wants_json() else problems, MAX_PROBLEMS_SHOWN)
    return 1 if problems else 0


@contextmanager
def opened_import(
    home: Home, loaded: LoadedSource, lock: AbstractContextManager[None]
) -> Iterator[tuple[ArchiveImport, ImportedPages]]:
    """Context manager that yields an import into a source, under a lock, and its pages.

    At the end, the releases are added to the search index. Raises ArchiveError if the key of the
    log is missing, so that the user can restore the key first.
    """
    taxonomy = load_taxonomy(home.topics if home.topics.exists() else None)
    archive = home.open_archive()
    archive.log.check_key()
    with lock, closing(archive), closing(home.store(archive=archive)) as store:
        pages = ImportedPages(loaded, store, taxonomy)
        limit = home.settings.network.max_bytes
        yield ArchiveImport(archive, store, pages, loaded.id, limit), pages
        store.update_search_index()


def page_counts(counts: Mapping[str, int]) -> str:
    """Format the numbers of imported pages as text. Numbers that are 0 are left out."""
    parts = [counted(count, *COUNT_LABELS[name]) for name, count in counts.items() if count]
    return ", ".join(parts) or "no pages"


@click.command()
@click.option("--source", metavar="ID", help="Source whose releases are re-extracted.")
@since_option
@click.option("--dry-run", "dry", is_flag=True, help="Show what would change, and change nothing.")
@click.option(
    "--accept", is_flag=True, help="Accept changes even if many releases lose text or dates."
)
@with_home
def reextract(
    home: Home,
    *,
    source: str | None,
    since: dt.date | None,
    dry: bool,
    accept: bool,
) -> int:
    """Re-extract releases from archived pages with the current rules.

    The network is not used. A better title, text or attachment becomes a revision with the reason
    `reading`. Feeds do not show it as an edit, because the publisher changed nothing. Ids and known
    dates are kept. Values that are no longer found in a page are also kept. If many releases would
    get worse, their source is held for review, unless --accept is given. The exit code is 1 if a
    source is held, or if a page can't be extracted.
    """
    sources, broken = load_sources(home.sources)
    for error in broken:
        complain(str(error))
    if source is not None:
        choose(sources, (source,))
    with step_bars() as on_step:
        done = reextract_home(
            home, sources, source=source, since=since, dry=dry, accept=accept, on_progress=on_step
        )
    if wants_json():
        print_json(done)
    else:
        print_reextraction(done, dry=dry)
    for held, why in done.held.items():
        complain(f"{held}: {why}")
    return 1 if done.failed or done.held else 0


def print_reextraction(done: Reextraction, *, dry: bool) -> None:
    """Print the releases that are new, have a new revision, or changed without a revision."""
    revised = sum(bool(one.revision) for one in done.releases)
    would = "would be" if dry else "was" if revised == 1 else "were"
    say(
        f"{counted(done.read, 'page')} re-extracted: {counted(revised, 'release')} {would} revised,"
        f" {len(done.releases) - revised - done.failed} changed without a revision"
    )
    if done.new:
        would = "would be added" if dry else "added"
        say(f"{counted(len(done.new), 'release')} {would} from captured pages without a release:")
    for found in done.new[:MAX_RELEASES_SHOWN]:
        say(f"{found.url}: {found.title}")
    if len(done.new) > MAX_RELEASES_SHOWN:
        say(f"and {len(done.new) - MAX_RELEASES_SHOWN} more; --json shows them all")
    for one in done.releases[:MAX_RELEASES_SHOWN]:
        say(release_line(one), err=bool(one.error))
    if len(done.releases) > MAX_RELEASES_SHOWN:
        say(f"and {len(done.releases) - MAX_RELEASES_SHOWN} more; --json shows them all")
    for count, why in (
        (done.unarchived, "no page in the archive"),
        (done.without_file, f"no usable source file ({', '.join(done.unread_sources)})"),
    ):
        if count:
            say(f"{counted(count, 'release')} with {why}")


def release_line(one: Reread) -> str:
    """Return a line about the changes of a re-extracted release."""
    if one.error:
        return f"{one.url}: can't be extracted: {one.error}"
    changes = (("gained", one.gained), ("lost", one.lost), ("changed", one.changed))
    parts = [f"{what} {', '.join(fields)}" for what, fields in changes if fields]
    return f"{one.url}: {'; '.join(parts) or 'other markup'}"


@click.command()
@click.argument("source")
@click.option("--from", "address", required=True, metavar="URL", help="Address of the web archive.")
@with_home
@with_new_store
def backfill(home: Home, *, source: str, address: str) -> int:
    """Add the history of a source from a web archive.

    The archive needs a CDX server or Memento TimeMaps (RFC 7089), like the Wayback Machine and
    pywb. Its index lists the captures of the source's site. The command fetches the smallest set of
    captures that contains every release and every version, in their original form. They are
    imported with their original times. Ids, publication dates and numbers of known versions do not
    change, and no alerts are sent. If the command is stopped, run it again to continue. The exit
    code is 1 if a capture can't be read; the rest is imported.
    """
    loaded, network = load_source(home.sources, source), home.settings.network
    client = Outbound(
        user_agent(home.settings), network.allow_private, network.timeout, network.max_bytes
    )
    web = WebArchive(address, client, network.delay)
    lock = home.lock(f"backfill-{source}", "another backfill of this source")
    with opened_import(home, loaded, lock) as (task, pages), step_lines() as on_step:
        confirmed_after = dt.timedelta(seconds=home.settings.collect.retract_after)
        run = Backfill(web, task, pages, loaded, confirmed_after=confirmed_after, on_step=on_step)
        run.fetch()
        with home.lock(f"{SOURCE_LOCK}{source}", "a backfill of this source", wait=True):
            # The source may have been renamed or removed meanwhile.
            load_source(home.sources, source)
            run.record()
    counts = {name: pages.result.counts[name] for name in COUNT_LABELS}
    found = run.counts
    problems = [f"{one.url}: {one.message}" for one in pages.result.errors]
    problems += [f"{one.file}: {one.cause}" for one in task.outcome.damaged]
    kept = f", {found.kept} already in the archive" * (found.kept > 0)
    gone = f", {counted(found.retracted, 'retraction')}" * (found.retracted > 0)
    answer(
        {
            "archive": web.address,
            "requests": web.requests,
            "captures": found.captures,
            "fetched": found.fetched,
            "kept": found.kept,
            "impossible": found.impossible,
            **counts,
            "retracted": found.retracted,
            "errors": pages.result.errors,
            "damaged": task.outcome.damaged,
        },
        f"{counted(found.captures, 'capture')} in the index, {found.fetched} fetched{kept}:"
        f" {page_counts(counts)}{gone}",
    )
    if not wants_json():
        if found.impossible:
            complain(f"skipped {counted(found.impossible, 'capture')} with an impossible time")
        complain_about(problems, MAX_PROBLEMS_SHOWN)
    return 1 if problems else 0
