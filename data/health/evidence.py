"""What the last visits to a source say of it, and whether another is to come soon to confirm it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final

from data.health.confirmation import DAY, OF_LATE, awaits_visit, turns
from data.health.network import HOME, Outage, outage_of
from data.health.run_errors import works
from data.health.state import judged
from data.models import HealthEvent, Run, Source
from data.store.health_protocol import HealthStore

CUT: Final = "interrupted"
"""The kind of error by which a visit ended because we stopped: it says nothing of its source."""

LOOKED_BACK: Final = 1000
"""Visits among which those of a day are looked for."""

MAX_EVENTS: Final = 500
"""Maximum number of health events that are searched for those of a day."""


def telling_visits(runs: Sequence[Run], outage: Outage | None) -> tuple[Run, ...]:
    """The visits that say something of their source: neither cut by us nor by our network."""
    return tuple(run for run in runs if not was_cut(run) and not (outage and outage.spoiled(run)))


def was_cut(run: Run) -> bool:
    """Whether a visit read nothing since it was stopped meanwhile."""
    return any(error.kind == CUT for error in run.errors) and not works(run)


def last_visit(store: HealthStore, source: str) -> Run | None:
    """The last visit to a source; one that was cut only where no other is among the last."""
    last = next(iter(store.runs(source, limit=1)), None)
    if last is None or not was_cut(last):
        return last
    return next((run for run in store.runs(source, limit=OF_LATE) if not was_cut(run)), last)


def is_to_be_confirmed(store: HealthStore, source: Source, *, further: int) -> bool:
    """Whether a quick visit is to confirm what the last one to a source shows."""
    outage = outage_of(told_of(store, HOME))
    runs = telling_visits(store.runs(source.id, limit=OF_LATE), outage)
    states = [judged(source, run, None, has_releases=True).condition for run in runs]
    newest = next(iter(store.health_events_of(source.id, limit=1)), None)
    return awaits_visit(newest, states, further)


def told_of(store: HealthStore, source: str) -> Sequence[HealthEvent]:
    """What was told last of a source, the newest first."""
    return store.health_events_of(source, limit=MAX_EVENTS)


def turns_of_late(store: HealthStore, source: Source, now: dt.datetime) -> int:
    """How often a source stopped or worked again within the last day."""
    runs = telling_visits(store.runs(source.id, limit=LOOKED_BACK), None)
    recent = [run for run in runs if abs(now - run.started) < DAY]
    return turns([judged(source, run, None, has_releases=True).condition for run in recent])
