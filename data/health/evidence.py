"""Which visits are evidence about a source, and whether another one should soon confirm them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final

from data.health.confirmation import DAY, RECENT_VISITS, awaits_visit, turns
from data.health.network import HOME, Outage, outage_of
from data.health.run_errors import works
from data.health.state import verdict_of
from data.models import HealthEvent, Run, Source
from data.store.health_protocol import HealthStore

CUT: Final = "interrupted"
"""The kind of error of a visit that ended because we stopped it: no evidence about its source."""

MAX_VISITS: Final = 1000
"""Maximum number of visits that are searched for visits of the last day."""

MAX_EVENTS: Final = 500
"""Maximum number of health events that are searched for events of the last day."""


def conclusive_visits(runs: Sequence[Run], outage: Outage | None) -> tuple[Run, ...]:
    """The visits that are evidence about their source: neither ended by us nor by our network."""
    return tuple(run for run in runs if not was_cut(run) and not (outage and outage.spoiled(run)))


def was_cut(run: Run) -> bool:
    """Whether a visit extracted nothing because it was stopped."""
    return any(error.kind == CUT for error in run.errors) and not works(run)


def last_visit(store: HealthStore, source: str) -> Run | None:
    """The last visit to a source; one that was stopped only if there is no other recent visit."""
    last = next(iter(store.runs(source, limit=1)), None)
    if last is None or not was_cut(last):
        return last
    return next((run for run in store.runs(source, limit=RECENT_VISITS) if not was_cut(run)), last)


def is_to_be_confirmed(store: HealthStore, source: Source, *, further: int) -> bool:
    """Whether a quick visit should confirm the result of the last visit to a source."""
    outage = outage_of(events_of(store, HOME))
    runs = conclusive_visits(store.runs(source.id, limit=RECENT_VISITS), outage)
    states = [verdict_of(source, run, None, has_releases=True).condition for run in runs]
    newest = next(iter(store.health_events_of(source.id, limit=1)), None)
    return awaits_visit(newest, states, further)


def events_of(store: HealthStore, source: str) -> Sequence[HealthEvent]:
    """The last records about a source, newest first."""
    return store.health_events_of(source, limit=MAX_EVENTS)


def recent_turns(store: HealthStore, source: Source, now: dt.datetime) -> int:
    """How often a source stopped or worked again within the last day."""
    runs = conclusive_visits(store.runs(source.id, limit=MAX_VISITS), None)
    recent = [run for run in runs if abs(now - run.started) < DAY]
    return turns([verdict_of(source, run, None, has_releases=True).condition for run in recent])
