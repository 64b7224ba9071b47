"""communique health: how all sources are, and what people decide of alerts."""

from __future__ import annotations

from contextlib import closing

import click

from data.errors import StoreError
from data.models import Handling
from data.store.public_view import public_view
from scheduler.cli import Listing, as_json, complain, print_json, say, why_option, with_home
from scheduler.home import Home
from scheduler.sources import handlings
from scheduler.sources.handlings import (
    DEFAULT_MUTE_DAYS,
    MAX_MUTE_DAYS,
    end_handlings,
    handled_fields,
    why_line,
)
from scheduler.sources.health import health_without_store, home_health


@click.group(cls=Listing)
def health() -> None:
    """Say how all sources are; acknowledge or mute what is told of one."""


@health.command("list")
@as_json
@with_home
def list_health(home: Home, *, as_json: bool) -> int:
    """Say of each source whether it works and is heard of as often as it used to be.

    The exit code is 1 if a source is failing, blocked, silent, or ok with a fault.
    """
    try:
        with closing(public_view(home.store())) as store:
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
            said = f"{one.source:24} {one.label:16} {one.code:20} {last:26}"
            say(f"{said} {why_line(one)}")
        if not found:
            say("no source was added yet; `communique add URL --save` adds one")
    return 0 if all(one.is_well for one in found) else 1


WHY = why_option("What is known of it; it is kept.")


@health.command()
@click.argument("source")
@WHY
@as_json
@with_home
def ack(home: Home, *, source: str, why: str, as_json: bool) -> int:
    """Say that you know that a source is broken: nobody is alerted of it until it works again."""
    return told(source, handlings.acknowledge(home, source, why), as_json=as_json)


@health.command()
@click.argument("source")
@click.option(
    "--for",
    "days",
    type=click.IntRange(1, MAX_MUTE_DAYS),
    default=DEFAULT_MUTE_DAYS,
    show_default=True,
    metavar="DAYS",
    help="For how many days.",
)
@WHY
@as_json
@with_home
def mute(home: Home, *, source: str, days: int, why: str, as_json: bool) -> int:
    """Alert nobody of the health of a source for some days; the feed of health goes on."""
    return told(source, handlings.mute(home, source, why, days), as_json=as_json)


@health.command()
@click.argument("source")
@as_json
@with_home
def unmute(home: Home, *, source: str, as_json: bool) -> int:
    """Alert of a source again, whether it was muted or acknowledged."""
    ended = end_handlings(home, source, ("muted", "acknowledged"))
    if as_json:
        print_json({"source": source, "ended": ended})
    elif ended:
        say(f"{source} is not {' and '.join(ended)} any more")
    if not ended:
        complain(f"{source} is neither muted nor acknowledged")
    return 0 if ended else 1


def told(source: str, handling: Handling, *, as_json: bool) -> int:
    """Say what a person decided of a source; the exit code."""
    if as_json:
        print_json({"source": source, "handling": handling})
    else:
        say(f"{source} is {handlings.handling_line(handling)}")
    return 0
