"""When a change in the health of a source is told: a single visit may fail by chance.

Quick visits follow the first one that shows another health, and where they agree with it, it is
told. States are those that the last visits show, events those that were told, the newest first.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from itertools import pairwise, takewhile
from typing import Final

from data.health.codes import WELL, Condition
from data.models import HealthEvent

OF_LATE: Final = 12
"""Visits of which half have to fail for a source to be told that fails now and then."""

DAY: Final = dt.timedelta(days=1)

MOST: Final = 2
"""Maximum number of times within a day that a source is told to have stopped."""


def is_broken(state: str) -> bool:
    """Whether a single visit shows a condition. Silence is not a failure of a visit."""
    return state in {"failing", "blocked", "degraded"}


def is_news(before: HealthEvent | None, state: Condition) -> bool:
    """Whether a state is another than the one told last; at first a source is well."""
    if before is None or before.well:
        return state not in WELL
    return state in WELL or before.condition != state


def agreeing(states: Sequence[Condition]) -> int:
    """How many of the last visits agree whether a source is broken."""
    broken = [is_broken(state) for state in states]
    return next((count for count, one in enumerate(broken) if one != broken[0]), len(broken))


def is_confirmed(before: HealthEvent | None, states: Sequence[Condition], further: int) -> bool:
    """Whether the newest state is news, and so many ``further`` visits agree."""
    newest = states[0]
    if not is_news(before, newest):
        return False
    was_broken = before is not None and is_broken(before.condition)
    if is_broken(newest) and was_broken:
        # Another reason, at each of them.
        return len(states) > further and set(states[: further + 1]) == {newest}
    if not is_broken(newest) and not was_broken:
        return True
    return agreeing(states) > further


def fails_often(states: Sequence[Condition]) -> bool:
    """Whether a source fails now and then: half of its last visits, which never agreed.

    States are those since something was told of it last.
    """
    return bool(states) and is_broken(states[0]) and failures(states) >= OF_LATE / 2


def failures(states: Sequence[Condition]) -> int:
    """How many of some visits failed."""
    return sum(map(is_broken, states))


def awaits_visit(before: HealthEvent | None, states: Sequence[Condition], further: int) -> bool:
    """Whether a quick visit is to confirm what the newest one shows."""
    if not states or not is_news(before, states[0]) or is_confirmed(before, states, further):
        return False
    return agreeing(states) <= further


def current_trouble(events: Sequence[HealthEvent]) -> tuple[HealthEvent, ...]:
    """The events since a source was last told as well, newest first; empty if it is well."""
    return tuple(takewhile(lambda one: not one.well, events))


def trouble_before(events: Sequence[HealthEvent], at: dt.datetime) -> HealthEvent | None:
    """The last event of earlier trouble less than a day before ``at``, which has ended; or None."""
    match events[len(current_trouble(events)) :]:
        case [HealthEvent(well=True), HealthEvent(well=False) as trouble, *_]:
            return trouble if abs(at - trouble.at) < DAY else None
    return None


def alternates(events: Sequence[HealthEvent]) -> bool:
    """Whether a source is told as not well, for the second time within a day."""
    current = current_trouble(events)
    return bool(current) and bool(trouble_before(events, current[-1].at))


def turns(states: Sequence[Condition]) -> int:
    """How often a source stopped or worked again in some visits."""
    return sum(is_broken(one) != is_broken(other) for one, other in pairwise(states))


def is_kept_back(events: Sequence[HealthEvent], found: HealthEvent, turned: int) -> bool:
    """Whether a change is not noted, since its source alternates between well and not well.

    A source that stops is noted at most MOST times a day. That it works again is not noted if it
    alternates and ``turned`` more than once within the last day. Another condition of a source that
    is not well is always noted (see is_repeated).
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
    return sum(abs(found.at - one.at) < DAY for one in stops) >= MOST


def is_repeated(events: Sequence[HealthEvent], found: HealthEvent) -> bool:
    """Whether a change needs no alert: the source is not well, and neither was it before.

    An alert about the same condition was sent within a day, or one that the source alternates.
    """
    current = current_trouble(events)
    if found.well or not current:
        return False
    same = (one for one in current if one.condition == found.condition)
    return alternates(events) or any(abs(found.at - one.at) < DAY for one in same)
