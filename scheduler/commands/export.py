"""communique export: releases as lines of JSON."""

from __future__ import annotations

import datetime as dt
import sys
from contextlib import closing
from itertools import islice

import click
import msgspec

from data.errors import CommuniqueError
from data.interchange.release_fields import release_fields
from data.store.public_view import public_view
from data.text.masking import MASK
from data.wording import counted
from scheduler.cli import always_json, complain, with_home
from scheduler.home.home import Home
from scheduler.sources.known_names import check_source


def day(value: str) -> dt.date:
    """Parse a day such as 2026-11-24. Raises click.BadParameter."""
    try:
        return dt.datetime.strptime(value, "%Y-%m-%d").date()  # noqa: DTZ007 - a day has no time zone
    except ValueError as error:
        why = f"{value!r} is not a valid day; write it like 2026-11-24"
        raise click.BadParameter(why) from error


since_option = click.option(
    "--since", type=day, metavar="DAY", default=None, help="First day of publication."
)
until_option = click.option(
    "--until", type=day, metavar="DAY", default=None, help="Last day of publication."
)


class UnknownCursor(CommuniqueError):
    """No release has the id given as the cursor."""

    exit_code = 2

    def __init__(self, cursor: str) -> None:
        super().__init__(
            f"there is no release {cursor[:100]!r}; give the id in the last line of the previous "
            "export"
        )
        self.cursor = cursor


def check_days(since: dt.date | None, until: dt.date | None) -> None:
    """Raise click.UsageError if the first day is after the last one."""
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
    help="Cursor: the id in the last line of the previous export.",
)
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    metavar="N",
    default=None,
    help="Maximum number of releases.",
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
) -> int:
    """Export releases as JSON lines.

    Releases are in the order in which they were first seen. Days of publication are in the time
    zone of the source.
    """
    check_days(since, until)
    encoder = msgspec.json.Encoder()
    line = bytearray()
    hidden = 0
    with closing(home.store()) as store:
        if source is not None:
            check_source(home, store, source)
        if cursor is not None and store.release(cursor) is None:
            raise UnknownCursor(cursor)
        shown = public_view(store)
        every = shown.by_first_seen(source, since=since, until=until, after=cursor or "")
        for release in islice((one for one in every if not one.hidden), limit):
            encoder.encode_into(release_fields(release), line)
            line += b"\n"
            sys.stdout.buffer.write(line)
            hidden += MASK in release.url
    sys.stdout.buffer.flush()
    if hidden:
        complain(
            f"{counted(hidden, 'release')} with a hidden secret (`{MASK}`) in the address:"
            " an import of these lines would change their ids; to keep the ids, use"
            " `communique backup`"
        )
    return 0
