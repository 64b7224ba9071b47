"""communique health: show the health of sources, and acknowledge faults or mute alerts."""

from contextlib import closing

import click

from data.errors import SourceError, StoreError, UnknownSource
from data.health.state import Health
from data.models import Handling
from scheduler.cli import ListingGroup, answer, complain, why_option, with_home
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
@with_home
def list_health(home: Home) -> int:
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
    lines: list[str] = []
    for one in found:
        last = one.last_release or "-"
        lines.append(f"{one.source:24} {one.label:16} {one.code:20} {last:26} {why_line(one)}")
        if advice := block_advice(home, one):
            lines.append(f"{'':24} {advice}")
    lines = lines or ["no sources yet; `communique add URL --save` adds one"]
    answer({"sources": [*map(handled_fields, found)]}, *lines)
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
@with_home
def ack(home: Home, *, source: str, why: str) -> None:
    """Acknowledge that a source is broken.

    Alerts about the source stop until it works again.
    """
    report_handling(source, handlings.acknowledge(home, source, why))


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
@with_home
def mute(home: Home, *, source: str, days: int, why: str) -> None:
    """Mute health alerts of a source.

    Changes in its health still appear in the health feed.
    """
    report_handling(source, handlings.mute(home, source, why, days))


@health.command()
@click.argument("source")
@with_home
def unmute(home: Home, *, source: str) -> int:
    """Resume alerts for a muted or acknowledged source."""
    ended = end_handlings(home, source, ("muted", "acknowledged"))
    lines = [f"{source} is no longer {' or '.join(ended)}"] if ended else []
    answer({"source": source, "ended": ended}, *lines)
    if not ended:
        complain(f"{source} is neither muted nor acknowledged")
    return 0 if ended else 1


def report_handling(source: str, handling: Handling) -> None:
    """Print the decision to mute or acknowledge a source."""
    line = f"{source} is {handlings.handling_line(handling)}"
    answer({"source": source, "handling": handling}, line)
