"""Changes in the health of sources: noted when the last run of one shows another state.

A source that is merely late makes no event: offices are, a few times a year.
"""

from __future__ import annotations

from data.health.codes import WELL, State
from data.health.expectations import expectations
from data.health.state import day_of_run, judged
from data.models import Facet, HealthEvent
from data.store.protocol import HealthStore
from data.text.clean import plain


def note_health_events(store: HealthStore) -> int:
    """Keep the changes in the health of sources since the last time, in the order of their runs.

    Returns how many they are.
    """
    sources, counts = store.sources(), store.facets()
    before = store.last_health_events()
    runs = {name: run for name in sorted(sources) for run in store.runs(name, limit=1)}
    days = {name: day_of_run(sources[name], run) for name, run in runs.items()}
    expected, fresh = expectations(store, days)
    if fresh:
        store.keep_rhythms(fresh)
    events = []
    for name, run in runs.items():
        has_releases = Facet(source=name) in counts
        found = judged(sources[name], run, expected[name], has_releases=has_releases)
        well = found.state in WELL
        if is_news(before.get(name), found.state):
            told = ("", "ok", "ok") if well else (plain(found.reason), found.state, found.code)
            events.append(HealthEvent(name, well, run.started, *told))
    if events:
        store.add_health_events(sorted(events, key=lambda one: one.at))
    return len(events)


def is_news(before: HealthEvent | None, state: State) -> bool:
    """Whether a state is another than the one told last; at first a source is well."""
    if before is None or before.well:
        return state not in WELL
    return state in WELL or before.state != state
