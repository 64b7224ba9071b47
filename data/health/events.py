"""Changes in the health of sources: noted when the last run of one shows another state.

A source that is merely late makes no event: offices are, a few times a year.
"""

from __future__ import annotations

from collections.abc import Mapping

from data.health.rhythm import Expected
from data.health.state import Health, expectation, health_of
from data.models import Facet, HealthEvent, Source, SourceRhythm
from data.store.protocol import PublishStore
from data.text.clean import plain


def note_health_events(
    store: PublishStore, sources: Mapping[str, Source], counts: Mapping[Facet, int]
) -> None:
    """Keep the changes in the health of sources since the last time, in the order of their runs.

    ``counts`` are the releases of each facet.
    """
    before = store.last_health_events()
    expected = expectations(store, sources, counts)
    events = []
    for name, source in sorted(sources.items()):
        for run in store.runs(name, limit=1):
            # The day of the last release is in what is expected; its text is not needed here.
            health = health_of(source, run, "an earlier day", expected[name])
            if is_news(before.get(name), health):
                reason = "" if health.is_well else plain(health.reason)
                state = "ok" if health.is_well else health.state
                events.append(HealthEvent(name, health.is_well, run.started, reason, state))
    if events:
        store.add_health_events(sorted(events, key=lambda one: one.at))


def is_news(before: HealthEvent | None, health: Health) -> bool:
    """Whether a state is another than the one told last; at first a source is well."""
    if before is None or before.well:
        return not health.is_well
    return health.is_well or before.state != health.state


def expectations(
    store: PublishStore, sources: Mapping[str, Source], counts: Mapping[Facet, int]
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
