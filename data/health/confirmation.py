"""When a change in the health of a source is told: a single visit may fail by chance.

Quick visits follow the first one that shows another health, and where they agree with it, it is
told. States are those that the last visits show, events those that were told, the newest first.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from data.health.codes import WELL, Condition
from data.models import HealthEvent

OF_LATE: Final = 12
"""Visits of which half have to fail for a source to be told that fails now and then."""

DAY: Final = dt.timedelta(days=1)

MOST: Final = 2
"""Times that one source can be told as not well within a day."""


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


def trouble_before(events: Sequence[HealthEvent], at: dt.datetime) -> HealthEvent | None:
    """When a source was told as not well within a day before, and as well since; or None."""
    match events:
        case [HealthEvent(well=True), HealthEvent(well=False) as trouble, *_]:
            return trouble if abs(at - trouble.at) < DAY else None
    return None


def alternates(events: Sequence[HealthEvent]) -> bool:
    """Whether a source was told last that it is not well once more within a day."""
    return bool(events) and not events[0].well and bool(trouble_before(events[1:], events[0].at))


def turns(states: Sequence[Condition]) -> int:
    """How often a source stopped or worked again in some visits."""
    return sum(is_broken(one) != is_broken(other) for one, other in pairwise(states))


def is_kept_back(events: Sequence[HealthEvent], found: HealthEvent, turned: int) -> bool:
    """Whether what was found is not told, since its source alternates.

    It was told as not well twice within a day already; or it was told that it alternates, and
    ``turned`` more than once within the last day.
    """
    if found.well:
        return alternates(events) and turned > 1
    return sum(not one.well and abs(found.at - one.at) < DAY for one in events) >= MOST
