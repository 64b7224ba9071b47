"""communique mirror import: what an archivist holds already, as if it had been collected."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import click

from data.topics.taxonomy import load_taxonomy
from data.wording import counted
from scheduler.cli import as_json, complain, print_json, say, with_home
from scheduler.home import SOURCE_LOCK, Home
from scheduler.mirror.import_archive import ArchiveImport
from scheduler.terminal.new_store import with_new_store
from scheduler.terminal.steps import steps_bar
from spiders.archived.imported_pages import ImportedPages
from spiders.sources.loader import load_source

IN_WORDS = {
    "new": "new releases",
    "changed": "changed",
    "unchanged": "unchanged",
    "older": "older than what is stored",
    "passed": "no release",
}
"""What became of pages, as people are told it."""

SHOWN = 10
"""Damaged places and bad pages that are told; --json gives them all."""


@click.command("import")
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--source", required=True, metavar="ID", help="The source whose pages it holds.")
@as_json
@with_home
@with_new_store
def import_(home: Home, *, path: Path, source: str, as_json: bool) -> int:
    """Take in a WARC or WACZ file: its records into the archive, its pages as releases.

    A page is read as if it had been collected when it was captured; a listing in the file says
    which are releases. Records keep their ids, and bear the name of the file. Exit code 1 where
    something could not be read; the rest was taken in. These are told:

    \b
      records     captures of web addresses in the file; it may hold other records
      duplicates  those of them that are in the archive already
      new         pages of the source's site that made a new release
      changed     pages that made a new version of a release
      unchanged   pages that show a release as it is stored
      older       pages from before what is stored of their release, which stays as it is
      passed      pages and documents that are no release: a listing, or what no listing names
      damaged     places of the file that could not be read, and records that were skipped:
                  their id is that of another record here, or the page of a revisit is missing
      errors      pages that could not be read
    """  # noqa: D301 - click keeps the lines after this mark as they are
    loaded = load_source(home.sources, source)
    taxonomy = load_taxonomy(home.topics if home.topics.exists() else None)
    archive = home.open_archive()
    # Where the log can't be signed nothing is taken in: the person can put the key back first.
    archive.log.check_key()
    with (
        home.lock(f"{SOURCE_LOCK}{source}", "an import into this source"),
        closing(archive),
        closing(home.store(archive=archive)) as store,
        steps_bar(path.name) as told,
    ):
        pages = ImportedPages(loaded, store, taxonomy)
        task = ArchiveImport(archive, store, pages, source, home.settings.network.max_bytes)
        task.run(path, told)
        store.update_search_index()
    records, outcome = task.outcome, pages.outcome
    told_counts = {name: outcome.counts[name] for name in IN_WORDS}
    if as_json:
        print_json(
            {
                "records": records.records,
                "duplicates": records.duplicates,
                **told_counts,
                "damaged": records.damaged,
                "errors": outcome.errors,
            }
        )
    else:
        counts = ", ".join(f"{count} {IN_WORDS[name]}" for name, count in told_counts.items())
        taken = counted(records.records, "record")
        say(f"{taken}, {records.duplicates} of them in the archive already; pages: {counts}")
        said = [f"{one.file}: byte {one.offset}: {one.cause}" for one in records.damaged]
        said += [f"{one.url}: {one.message}" for one in outcome.errors]
        for sentence in said[:SHOWN]:
            complain(sentence)
        if len(said) > SHOWN:
            complain(f"and {len(said) - SHOWN} more; --json shows them all")
    return 1 if records.damaged or outcome.errors else 0
