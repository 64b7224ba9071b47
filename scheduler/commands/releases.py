"""communique releases: what people decide of single releases."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import click

from data.clock import utc_now
from data.store.protocol import Store
from scheduler.cli import Group, as_json, complain, print_json, say, why_option, with_home
from scheduler.commands.show import find
from scheduler.home import Home
from scheduler.sources.changes import check_known
from spiders.sources.loader import load_sources


@click.group(cls=Group)
def releases() -> None:
    """Decide what becomes of single releases."""


@releases.command()
@click.argument("releases", nargs=-1, metavar="[RELEASE …]")
@click.option("--source", metavar="ID", help="With --held: the source that they are of.")
@click.option("--held", is_flag=True, help="All that vanished from a source at once.")
@why_option("What is known of it; it is kept.")
@as_json
@with_home
def retract(
    home: Home,
    *,
    releases: tuple[str, ...],
    source: str | None,
    held: bool,
    why: str,
    as_json: bool,
) -> int:
    """Say of releases that are gone from their site that their publisher took them down.

    RELEASE is an id, the beginning of one, or an address. A release whose page is there is back
    with the next visit that sees it.
    """
    if held != bool(source) or held == bool(releases):
        raise click.UsageError("name releases, or a source by --source ID --held")
    at = utc_now()

    def held_of(store: Store) -> list[str]:
        check_known(store, source or "", load_sources(home.sources)[0])
        return [one.id for one in store.vanished(source or "") if one.held]

    choose = held_of if source else named(releases)
    done = decide(home, choose, lambda store, one: store.retract(one, at=at, why=why))
    nothing = f"of {source} nothing is held" if source else "they are retracted already"
    return say_decided(done, "retracted", nothing, as_json=as_json)


@releases.command()
@click.argument("releases", nargs=-1, required=True, metavar="RELEASE …")
@why_option("What is wrong with it; it is kept.")
@as_json
@with_home
def hide(home: Home, *, releases: tuple[str, ...], why: str, as_json: bool) -> int:
    """Take releases that were caught by mistake out of all feeds and pages.

    They are kept, with their records in the archive, and visited no more; `unhide` shows them
    again. RELEASE is an id, the beginning of one, or an address.
    """
    at = utc_now()
    done = decide(home, named(releases), lambda store, one: store.hide(one, at=at, why=why))
    return say_decided(done, "hidden", "they are hidden already", as_json=as_json)


@releases.command()
@click.argument("releases", nargs=-1, required=True, metavar="RELEASE …")
@as_json
@with_home
def unhide(home: Home, *, releases: tuple[str, ...], as_json: bool) -> int:
    """Show hidden releases again, with the ids and dates that they had."""
    done = decide(home, named(releases), lambda store, one: store.unhide(one))
    return say_decided(done, "shown", "none of them is hidden", as_json=as_json)


Choose: TypeAlias = Callable[[Store], list[str]]


def named(names: tuple[str, ...]) -> Choose:
    """Chooses the releases of these names."""
    return lambda store: [find(store, name).id for name in names]


def decide(home: Home, choose: Choose, action: Callable[[Store, str], bool]) -> list[str]:
    """Do something to all chosen releases or to none; those that it changed, by id."""
    store = home.store()
    try:
        with store.transaction():
            return [one for one in choose(store) if action(store, one)]
    finally:
        store.close()


def say_decided(done: list[str], state: str, nothing: str, *, as_json: bool) -> int:
    """Say what the releases are now; the exit code."""
    if as_json:
        print_json({state: done})
    else:
        for one in done:
            say(f"{one} is {state}")
    if not done:
        complain(nothing)
    return 0 if done else 1
