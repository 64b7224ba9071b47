"""communique health: how all sources are."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from data.health.overview import health_fields, overview
from data.health.state import Health, Verdict
from scheduler.cli import as_json, print_json, say, with_home
from scheduler.home import Home
from spiders.sources.loader import load_sources


@click.command()
@as_json
@with_home
def health(home: Home, *, as_json: bool) -> int:
    """Say of each source whether it works and is heard of as often as it used to be.

    The exit code is 1 where one is failing, blocked or silent.
    """
    _, broken = load_sources(home.sources)
    store = home.store()
    try:
        by_id = {one.source: one for one in overview(store)}
    finally:
        store.close()
    for error in broken:
        # Nobody visits it, however well its last visit went.
        source = Path(error.path).stem
        verdict = Verdict("source.broken", str(error))
        known = by_id.get(source) or Health(source, verdict, None, None, None)
        by_id[source] = replace(known, verdict=verdict)
    found = [by_id[source] for source in sorted(by_id)]
    if as_json:
        print_json({"sources": [health_fields(one) for one in found]})
    else:
        for one in found:
            last = one.last_release or "-"
            say(f"{one.source:24} {one.state:8} {one.code:20} {last:26} {one.reason}")
        if not found:
            say("no source has been visited yet")
    return 0 if all(one.is_well for one in found) else 1
