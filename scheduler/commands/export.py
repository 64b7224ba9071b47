"""communique export: export releases as JSON lines, or in another format."""

import datetime as dt
import sys
from collections.abc import Iterable, Iterator
from contextlib import closing
from itertools import islice

import click

from data.errors import CommuniqueError
from data.export.formats import FORMATS
from data.export.formats.json_lines import JsonLines
from data.models import Release
from data.text.masking import MASK
from data.wording import counted
from scheduler.cli import always_json, complain, with_home
from scheduler.home.home import Home
from scheduler.sources.known_names import check_source


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
    default=None,
    help="Only releases published on this day or later.",
)
until_option = click.option(
    "--until",
    type=day,
    metavar="DAY",
    default=None,
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
@click.option("--source", default=None, metavar="ID", help="Source whose releases are exported.")
@since_option
@until_option
@click.option(
    "--cursor",
    default=None,
    metavar="RELEASE",
    help="Continue after this release: the id in the last line of the previous export.",
)
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    metavar="N",
    default=None,
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
@with_home
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
