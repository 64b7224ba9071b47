"""communique health: show the health of sources, and acknowledge faults or mute alerts."""

from contextlib import closing

import click

from data.errors import SourceError, StoreError, UnknownSource
from data.health.state import Health
from data.models import Handling
from scheduler.cli import ListingGroup, as_json, complain, print_json, say, why_option, with_home
from scheduler.home.home import Home
from scheduler.sources import handlings
from scheduler.sources.blocks import advice_line, ways_of
from scheduler.sources.handlings import (
    DEFAULT_MUTE_DAYS,
    MAX_MUTE_DAYS,
    end_handlings,
    handled_fields,
    why_line,
)
from scheduler.sources.home_health import health_without_store, home_health
from spiders.sources.source_file import load_source

REASON_OPTION = why_option("Reason, stored with this decision.")


@click.group(cls=ListingGroup)
def health() -> None:
    """Manage health alerts. Without a subcommand, show the health of sources."""


@health.command("list")
@as_json
@with_home
def list_health(home: Home, *, as_json: bool) -> int:
    """Show the health of all sources.

    The exit code is 1 if a source is failing, blocked, silent, or works but has a fault.
    """
    try:
        with closing(home.store().public_view()) as store:
            found = home_health(home, store)
    except StoreError:
        found = health_without_store(home)
        if not found:
            raise
    if as_json:
        print_json({"sources": [handled_fields(one) for one in found]})
    else:
        for one in found:
            last = one.last_release or "-"
            line = f"{one.source:24} {one.label:16} {one.code:20} {last:26}"
            say(f"{line} {why_line(one)}")
            if advice := block_advice(home, one):
                say(f"{'':24} {advice}")
        if not found:
            say("no sources yet; `communique add URL --save` adds one")
    return 0 if all(one.is_well for one in found) else 1


def block_advice(home: Home, one: Health) -> str:
    """Return advice for a blocked source, or an empty string."""
    if one.state != "blocked":
        return ""
    try:
        file = load_source(home.sources, one.source).file
    except (SourceError, UnknownSource):
        return ""
    return advice_line(ways_of(one.source, one.code, file, home.settings))


@health.command()
@click.argument("source")
@REASON_OPTION
@as_json
@with_home
def ack(home: Home, *, source: str, why: str, as_json: bool) -> int:
    """Acknowledge that a source is broken.

    Alerts about the source stop until it works again.
    """
    return report_handling(source, handlings.acknowledge(home, source, why), as_json=as_json)


@health.command()
@click.argument("source")
@click.option(
    "--for",
    "days",
    type=click.IntRange(1, MAX_MUTE_DAYS),
    default=DEFAULT_MUTE_DAYS,
    show_default=True,
    metavar="DAYS",
    help="Number of days without alerts.",
)
@REASON_OPTION
@as_json
@with_home
def mute(home: Home, *, source: str, days: int, why: str, as_json: bool) -> int:
    """Mute health alerts of a source.

    Changes in its health still appear in the health feed.
    """
    return report_handling(source, handlings.mute(home, source, why, days), as_json=as_json)


@health.command()
@click.argument("source")
@as_json
@with_home
def unmute(home: Home, *, source: str, as_json: bool) -> int:
    """Resume alerts for a muted or acknowledged source."""
    ended = end_handlings(home, source, ("muted", "acknowledged"))
    if as_json:
        print_json({"source": source, "ended": ended})
    elif ended:
        say(f"{source} is no longer {' or '.join(ended)}")
    if not ended:
        complain(f"{source} is neither muted nor acknowledged")
    return 0 if ended else 1


def report_handling(source: str, handling: Handling, *, as_json: bool) -> int:
    """Print the decision to mute or acknowledge a source, and return the exit code."""
    if as_json:
        print_json({"source": source, "handling": handling})
    else:
        say(f"{source} is {handlings.handling_line(handling)}")
    return 0
