"""communique health: how all sources are."""

from __future__ import annotations

import click

from data.health import Health, examine
from scheduler.cli import as_json, print_json, with_home
from scheduler.home import Home


@click.command()
@as_json
@with_home
def health(home: Home, *, as_json: bool) -> int:
    """Say of each source whether it works and is heard of as often as it used to be.

    The exit code is 1 where one is failing, blocked or silent.
    """
    store = home.store()
    try:
        found = [examine(store, source) for _, source in sorted(store.sources().items())]
    finally:
        store.close()
    if as_json:
        print_json({"sources": [fields_of(one) for one in found]})
    else:
        for one in found:
            click.echo(f"{one.source:24} {one.state:8} {one.last_release or '-':26} {one.reason}")
        if not found:
            click.echo("no source has been visited yet")
    return 0 if all(one.is_well for one in found) else 1


def fields_of(one: Health) -> dict[str, str | None]:
    """The health of a source as JSON has it."""
    return {
        "id": one.source,
        "state": one.state,
        "last_release": one.last_release,
        "expected_by": one.expected.by.isoformat() if one.expected else None,
        "last_run": one.last_run.isoformat(timespec="seconds") if one.last_run else None,
        "reason": one.reason,
    }
