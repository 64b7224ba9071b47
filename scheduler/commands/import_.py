"""communique import: import releases from JSON lines, as if they had been collected."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import IO
from urllib.parse import urljoin

import click

from data.clock import utc_now
from data.dates.context import DateContext
from data.interchange.importer import Importer, bounded_lines
from data.models import Source
from data.text.clean import clean_line
from data.toml_files import ID
from data.topics.taxonomy import load_taxonomy
from data.wording import counted, meant
from scheduler.cli import as_json, complain, print_json, say, with_new_home
from scheduler.home.archived_files import keep_home_files
from scheduler.home.home import SOURCE_LOCK, Home
from scheduler.terminal.new_store_option import with_new_store
from scheduler.terminal.progress_and_tables import one_bar
from spiders.sources.source_file import LoadedSource, load_sources

MAX_NAME_CHARS = 300
"""Maximum length in characters of a source's name. Longer names are cut."""

MAX_REMARKS_SHOWN = 10
"""Maximum number of printed remarks about rejected lines, and about doubtful lines; --json prints
all."""


@click.command("import")
@click.argument("path", type=click.File("rb"))
@click.option("--source", required=True, metavar="ID", help="Source of the releases.")
@click.option("--name", metavar="NAME", help="Name of the source, if it has no source file.")
@as_json
@with_new_home
@with_new_store
def import_(home: Home, *, path: IO[bytes], source: str, name: str | None, as_json: bool) -> int:
    """Import releases from a file of JSON lines.

    PATH may be - for standard input. docs/reference/import.md describes the lines. The source needs
    no source file. Dates that are missing, impossible or in the future are reported. The exit code
    is 1 if a line is rejected; all other lines are imported.
    """
    if not ID.fullmatch(source):
        why = "use at most 64 lower-case letters, digits and hyphens"
        raise click.BadParameter(why, param_hint="--source")
    loaded = load_sources(home.sources)[0].get(source)
    named = None if name is None else checked_name(name, loaded)
    taxonomy = load_taxonomy(home.topics if home.topics.exists() else None)
    store = home.store()
    keep_home_files(home, store)
    is_new = loaded is None and source not in store.sources()
    if is_new and named is None:
        near = meant(source, sorted(store.sources()))
        complain(f"{source} is a new source without a name; set one with --name{near}")
    with (
        home.lock(f"{SOURCE_LOCK}{source}", "an import into this source"),
        line_bar(path) as on_read,
    ):
        known = loaded.source if loaded else store.sources().get(source)
        registered = known or Source(source, source, "")
        if named:
            registered = replace(registered, name=named)
        context = date_context_of(loaded, registered)
        importer = Importer(
            store,
            taxonomy,
            registered,
            context,
            topics=loaded.file.topics if loaded else (),
            front=(registered.url, urljoin(registered.url, "/")) if registered.url else (),
        )
        done = importer.import_lines(bounded_lines(path), on_read)
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
            for one in remarks[:MAX_REMARKS_SHOWN]:
                complain(f"line {one.line}: {one.message}")
            if len(remarks) > MAX_REMARKS_SHOWN:
                complain(f"and {len(remarks) - MAX_REMARKS_SHOWN} more; --json shows them all")
    return 1 if done.rejected else 0


def checked_name(name: str, loaded: LoadedSource | None) -> str:
    """Return the cleaned value of --name.

    Raises BadParameter if it is empty, or if the source has a source file, because the next visit
    would use the name in the file.
    """
    if loaded:
        why = f"this source has a file; change `name` in {loaded.path}"
        raise click.BadParameter(why, param_hint="--name")
    found = clean_line(name)[:MAX_NAME_CHARS]
    if not found:
        raise click.BadParameter("the name has no visible characters", param_hint="--name")
    return found


def date_context_of(loaded: LoadedSource | None, source: Source) -> DateContext:
    """Return the context for parsing dates of an import, with the source's time zone."""
    order = loaded.file.date_order if loaded else None
    languages = (loaded.file.language,) if loaded and loaded.file.language else ()
    return DateContext(source.timezone, order, languages, utc_now())


@contextmanager
def line_bar(file: IO[bytes]) -> Iterator[Callable[[int], None]]:
    """Show a progress bar. Yields a function that advances the bar by a number of bytes."""
    path = Path(file.name)
    size = path.stat().st_size if path.is_file() else None
    done = 0
    with one_bar("lines") as draw:

        def advance(read: int) -> None:
            nonlocal done
            done += read
            draw(done, size)

        yield advance
