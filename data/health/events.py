"""Changes in the health of sources: noted when the last run of one shows another state.

A source that is merely late makes no event: offices are, a few times a year.
"""

from __future__ import annotations

from collections.abc import Mapping

from data.health.rhythm import Expected
from data.health.state import WELL, State, expectation, state_of
from data.models import Facet, HealthEvent, Source, SourceRhythm
from data.store.protocol import HealthStore
from data.text.clean import plain


def note_health_events(store: HealthStore) -> int:
    """Keep the changes in the health of sources since the last time, in the order of their runs.

    Returns how many they are.
    """
    sources, counts = store.sources(), store.facets()
    before = store.last_health_events()
    expected = expectations(store, sources, counts)
    events = []
    for name, source in sorted(sources.items()):
        for run in store.runs(name, limit=1):
            has_releases = Facet(source=name) in counts
            state, reason = state_of(source, run, expected[name], has_releases=has_releases)
            well = state in WELL
            if is_news(before.get(name), state):
                told = ("", "ok") if well else (plain(reason), state)
                events.append(HealthEvent(name, well, run.started, *told))
    if events:
        store.add_health_events(sorted(events, key=lambda one: one.at))
    return len(events)


def is_news(before: HealthEvent | None, state: State) -> bool:
    """Whether a state is another than the one told last; at first a source is well."""
    if before is None or before.well:
        return state not in WELL
    return state in WELL or before.state != state


def expectations(
    store: HealthStore, sources: Mapping[str, Source], counts: Mapping[Facet, int]
) -> dict[str, Expected | None]:
    """What is expected of each source; found anew only where it has more releases than before."""
    before = store.rhythms()
    rhythms = {}
    for name, source in sources.items():
        releases = counts.get(Facet(source=name), 0)
        if name in before and before[name].releases == releases:
            rhythms[name] = before[name]
            continue
        found = expectation(store, source) if releases else None
        by, silent = (found.by, found.silent) if found else (None, None)
        rhythms[name] = SourceRhythm(releases, by, silent)
    fresh = {name: one for name, one in rhythms.items() if one != before.get(name)}
    if fresh:
        store.keep_rhythms(fresh)
    return {
        name: Expected(one.expected, one.silent) if one.expected and one.silent else None
        for name, one in rhythms.items()
    }
