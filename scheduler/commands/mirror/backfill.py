"""communique mirror backfill: import releases and versions from a web archive."""

import datetime as dt
from contextlib import closing
from typing import Final

import click

from data.network.client import Outbound
from data.topics.taxonomy import load_taxonomy
from data.wording import counted
from scheduler.cli import as_json, complain, print_json, say, with_home
from scheduler.commands.mirror.pages import COUNT_LABELS, page_counts
from scheduler.home.home import SOURCE_LOCK, Home
from scheduler.mirror.backfill import Backfill
from scheduler.mirror.import_archive import ArchiveImport
from scheduler.terminal.new_store_option import with_new_store
from scheduler.terminal.progress_and_tables import step_lines
from spiders.download.settings import user_agent
from spiders.sources.source_file import load_source
from spiders.stored.imported_pages import ImportedPages
from spiders.web_archives.web_archive import WebArchive

MAX_PROBLEMS_SHOWN: Final = 10
"""Maximum number of printed problems; --json prints all."""


@click.command()
@click.argument("source")
@click.option("--from", "address", required=True, metavar="URL", help="Address of the web archive.")
@as_json
@with_home
@with_new_store
def backfill(home: Home, *, source: str, address: str, as_json: bool) -> int:
    """Add the history of a source from a web archive.

    The archive needs a CDX server or Memento TimeMaps (RFC 7089), like the Wayback Machine and
    pywb. Its index lists the captures of the source's site. The command fetches the smallest set of
    captures that contains every release and every version, in their original form. They are
    imported with their original times. Ids, publication dates and numbers of known versions do not
    change, and no alerts are sent. If the command is stopped, run it again to continue. The exit
    code is 1 if a capture can't be read; the rest is imported.
    """
    loaded = load_source(home.sources, source)
    taxonomy = load_taxonomy(home.topics if home.topics.exists() else None)
    network = home.settings.network
    client = Outbound(
        user_agent(home.settings), network.allow_private, network.timeout, network.max_bytes
    )
    archive = home.open_archive()
    archive.log.check_key()
    with (
        home.lock(f"backfill-{source}", "another backfill of this source"),
        closing(archive),
        closing(home.store(archive=archive)) as store,
        step_lines() as on_step,
    ):
        web = WebArchive(address, client, network.delay)
        pages = ImportedPages(loaded, store, taxonomy)
        task = ArchiveImport(archive, store, pages, source, network.max_bytes)
        confirmed_after = dt.timedelta(seconds=home.settings.collect.retract_after)
        run = Backfill(web, task, pages, loaded, confirmed_after=confirmed_after, on_step=on_step)
        run.fetch()
        with home.lock(f"{SOURCE_LOCK}{source}", "a backfill of this source", wait=True):
            # The source may have been renamed or removed meanwhile.
            load_source(home.sources, source)
            run.record()
        store.update_search_index()
    counts = {name: pages.result.counts[name] for name in COUNT_LABELS}
    found = run.counts
    problems = [f"{one.url}: {one.message}" for one in pages.result.errors]
    problems += [f"{one.file}: {one.cause}" for one in task.outcome.damaged]
    if as_json:
        print_json(
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
            }
        )
    else:
        kept = f", {found.kept} already in the archive" * (found.kept > 0)
        gone = f", {counted(found.retracted, 'retraction')}" * (found.retracted > 0)
        say(
            f"{counted(found.captures, 'capture')} in the index, {found.fetched} fetched{kept}:"
            f" {page_counts(counts)}{gone}"
        )
        if found.impossible:
            complain(f"skipped {counted(found.impossible, 'capture')} with an impossible time")
        for problem in problems[:MAX_PROBLEMS_SHOWN]:
            complain(problem)
        if len(problems) > MAX_PROBLEMS_SHOWN:
            complain(f"and {len(problems) - MAX_PROBLEMS_SHOWN} more; --json shows them all")
    return 1 if problems else 0
