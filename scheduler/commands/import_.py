"""communique import: releases from lines of JSON, as if they had been collected."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import IO
from urllib.parse import urljoin

import click
from rich.console import Console
from rich.progress import Progress

from data.clock import utc_now
from data.dates.context import DateContext
from data.interchange.importer import Importer, lines_of
from data.models import Source
from data.text.clean import clean_line
from data.toml_files import ID
from data.topics.taxonomy import load_taxonomy
from data.wording import counted, meant
from scheduler.cli import as_json, complain, print_json, say, with_new_home
from scheduler.home import SOURCE_LOCK, Home
from scheduler.home.files import keep_home_files
from scheduler.terminal.new_store import with_new_store
from spiders.sources.loader import LoadedSource, load_sources

LONGEST_NAME = 300
"""Maximum characters of the name of a source."""

SHOWN = 10
"""Bad lines, and doubtful ones, that are told; --json gives them all."""


@click.command("import")
@click.argument("path", type=click.File("rb"))
@click.option("--source", required=True, metavar="ID", help="Source of the releases.")
@click.option("--name", metavar="NAME", help="Name of a source that has no source file.")
@as_json
@with_new_home
@with_new_store
def import_(home: Home, *, path: IO[bytes], source: str, name: str | None, as_json: bool) -> int:
    """Import releases from a file of JSON lines (- is standard input), as if collected.

    docs/reference/import.md describes the lines. The source needs no source file. The exit code is
    1 if a line was rejected; all other lines are imported. Dates that are missing, impossible or in
    the future are reported.
    """
    if not ID.fullmatch(source):
        why = "use lower-case letters, digits and hyphens, at most 64"
        raise click.BadParameter(why, param_hint="--source")
    loaded = load_sources(home.sources)[0].get(source)
    named = None if name is None else name_of(name, loaded)
    taxonomy = load_taxonomy(home.topics if home.topics.exists() else None)
    store = home.store()
    keep_home_files(home, store)
    is_new = loaded is None and source not in store.sources()
    if is_new and named is None:
        near = meant(source, sorted(store.sources()))
        complain(f"{source} is a new source; --name gives it a name{near}")
    with home.lock(f"{SOURCE_LOCK}{source}", "an import into this source"), drawn(path) as told:
        known = loaded.source if loaded else store.sources().get(source)
        registered = known or Source(source, source, "")
        if named:
            registered = replace(registered, name=named)
        reading = reading_of(loaded, registered)
        importer = Importer(
            store,
            taxonomy,
            registered,
            reading,
            topics=loaded.file.topics if loaded else (),
            front=(registered.url, urljoin(registered.url, "/")) if registered.url else (),
        )
        done = importer.import_lines(lines_of(path), told)
    store.update_search_index()
    store.close()
    if not done.read:
        complain(f"{path.name} has no lines, so nothing was imported")
    if as_json:
        print_json(done)
    else:
        stories = counted(done.stories, "story", "stories")
        say(
            f"{done.read} read: {done.new} new, {done.changed} changed, {done.unchanged} unchanged,"
            f" {len(done.rejected)} rejected; {stories}"
        )
        for remarks in (done.rejected, done.doubtful):
            for one in remarks[:SHOWN]:
                complain(f"line {one.line}: {one.message}")
            if len(remarks) > SHOWN:
                complain(f"and {len(remarks) - SHOWN} more; --json shows them all")
    return 1 if done.rejected else 0


def name_of(name: str, loaded: LoadedSource | None) -> str:
    """The name that --name gives to a source. Raises BadParameter.

    Only a source without a file can get one: the next visit would take the name from the file.
    """
    if loaded:
        why = f"{loaded.path} names this source: change `name` there"
        raise click.BadParameter(why, param_hint="--name")
    found = clean_line(name)[:LONGEST_NAME]
    if not found:
        raise click.BadParameter("it has no letters", param_hint="--name")
    return found


def reading_of(loaded: LoadedSource | None, source: Source) -> DateContext:
    """How dates that state no zone are read."""
    order = loaded.file.date_order if loaded else None
    languages = (loaded.file.language,) if loaded and loaded.file.language else ()
    return DateContext(source.timezone, order, languages, utc_now())


@contextmanager
def drawn(file: IO[bytes]) -> Iterator[Callable[[int], None] | None]:
    """What to tell of bytes read: it draws a bar on standard error, if that is a terminal."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield None
        return
    path = Path(file.name)
    with Progress(console=console) as bars:
        task = bars.add_task("lines", total=path.stat().st_size if path.is_file() else None)
        yield lambda read: bars.advance(task, read)
