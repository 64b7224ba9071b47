"""Changes in the health of sources: noted when the last visits agree on another state.

A source that is merely late makes no event: offices are, a few times a year.
"""

from __future__ import annotations

from collections.abc import Sequence

from data.health.codes import WELL, State, Verdict
from data.health.confirmation import (
    OF_LATE,
    alternates,
    fails_often,
    failures,
    is_confirmed,
    is_kept_back,
    is_news,
    trouble_before,
)
from data.health.evidence import last_failure, telling_visits, told_of
from data.health.expectations import expectations
from data.health.network import (
    HOME,
    host_of,
    hosts_seen,
    is_unanswered,
    is_undecided,
    network_event,
    outage_of,
)
from data.health.state import day_of_run, judged
from data.models import Facet, HealthEvent, Run
from data.store.protocol import HealthStore
from data.text.clean import plain


def note_health_events(store: HealthStore, *, further: int) -> int:
    """Keep the changes in the health of sources since the last time, in the order of their runs.

    So many ``further`` visits must agree with the one that showed a change. Returns how many
    changes are kept.
    """
    sources, counts = store.sources(), store.facets()
    before, removed = store.last_health_events(), store.removed_sources()
    collected = sorted(sources.keys() - removed.keys())
    runs = {name: store.runs(name, limit=OF_LATE) for name in collected}
    # What is told as broken already is no witness of our network.
    hosts = hosts_seen(sources, {name: runs[name] for name in runs if is_well(before.get(name))})
    told = told_of(store, HOME)
    network = network_event(hosts, outage_of(told), further)
    events = [network] if network else []
    outage = outage_of([*events, *told])
    telling = {name: some for name in runs if (some := telling_visits(runs[name], outage))}
    days = {name: day_of_run(sources[name], some[0]) for name, some in telling.items()}
    expected, fresh = expectations(store, days)
    if fresh:
        store.keep_rhythms(fresh)
    for name, some in telling.items():
        source, has_releases = sources[name], Facet(source=name) in counts
        found = [judged(source, run, expected[name], has_releases=has_releases) for run in some]
        states = [one.state for one in found]
        last = before.get(name)
        lately = [state for state, run in zip(states, some, strict=True) if is_after(run, last)]
        often = fails_often(lately) and is_news(last, states[0])
        if not often and not is_confirmed(last, states, further):
            continue
        host = hosts.get(host_of(source))
        if host and is_unanswered(some[0]) and is_undecided(host, hosts):
            continue
        told = told_of(store, name)
        event = event_of(some[0], found[0], lately if often else (), told)
        failed = last_failure(store, source) if alternates(told) else None
        if not is_kept_back(told, event, failed):
            events.append(event)
    if events:
        store.add_health_events(sorted(events, key=lambda one: one.at))
    return len(events)


def is_well(told: HealthEvent | None) -> bool:
    """Whether a source is well, by what was told of it last."""
    return told is None or told.well


def is_after(run: Run, told: HealthEvent | None) -> bool:
    """Whether a visit began after all that was told of its source."""
    return told is None or run.started > told.at


def event_of(
    run: Run, newest: Verdict, lately: Sequence[State], told: Sequence[HealthEvent]
) -> HealthEvent:
    """The change that the newest visit shows, after what was told before.

    ``lately`` are the states of the visits since, of those that fail now and then.
    """
    well = newest.state in WELL
    if well:
        return HealthEvent(run.source, well, run.started, "", "ok", "ok")
    reason = plain(newest.reason)
    if lately:
        reason += f"; {failures(lately)} of its last {len(lately)} visits failed"
    if before := trouble_before(told, run.started):
        reason += (
            f"; it alternates, as it was not well on {before.at:%Y-%m-%d at %H:%M} UTC either: that"
            " it works again is told when it has for a day"
        )
    return HealthEvent(run.source, well, run.started, reason, newest.state, newest.code)
