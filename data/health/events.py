"""Recording of changes in the health of sources, when the last visits agree on another state.

A source that is only late is not recorded: offices are late a few times a year.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from data.health.codes import WELL, Condition, Verdict
from data.health.confirmation import (
    DAY,
    RECENT_VISITS,
    alternates,
    conclusive_visits,
    events_of,
    fails_often,
    failures,
    is_confirmed,
    is_news,
    is_repeated,
    is_suppressed,
    recent_turns,
    trouble_before,
)
from data.health.network import (
    HOME,
    host_of,
    hosts_seen,
    is_unanswered,
    is_undecided,
    network_events,
    outage_of,
)
from data.health.silence import expectations
from data.health.state import day_of_run, verdict_of
from data.models import Facet, Handling, HandlingKind, HealthEvent, Run
from data.store.protocols import HealthStore
from data.text.clean import plain

UNVISITED_CODES: Final = {"source.broken", "source.missing"}
"""Codes of sources that only a visit can show to be healthy again."""

NO_VERDICTS: Final[Mapping[str, Verdict]] = {}


def note_health_events(
    store: HealthStore,
    *,
    further: int,
    now: dt.datetime,
    unvisited: Mapping[str, Verdict] = NO_VERDICTS,
) -> int:
    """Record the changes in the health of sources since the last call, in the order of their runs.

    ``further`` visits must agree with the one that showed a change. Sources that are ``unvisited``
    get no visits, so their changes are recorded at once. Returns the number of changes.
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
    """The results of the last visits to all sources that are neither paused nor removed.

    ``handled`` are decisions of people about sources, and ``network`` is the change of our own
    network, if any. ``telling`` are the visits that are evidence about their source, newest first.
    Sources that are no longer visited are in ``unvisited`` instead.
    """

    def __init__(
        self,
        store: HealthStore,
        further: int,
        handled: Mapping[str, Mapping[HandlingKind, Handling]],
        unvisited: Mapping[str, Verdict],
    ) -> None:
        self._store, self._further, self._handled = store, further, handled
        self._before, self._counts = store.last_health_events(), store.facets()
        removed = store.removed_sources()
        self._sources = {
            name: source
            for name, source in sorted(store.sources().items())
            if name not in removed and "paused" not in handled.get(name, ())
        }
        self._unvisited = {name: unvisited[name] for name in self._sources if name in unvisited}
        runs = {
            name: store.runs(name, limit=RECENT_VISITS)
            for name in self._sources
            if name not in unvisited
        }
        # A source that is recorded as broken is no evidence about our network.
        well = {name: some for name, some in runs.items() if is_well(self._before.get(name))}
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
        """Return the verdicts of the last visits to a source, newest first."""
        source, expected = self._sources[name], self._expected[name]
        has_releases = Facet(source=name) in self._counts
        return [
            verdict_of(source, run, expected, has_releases=has_releases)
            for run in self.telling[name]
        ]

    def change(self, name: str) -> HealthEvent | None:
        """Return the change in the health of a source to record, or None."""
        runs, found, last = self.telling[name], self.verdicts(name), self._before.get(name)
        if last and last.code in UNVISITED_CODES and not is_after(runs[0], last):
            return None
        states = [one.condition for one in found]
        lately = [state for state, run in zip(states, runs, strict=True) if is_after(run, last)]
        often = fails_often(lately) and is_news(last, states[0])
        if not often and not is_confirmed(last, states, self._further):
            return None
        host = self._hosts.get(host_of(self._sources[name]))
        if host and is_unanswered(runs[0]) and is_undecided(host, self._hosts):
            return None
        recorded = events_of(self._store, name)
        event = event_of(runs[0], found[0], lately if often else (), recorded)
        source = self._sources[name]
        turned = recent_turns(self._store, source, event.at) if alternates(recorded) else 0
        return None if is_suppressed(recorded, event, turned) else event

    def lost(self, now: dt.datetime) -> Iterator[HealthEvent]:
        """Yield the changes of sources that are no longer visited."""
        for name, verdict in self._unvisited.items():
            if is_news(self._before.get(name), verdict.condition):
                reason = plain(verdict.reason)
                yield HealthEvent(name, False, now, reason, verdict.state, verdict.code)  # noqa: FBT003 - its state

    def is_silent(self, event: HealthEvent) -> bool:
        """Whether a change causes no alert, and is only in the feed of health."""
        if event.source == HOME:
            recorded = events_of(self._store, HOME)
            of_late = [one for one in recorded if abs(event.at - one.at) < DAY]
            return is_suppressed(recorded, event, len(of_late) + 1)
        kinds = self._handled.get(event.source, {})
        if "muted" in kinds or ("acknowledged" in kinds and not event.well):
            return True
        return is_repeated(events_of(self._store, event.source), event)

    def working_again(self) -> Iterator[str]:
        """Yield the sources that were acknowledged as broken and work again."""
        for name, kinds in self._handled.items():
            if "acknowledged" in kinds and name in self.telling:
                states = [one.condition for one in self.verdicts(name)][: self._further + 1]
                if len(states) > self._further and WELL.issuperset(states):
                    yield name


def is_well(recorded: HealthEvent | None) -> bool:
    """Whether a source is healthy according to the last record."""
    return recorded is None or recorded.well


def is_after(run: Run, recorded: HealthEvent | None) -> bool:
    """Whether a visit began after the last record about its source."""
    return recorded is None or run.started > recorded.at


def event_of(
    run: Run, newest: Verdict, lately: Sequence[Condition], recorded: Sequence[HealthEvent]
) -> HealthEvent:
    """Return the change that the newest visit shows.

    ``lately`` are the states of recent visits, for a source that fails often. ``recorded`` are
    earlier events of the source.
    """
    well = newest.condition in WELL
    if well:
        return HealthEvent(run.source, well, run.started, "", "ok", "ok")
    reason = plain(newest.reason)
    if lately:
        reason += f"; {failures(lately)} of its last {len(lately)} visits failed"
    if before := trouble_before(recorded, run.started):
        reason += (
            f"; it alternates, as it also failed on {before.at:%Y-%m-%d at %H:%M} UTC: its recovery"
            " is reported after a day without changes"
        )
    return HealthEvent(run.source, well, run.started, reason, newest.state, newest.code)
