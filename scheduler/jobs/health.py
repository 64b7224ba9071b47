"""How the sources of a HOME are: those that work no more, or again, are noted."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from data.clock import utc_now
from data.health.codes import Verdict
from data.health.events import note_health_events
from data.health.overview import overview
from data.health.state import Health
from data.store.protocol import Store
from scheduler.home import Home
from spiders.sources.loader import load_sources


def home_health(home: Home, store: Store) -> list[Health]:
    """The health of all sources of a HOME, by id: a source without a file that can be used fails.

    Nobody visits it, however well its last visit went.
    """
    loaded, broken = load_sources(home.sources)
    found = {one.source: one for one in overview(store)}
    verdicts = {
        source: Verdict("source.missing", MISSING.format(home.sources / f"{source}.toml"))
        for source, one in found.items()
        if one.last_run and source not in loaded
    }
    verdicts |= {Path(one.path).stem: Verdict("source.broken", str(one)) for one in broken}
    for source, verdict in verdicts.items():
        known = found.get(source) or Health(source, verdict, None, None, None)
        found[source] = replace(known, verdict=verdict)
    return [found[source] for source in sorted(found)]


MISSING = (
    "its source file {} is not there any more: put it back, or end it by `communique sources "
    "remove`, or rename it by `communique sources rename`"
)


def note_health(home: Home) -> int:
    """Keep what changed in the health of sources since the last time; how many changes.

    One process at a time, the next waits, so that each change is kept once. Raises StoreError.
    """
    store = home.store()
    try:
        with home.lock("health", "noting the health of sources", wait=True):
            further = home.settings.health.confirm_visits
            return note_health_events(store, further=further, now=utc_now())
    finally:
        store.close()
