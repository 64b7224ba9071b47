"""Recording of changes in the health of sources, once recent visits agree about a new state.

Lateness alone is not recorded, because offices are late a few times a year.

The first visit that shows a different state is followed by quick visits. If they show the same
state, the change is recorded. In this module, states come from the last visits, and events are
recorded changes; both are sorted newest first. Visits that were interrupted by this program or its
network are not evidence.
"""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise, takewhile
from typing import Final

from data.health.codes import WELL, Condition, Verdict
from data.health.network import (
    HOME,
    Outage,
    hosts_seen,
    is_unanswered,
    is_undecided,
    network_events,
    outage_of,
)
from data.health.silence import expectations
from data.health.state import RECENT_VISITS, day_of_run, is_no_evidence, verdict_of
from data.models import Facet, Handling, HandlingKind, HealthEvent, Run, Source
from data.store.core.store import Store
from data.text.clean import plain
from data.text.urls import host_and_port

UNVISITED_CODES: Final = {"source.broken", "source.missing"}
"""Health codes of sources that are not visited. Only a visit can show that a source with such a
code works again."""

NO_VERDICTS: Final[Mapping[str, Verdict]] = {}

DAY: Final = dt.timedelta(days=1)

MAX_STOPS_PER_DAY: Final = 2
"""Maximum number of recorded changes per day from healthy to not healthy, for one source."""

MAX_VISITS: Final = 1000
"""Maximum number of visits read to find the visits of the last day."""

MAX_EVENTS: Final = 500
"""Maximum number of recorded changes read per source."""


def note_health_events(
    store: Store,
    *,
    further: int,
    now: dt.datetime,
    unvisited: Mapping[str, Verdict] = NO_VERDICTS,
) -> int:
    """Record all new changes in the health of sources, and return their number.

    Changes are recorded in the order of their visits. The visit that shows a change must be
    confirmed by ``further`` additional visits. Sources in ``unvisited`` are not visited, so their
    changes are recorded at once.
    """
    look = HealthCheck(store, further, store.handlings(now), unvisited)
    visited = [one for name in look.telling if (one := look.change(name))]
    changes = [*visited, *look.lost(now)]
    found = sorted([*look.network, *changes], key=lambda one: one.at)
    if found:
        store.add_health_events(found, untold={one.source for one in found if look.is_silent(one)})
    for name in look.working_again():
        store.end_handling(name, "acknowledged")
    return len(found)


class HealthCheck:
    """Results of the last visits to all sources that are neither paused nor removed.

    ``handled`` contains operators' decisions about sources. ``network`` is the change in our own
    connectivity, if any. ``telling`` contains the visits that are evidence of their source's
    health, newest first. ``unvisited`` contains the health of sources that are no longer visited.
    """

    def __init__(
        self,
        store: Store,
        further: int,
        handled: Mapping[str, Mapping[HandlingKind, Handling]],
        unvisited: Mapping[str, Verdict],
    ) -> None:
        self._store, self._further, self._handled = store, further, handled
        self._before, self._counts = store.last_health_events(), store.facets()
        paused = {name for name, kinds in handled.items() if "paused" in kinds}
        excluded = store.removed_sources().keys() | paused
        sources = sorted(store.sources().items())
        self._sources = {name: one for name, one in sources if name not in excluded}
        self._unvisited = {
            name: one for name, one in sorted(unvisited.items()) if name not in excluded
        }
        runs = {
            name: store.runs(name, limit=RECENT_VISITS)
            for name in self._sources
            if name not in unvisited
        }
        # A source that is already recorded as broken is not evidence about our network.
        unwell = {name for name, one in self._before.items() if not one.well}
        well = {name: some for name, some in runs.items() if name not in unwell}
        self._hosts = hosts_seen(self._sources, well)
        recorded = events_of(store, HOME)
        self.network = network_events(self._hosts, outage_of(recorded), further)
        outage = outage_of([*self.network, *recorded])
        self.telling = {
            name: some for name in runs if (some := conclusive_visits(runs[name], outage))
        }
        days = {
            name: day_of_run(self._sources[name], some[0]) for name, some in self.telling.items()
        }
        self._expected, fresh = expectations(store, days)
        if fresh:
            store.keep_rhythms(fresh)

    def verdicts(self, name: str) -> list[Verdict]:
        """Return the verdict after each of the last visits to a source, newest first."""
        source, expected = self._sources[name], self._expected[name]
        has_releases = Facet(source=name) in self._counts
        return [
            verdict_of(source, run, expected, has_releases=has_releases)
            for run in self.telling[name]
        ]

    def change(self, name: str) -> HealthEvent | None:
        """Return the change in a source's health that must be recorded, or None."""
        runs, found, last = self.telling[name], self.verdicts(name), self._before.get(name)
        if last and last.code in UNVISITED_CODES and not is_after(runs[0], last):
            return None
        states = [one.condition for one in found]
        lately = [state for state, run in zip(states, runs, strict=True) if is_after(run, last)]
        often = fails_often(lately) and is_news(last, states[0])
        if not often and not is_confirmed(last, states, self._further):
            return None
        host = self._hosts.get(host_and_port(self._sources[name].url))
        if host and is_unanswered(runs[0]) and is_undecided(host, self._hosts):
            return None
        recorded = events_of_visits(self._store, name)
        event = event_of(runs[0], found[0], lately if often else (), recorded)
        if last and last.code in UNVISITED_CODES:
            return event  # A person has repaired the file, so the source does not alternate.
        source = self._sources[name]
        turned = recent_turns(self._store, source, event.at) if alternates(recorded) else 0
        return None if is_suppressed(recorded, event, turned) else event

    def lost(self, now: dt.datetime) -> Iterator[HealthEvent]:
        """Yield the changes in the health of sources that are no longer visited."""
        for name, verdict in self._unvisited.items():
            if is_news(self._before.get(name), verdict.condition):
                reason = plain(verdict.reason)
                yield HealthEvent(name, False, now, reason, verdict.state, verdict.code)  # noqa: FBT003 - not well

    def is_silent(self, event: HealthEvent) -> bool:
        """Return whether a change is shown only in the health feed and causes no alert."""
        if event.source == HOME:
            recorded = events_of(self._store, HOME)
            of_late = [one for one in recorded if abs(event.at - one.at) < DAY]
            return is_suppressed(recorded, event, len(of_late) + 1)
        kinds = self._handled.get(event.source, {})
        if "muted" in kinds or ("acknowledged" in kinds and not event.well):
            return True
        return is_repeated(events_of_visits(self._store, event.source), event)

    def working_again(self) -> Iterator[str]:
        """Yield the sources that work again after an operator acknowledged their fault."""
        for name, kinds in self._handled.items():
            if "acknowledged" in kinds and name in self.telling:
                states = [one.condition for one in self.verdicts(name)][: self._further + 1]
                if len(states) > self._further and WELL.issuperset(states):
                    yield name


def is_after(run: Run, recorded: HealthEvent | None) -> bool:
    """Return whether a visit began after the last recorded change of its source."""
    return recorded is None or run.started > recorded.at


def event_of(
    run: Run, newest: Verdict, lately: Sequence[Condition], recorded: Sequence[HealthEvent]
) -> HealthEvent:
    """Return the health event that the newest visit shows.

    ``lately`` contains the states of recent visits if the source fails often, else it is empty.
    ``recorded`` contains the source's earlier events.
    """
    well = newest.condition in WELL
    if well:
        return HealthEvent(run.source, well, run.started, "", "ok", "ok")
    reason = plain(newest.reason)
    if lately:
        failures = sum(map(is_broken, lately))
        reason += f"; {failures} of its last {len(lately)} visits failed"
    if before := trouble_before(recorded, run.started):
        reason += (
            f"; it alternates, because it also failed on {before.at:%Y-%m-%d at %H:%M} UTC: its"
            " recovery is reported after a day without changes"
        )
    return HealthEvent(run.source, well, run.started, reason, newest.state, newest.code)


def is_broken(state: str) -> bool:
    """Return whether a condition means that visits fail, not only that a source is silent."""
    return state in {"failing", "blocked", "degraded"}


def is_news(before: HealthEvent | None, state: Condition) -> bool:
    """Return whether a condition differs from the last recorded condition.

    A source without a recorded change counts as healthy.
    """
    if before is None or before.well:
        return state not in WELL
    return state in WELL or before.condition != state


def agreeing(states: Sequence[Condition]) -> int:
    """Return the number of newest visits that agree on whether the source is broken."""
    broken = [is_broken(state) for state in states]
    return next((count for count, one in enumerate(broken) if one != broken[0]), len(broken))


def is_confirmed(before: HealthEvent | None, states: Sequence[Condition], further: int) -> bool:
    """Return whether the newest state is a change and ``further`` earlier visits agree with it."""
    newest = states[0]
    if not is_news(before, newest):
        return False
    was_broken = before is not None and is_broken(before.condition)
    if is_broken(newest) and was_broken:
        # The source is still broken: all these visits must show the same new condition.
        return len(states) > further and set(states[: further + 1]) == {newest}
    if not is_broken(newest) and not was_broken:
        return True
    return agreeing(states) > further


def fails_often(states: Sequence[Condition]) -> bool:
    """Return whether a source fails often: at least half of its recent visits failed.

    ``states`` are the states of the visits since the last recorded change.
    """
    failures = sum(map(is_broken, states))
    return failures >= RECENT_VISITS / 2 and is_broken(states[0])


def current_trouble(events: Sequence[HealthEvent]) -> tuple[HealthEvent, ...]:
    """Return the changes since a source was last recorded as healthy, newest first."""
    return tuple(takewhile(lambda one: not one.well, events))


def trouble_before(events: Sequence[HealthEvent], at: dt.datetime) -> HealthEvent | None:
    """Return the last change of an earlier unhealthy period that is over, or None.

    The change must be less than a day before ``at``.
    """
    match events[len(current_trouble(events)) :]:
        case [HealthEvent(well=True), HealthEvent(well=False) as trouble, *_]:
            return trouble if abs(at - trouble.at) < DAY else None
    return None


def alternates(events: Sequence[HealthEvent]) -> bool:
    """Return whether a source became unhealthy twice within a day."""
    current = current_trouble(events)
    return bool(current) and bool(trouble_before(events, current[-1].at))


def is_suppressed(events: Sequence[HealthEvent], found: HealthEvent, turned: int) -> bool:
    """Return whether a change is not recorded, because the health of its source alternates.

    At most MAX_STOPS_PER_DAY changes from healthy to not healthy are recorded per day. A recovery
    is not recorded if the health alternates and ``turned`` (the number of changes within the last
    day) is more than 1. A change between two unhealthy conditions is always recorded (see
    is_repeated).
    """
    if found.well:
        return alternates(events) and turned > 1
    if current_trouble(events):
        return False
    stops = [
        one
        for place, one in enumerate(events)
        if not one.well and (place + 1 == len(events) or events[place + 1].well)
    ]
    return sum(abs(found.at - one.at) < DAY for one in stops) >= MAX_STOPS_PER_DAY


def is_repeated(events: Sequence[HealthEvent], found: HealthEvent) -> bool:
    """Return whether a change of a source that remains unhealthy needs no alert.

    No alert is needed if the health of the source alternates, or if the same condition was recorded
    within the last day.
    """
    current = current_trouble(events)
    if found.well or not current:
        return False
    same = (one for one in current if one.condition == found.condition)
    return alternates(events) or any(abs(found.at - one.at) < DAY for one in same)


def conclusive_visits(runs: Sequence[Run], outage: Outage | None) -> tuple[Run, ...]:
    """Return the visits that are evidence about their source.

    A visit is not evidence if this machine ended it early, or if it failed because of our own
    network.
    """
    return tuple(
        run for run in runs if not is_no_evidence(run) and not (outage and outage.spoiled(run))
    )


def is_to_be_confirmed(store: Store, source: Source, *, further: int) -> bool:
    """Return whether a quick visit is needed to confirm a source's last visit."""
    outage = outage_of(events_of(store, HOME))
    runs = conclusive_visits(store.runs(source.id, limit=RECENT_VISITS), outage)
    states = [verdict_of(source, run, None, has_releases=True).condition for run in runs]
    newest = next(iter(store.health_events_of(source.id, limit=1)), None)
    is_change = bool(states) and is_news(newest, states[0])
    return is_change and not is_confirmed(newest, states, further) and agreeing(states) <= further


def events_of(store: Store, source: str) -> Sequence[HealthEvent]:
    """Return the last recorded changes in a source's health, newest first."""
    return store.health_events_of(source, limit=MAX_EVENTS)


def events_of_visits(store: Store, source: str) -> Sequence[HealthEvent]:
    """Return the recorded changes that visits showed, newest first.

    Changes because of a broken or repaired source file are omitted, as they don't mean that the
    source alternates.
    """
    return [one for one in events_of(store, source) if one.code not in UNVISITED_CODES]


def recent_turns(store: Store, source: Source, now: dt.datetime) -> int:
    """Return the number of times that a source stopped working or recovered in the last day."""
    runs = conclusive_visits(store.runs(source.id, limit=MAX_VISITS), None)
    recent = [run for run in runs if abs(now - run.started) < DAY]
    states = [verdict_of(source, run, None, has_releases=True).condition for run in recent]
    return sum(is_broken(one) != is_broken(other) for one, other in pairwise(states))
