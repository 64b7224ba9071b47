"""communique export and import: releases as JSON lines or in another format, out and in."""

import datetime as dt
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import IO
from urllib.parse import urljoin

import click

from data.clock import utc_now
from data.dates.context import DateContext
from data.errors import CommuniqueError
from data.export.formats import FORMATS
from data.export.formats.json_lines import JsonLines
from data.interchange.importer import Importer, bounded_lines
from data.models import Release, Source
from data.text.clean import clean_line
from data.text.masking import MASK
from data.toml_files import ID
from data.topics.taxonomy import load_taxonomy
from data.wording import counted, meant
from scheduler.cli import (
    always_json,
    answer,
    complain,
    complain_about,
    wants_json,
    with_home_only,
    with_new_home,
)
from scheduler.home.home import SOURCE_LOCK, Home
from scheduler.home.home_records import keep_home_files
from scheduler.sources.known_names import check_source
from scheduler.terminal.new_store_option import with_new_store
from scheduler.terminal.progress_and_tables import one_bar
from spiders.sources.source_file import LoadedSource, load_sources


def day(value: str) -> dt.date:
    """Parse a day such as 2026-11-24. Raises click.BadParameter if it is invalid."""
    try:
        return dt.datetime.strptime(value, "%Y-%m-%d").date()  # noqa: DTZ007 - a day has no time zone
    except ValueError as error:
        why = f"{value!r} is not a valid day; write it like 2026-11-24"
        raise click.BadParameter(why) from error


since_option = click.option(
    "--since",
    type=day,
    metavar="DAY",
    help="Only releases published on this day or later.",
)
until_option = click.option(
    "--until",
    type=day,
    metavar="DAY",
    help="Only releases published on this day or earlier.",
)


class UnknownCursor(CommuniqueError):
    """Raised if no release has the id given as the cursor."""

    exit_code = 2

    def __init__(self, cursor: str) -> None:
        super().__init__(
            f"there is no release {cursor[:100]!r}; give the id in the last line of the previous "
            "export"
        )
        self.cursor = cursor


def check_days(since: dt.date | None, until: dt.date | None) -> None:
    """Raise click.UsageError if ``since`` is after ``until``."""
    if since and until and since > until:
        raise click.UsageError(f"--since {since} is after --until {until}: swap them")


@click.command()
@click.option("--source", metavar="ID", help="Source whose releases are exported.")
@since_option
@until_option
@click.option(
    "--cursor",
    metavar="RELEASE",
    help="Continue after this release: the id in the last line of the previous export.",
)
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    metavar="N",
    help="Maximum number of releases.",
)
@click.option(
    "--format",
    "format_name",
    type=click.Choice(tuple(FORMATS)),
    default=JsonLines.name,
    help=f"Format of the output (default {JsonLines.name}).",
)
@always_json
@with_home_only
def export(
    home: Home,
    *,
    source: str | None,
    since: dt.date | None,
    until: dt.date | None,
    cursor: str | None,
    limit: int | None,
    format_name: str,
) -> int:
    """Export releases as JSON lines, CSV, ninjs or Parquet.

    Releases are in the order in which they were first seen. Days of publication are in the time
    zone of the source. `communique import` reads JSON lines only.
    """
    check_days(since, until)
    hidden = 0

    def counted_releases(every: Iterable[Release]) -> Iterator[Release]:
        nonlocal hidden
        for release in every:
            hidden += MASK in release.url
            yield release

    with closing(home.store()) as store:
        if source is not None:
            check_source(home, store, source)
        if cursor is not None and store.release(cursor) is None:
            raise UnknownCursor(cursor)
        shown = store.public_view()
        every = shown.by_first_seen(source, since=since, until=until, after=cursor or "")
        some = islice((one for one in every if not one.hidden), limit)
        FORMATS[format_name]().write(counted_releases(some), sys.stdout.buffer)
    sys.stdout.buffer.flush()
    if hidden and format_name == JsonLines.name:
        complain(
            f"{counted(hidden, 'release')} with a hidden secret (`{MASK}`) in the address:"
            " an import of these lines would change their ids; to keep the ids, use"
            " `communique backup`"
        )
    return 0


MAX_NAME_CHARS = 300
"""Maximum length in characters of a source's name. Longer names are cut."""

MAX_REMARKS_SHOWN = 10
"""Maximum number of printed remarks about rejected lines, and about doubtful lines; --json prints
all."""


@click.command("import")
@click.argument("path", type=click.File("rb"))
@click.option("--source", required=True, metavar="ID", help="Source of the releases.")
@click.option("--name", metavar="NAME", help="Name of the source, if it has no source file.")
@with_new_home
@with_new_store
def import_(home: Home, *, path: IO[bytes], source: str, name: str | None) -> int:
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
        order = loaded.file.date_order if loaded else None
        languages = (loaded.file.language,) if loaded and loaded.file.language else ()
        context = DateContext(registered.timezone, order, languages, utc_now())
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
    answer(
        done,
        f"{done.read} read: {done.new} new, {done.changed} changed, {done.unchanged} unchanged,"
        f" {len(done.rejected)} rejected; {counted(done.stories, 'story', 'stories')}",
    )
    for remarks in () if wants_json() else (done.rejected, done.doubtful):
        lines = [f"line {one.line}: {one.message}" for one in remarks]
        complain_about(lines, MAX_REMARKS_SHOWN)
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
