"""Decision when a change in the health of a source is recorded: a single visit may fail by chance.

Quick visits follow the first visit that shows another health. If they agree with it, the change is
recorded. In this module, states come from the last visits, and events from the record; both are
sorted newest first. Visits that we or our network interrupted are not evidence.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from itertools import pairwise, takewhile
from typing import Final

from data.health.codes import WELL, Condition
from data.health.network import HOME, Outage, outage_of
from data.health.run_errors import was_interrupted, works
from data.health.state import verdict_of
from data.models import HealthEvent, Run, Source
from data.store.protocols import HealthStore

RECENT_VISITS: Final = 12
"""Number of recent visits. A source that fails in half of them fails often."""

DAY: Final = dt.timedelta(days=1)

MAX_STOPS_PER_DAY: Final = 2
"""Maximum number of times within a day that a source is recorded as stopped."""


MAX_VISITS: Final = 1000
"""Maximum number of visits that are searched for visits of the last day."""

MAX_EVENTS: Final = 500
"""Maximum number of health events that are searched for events of the last day."""


def is_broken(state: str) -> bool:
    """Whether a condition is a failure of visits. Silence is not."""
    return state in {"failing", "blocked", "degraded"}


def is_news(before: HealthEvent | None, state: Condition) -> bool:
    """Whether a state differs from the last recorded one. A source without a record is healthy."""
    if before is None or before.well:
        return state not in WELL
    return state in WELL or before.condition != state


def agreeing(states: Sequence[Condition]) -> int:
    """Return the number of newest visits that agree about whether the source is broken."""
    broken = [is_broken(state) for state in states]
    return next((count for count, one in enumerate(broken) if one != broken[0]), len(broken))


def is_confirmed(before: HealthEvent | None, states: Sequence[Condition], further: int) -> bool:
    """Whether the newest state is new, and ``further`` visits agree with it."""
    newest = states[0]
    if not is_news(before, newest):
        return False
    was_broken = before is not None and is_broken(before.condition)
    if is_broken(newest) and was_broken:
        # Still broken: each visit must show the same new condition.
        return len(states) > further and set(states[: further + 1]) == {newest}
    if not is_broken(newest) and not was_broken:
        return True
    return agreeing(states) > further


def fails_often(states: Sequence[Condition]) -> bool:
    """Whether a source fails often: in half of its last visits, which did not agree.

    ``states`` are the states of visits since the last record about the source.
    """
    return bool(states) and is_broken(states[0]) and failures(states) >= RECENT_VISITS / 2


def failures(states: Sequence[Condition]) -> int:
    """Return the number of newest visits that failed."""
    return sum(map(is_broken, states))


def awaits_visit(before: HealthEvent | None, states: Sequence[Condition], further: int) -> bool:
    """Whether a quick visit should confirm the newest state."""
    if not states or not is_news(before, states[0]) or is_confirmed(before, states, further):
        return False
    return agreeing(states) <= further


def current_trouble(events: Sequence[HealthEvent]) -> tuple[HealthEvent, ...]:
    """Return the events since a source was last recorded as healthy, newest first."""
    return tuple(takewhile(lambda one: not one.well, events))


def trouble_before(events: Sequence[HealthEvent], at: dt.datetime) -> HealthEvent | None:
    """Return the last event of earlier, ended trouble less than a day before ``at``, or None."""
    match events[len(current_trouble(events)) :]:
        case [HealthEvent(well=True), HealthEvent(well=False) as trouble, *_]:
            return trouble if abs(at - trouble.at) < DAY else None
    return None


def alternates(events: Sequence[HealthEvent]) -> bool:
    """Whether a source is recorded as not healthy for the second time within a day."""
    current = current_trouble(events)
    return bool(current) and bool(trouble_before(events, current[-1].at))


def turns(states: Sequence[Condition]) -> int:
    """Return how often a source stopped or worked again in these visits."""
    return sum(is_broken(one) != is_broken(other) for one, other in pairwise(states))


def is_suppressed(events: Sequence[HealthEvent], found: HealthEvent, turned: int) -> bool:
    """Whether a change is not recorded, because its source alternates between healthy and not.

    A source that stops is recorded at most MAX_STOPS_PER_DAY times a day. A source that works again
    is not recorded if it alternates and ``turned`` more than once within the last day. Another
    condition of a source that is not healthy is always recorded (see is_repeated).
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
    """Whether a change needs no alert: the source is still not healthy.

    This is the case if an alert about the same condition, or about the alternation of the source,
    was sent within a day.
    """
    current = current_trouble(events)
    if found.well or not current:
        return False
    same = (one for one in current if one.condition == found.condition)
    return alternates(events) or any(abs(found.at - one.at) < DAY for one in same)


def conclusive_visits(runs: Sequence[Run], outage: Outage | None) -> tuple[Run, ...]:
    """Return the visits that are evidence about their source.

    A visit that this machine ended, or that failed because of its network, is not evidence.
    """
    return tuple(
        run for run in runs if not is_no_evidence(run) and not (outage and outage.spoiled(run))
    )


def is_no_evidence(run: Run) -> bool:
    """Whether a visit extracted nothing because we ended it early."""
    return was_interrupted(run) and not works(run)


def last_visit(store: HealthStore, source: str) -> Run | None:
    """Return the last visit to a source.

    A visit that was stopped is returned only if there is no other recent visit.
    """
    last = next(iter(store.runs(source, limit=1)), None)
    if last is None or not is_no_evidence(last):
        return last
    return next(
        (run for run in store.runs(source, limit=RECENT_VISITS) if not is_no_evidence(run)), last
    )


def is_to_be_confirmed(store: HealthStore, source: Source, *, further: int) -> bool:
    """Whether a quick visit should confirm the result of the last visit to a source."""
    outage = outage_of(events_of(store, HOME))
    runs = conclusive_visits(store.runs(source.id, limit=RECENT_VISITS), outage)
    states = [verdict_of(source, run, None, has_releases=True).condition for run in runs]
    newest = next(iter(store.health_events_of(source.id, limit=1)), None)
    return awaits_visit(newest, states, further)


def events_of(store: HealthStore, source: str) -> Sequence[HealthEvent]:
    """Return the last records about a source, newest first."""
    return store.health_events_of(source, limit=MAX_EVENTS)


def recent_turns(store: HealthStore, source: Source, now: dt.datetime) -> int:
    """Return how often a source stopped or worked again within the last day."""
    runs = conclusive_visits(store.runs(source.id, limit=MAX_VISITS), None)
    recent = [run for run in runs if abs(now - run.started) < DAY]
    return turns([verdict_of(source, run, None, has_releases=True).condition for run in recent])
