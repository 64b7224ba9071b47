"""Changes in the health of sources: noted when the last visits agree on another state.

A source that is merely late makes no event: offices are, a few times a year.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from data.health.codes import WELL, Condition, Verdict
from data.health.confirmation import (
    DAY,
    OF_LATE,
    alternates,
    fails_often,
    failures,
    is_confirmed,
    is_kept_back,
    is_news,
    is_repeated,
    trouble_before,
)
from data.health.evidence import telling_visits, told_of, turns_of_late
from data.health.expectations import expectations
from data.health.network import (
    HOME,
    host_of,
    hosts_seen,
    is_unanswered,
    is_undecided,
    network_events,
    outage_of,
)
from data.health.state import day_of_run, judged
from data.models import Facet, Handling, HandlingKind, HealthEvent, Run
from data.store.health_protocol import HealthStore
from data.text.clean import plain

UNVISITED: Final = {"source.broken", "source.missing"}
"""Codes of sources that only a visit shows to be well again."""

NOBODY: Final[Mapping[str, Verdict]] = {}


def note_health_events(
    store: HealthStore,
    *,
    further: int,
    now: dt.datetime,
    unvisited: Mapping[str, Verdict] = NOBODY,
) -> int:
    """Keep the changes in the health of sources since the last time, in the order of their runs.

    So many ``further`` visits must agree with the one that showed a change. Of sources that are
    ``unvisited`` none will: what is said of these is told at once. Returns how many changes are
    kept.
    """
    look = Look(store, further, store.handlings(now), unvisited)
    visited = [one for name in look.telling if (one := look.change(name))]
    changes = [*visited, *look.lost(now)]
    found = sorted([*look.network, *changes], key=lambda one: one.at)
    if found:
        store.add_health_events(found, untold={one.source for one in found if look.is_untold(one)})
    for name in look.working_again():
        store.end_handling(name, "acknowledged")
    return len(found)


class Look:
    """The last visits to all sources that are neither paused nor removed, and what they show.

    ``handled`` is what people decided of sources, ``network`` the change of our network if there is
    one, and ``telling`` are the visits that say anything of their source, the newest first; there
    are none of those that nobody visits any more, which is said in ``unvisited``.
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
            name: store.runs(name, limit=OF_LATE) for name in self._sources if name not in unvisited
        }
        # What is told as broken already is no witness of our network.
        well = {name: some for name, some in runs.items() if is_well(self._before.get(name))}
        self._hosts = hosts_seen(self._sources, well)
        told = told_of(store, HOME)
        self.network = network_events(self._hosts, outage_of(told), further)
        outage = outage_of([*self.network, *told])
        self.telling = {name: some for name in runs if (some := telling_visits(runs[name], outage))}
        days = {
            name: day_of_run(self._sources[name], some[0]) for name, some in self.telling.items()
        }
        self._expected, fresh = expectations(store, days)
        if fresh:
            store.keep_rhythms(fresh)

    def verdicts(self, name: str) -> list[Verdict]:
        """What the last visits to a source show, the newest first."""
        source, expected = self._sources[name], self._expected[name]
        has_releases = Facet(source=name) in self._counts
        return [
            judged(source, run, expected, has_releases=has_releases) for run in self.telling[name]
        ]

    def change(self, name: str) -> HealthEvent | None:
        """The change in the health of a source that is to be told, or None."""
        runs, found, last = self.telling[name], self.verdicts(name), self._before.get(name)
        if last and last.code in UNVISITED and not is_after(runs[0], last):
            return None
        states = [one.condition for one in found]
        lately = [state for state, run in zip(states, runs, strict=True) if is_after(run, last)]
        often = fails_often(lately) and is_news(last, states[0])
        if not often and not is_confirmed(last, states, self._further):
            return None
        host = self._hosts.get(host_of(self._sources[name]))
        if host and is_unanswered(runs[0]) and is_undecided(host, self._hosts):
            return None
        told = told_of(self._store, name)
        event = event_of(runs[0], found[0], lately if often else (), told)
        source = self._sources[name]
        turned = turns_of_late(self._store, source, event.at) if alternates(told) else 0
        return None if is_kept_back(told, event, turned) else event

    def lost(self, now: dt.datetime) -> Iterator[HealthEvent]:
        """The changes of sources that nobody visits any more."""
        for name, verdict in self._unvisited.items():
            if is_news(self._before.get(name), verdict.condition):
                reason = plain(verdict.reason)
                yield HealthEvent(name, False, now, reason, verdict.state, verdict.code)  # noqa: FBT003 - its state

    def is_untold(self, event: HealthEvent) -> bool:
        """Whether nobody is alerted of a change: it is in the feed of health alone."""
        if event.source == HOME:
            told = told_of(self._store, HOME)
            of_late = [one for one in told if abs(event.at - one.at) < DAY]
            return is_kept_back(told, event, len(of_late) + 1)
        kinds = self._handled.get(event.source, {})
        if "muted" in kinds or ("acknowledged" in kinds and not event.well):
            return True
        return is_repeated(told_of(self._store, event.source), event)

    def working_again(self) -> Iterator[str]:
        """The sources that were acknowledged as broken, and work again."""
        for name, kinds in self._handled.items():
            if "acknowledged" in kinds and name in self.telling:
                states = [one.condition for one in self.verdicts(name)][: self._further + 1]
                if len(states) > self._further and WELL.issuperset(states):
                    yield name


def is_well(told: HealthEvent | None) -> bool:
    """Whether a source is well, by what was told of it last."""
    return told is None or told.well


def is_after(run: Run, told: HealthEvent | None) -> bool:
    """Whether a visit began after all that was told of its source."""
    return told is None or run.started > told.at


def event_of(
    run: Run, newest: Verdict, lately: Sequence[Condition], told: Sequence[HealthEvent]
) -> HealthEvent:
    """The change that the newest visit shows, after what was told before.

    ``lately`` are the states of the visits since, of those that fail now and then.
    """
    well = newest.condition in WELL
    if well:
        return HealthEvent(run.source, well, run.started, "", "ok", "ok")
    reason = plain(newest.reason)
    if lately:
        reason += f"; {failures(lately)} of its last {len(lately)} visits failed"
    if before := trouble_before(told, run.started):
        reason += (
            f"; it alternates, as it was not well on {before.at:%Y-%m-%d at %H:%M} UTC either: that"
            " it works again is told when it has not changed for a day"
        )
    return HealthEvent(run.source, well, run.started, reason, newest.state, newest.code)
