"""communique releases: what people decide of single releases."""

from __future__ import annotations

import click

from data.clock import utc_now
from scheduler.cli import as_json, complain, print_json, say, with_home
from scheduler.commands.show import find
from scheduler.home import Home


@click.group()
def releases() -> None:
    """Decide what becomes of single releases."""


@releases.command()
@click.argument("releases", nargs=-1, metavar="[RELEASE …]")
@click.option("--source", metavar="ID", help="With --held: the source that they are of.")
@click.option("--held", is_flag=True, help="All that vanished from a source at once.")
@click.option("--why", required=True, metavar="TEXT", help="What is known of it; it is kept.")
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
    store = home.store()
    try:
        if source:
            chosen = [one.id for one in store.vanished(source) if one.held]
        else:
            chosen = [find(store, name).id for name in releases]
        at = utc_now()
        with store.transaction():
            retracted = [one for one in chosen if store.retract(one, at=at, why=why)]
    finally:
        store.close()
    if as_json:
        print_json({"retracted": retracted})
    else:
        for one in retracted:
            say(f"{one} is retracted")
    if not retracted:
        complain(f"of {source} nothing is held" if source else "they are retracted already")
    return 0 if retracted else 1
