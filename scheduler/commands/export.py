"""communique export: releases as lines of JSON."""

from __future__ import annotations

import datetime as dt
import sys

import click
import msgspec

from data.errors import UnknownSource
from data.public_names import release_fields
from scheduler.cli import always_json, with_home
from scheduler.home import Home
from spiders.loader import load_sources


class Day(click.ParamType):
    """A day, as 2026-11-24."""

    name = "day"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> dt.date:
        """The day; usage that can't be meant is refused."""
        try:
            return dt.datetime.strptime(str(value), "%Y-%m-%d").date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            self.fail(f"{value!r} is no day; write one such as 2026-11-24", param, ctx)


DAY = Day()


@click.command()
@click.option("--source", default=None, metavar="ID", help="Only the releases of this source.")
@click.option(
    "--since",
    type=DAY,
    metavar="DAY",
    default=None,
    help="Only those published on this day or later.",
)
@click.option(
    "--until",
    type=DAY,
    metavar="DAY",
    default=None,
    help="Only those published on this day or before.",
)
@always_json
@with_home
def export(
    home: Home,
    *,
    source: str | None,
    since: dt.date | None,
    until: dt.date | None,
) -> int:
    """Write releases to standard output, one line of JSON each, in the order of first sight.

    Days are those of publication, in the zone of each release's source.
    """
    store = home.store()
    if source is not None:
        known = {*store.sources(), *load_sources(home.sources)[0]}
        if source not in known:
            store.close()
            raise UnknownSource(source, tuple(sorted(known)))
    encoder = msgspec.json.Encoder()
    line = bytearray()
    found = store.collected(
        source,
        since=since,
        until=until,
    )
    for release in found:
        encoder.encode_into(release_fields(release), line)
        line += b"\n"
        sys.stdout.buffer.write(line)
    sys.stdout.buffer.flush()
    store.close()
    return 0
