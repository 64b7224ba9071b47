"""When a source is to be heard of again, and when its silence is no chance any more.

Every day since the last release adds what was expected of it, by the rhythm of the source and by
what the others in its country did. Days to come are taken to be as busy as usual. Silence is told
where the chance of such a wait is so small that a source that goes on would be told silent less
than once a year: a source that publishes on 200 days of a year has 200 waits a year.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from math import exp
from typing import Final

from data.health.activity import NOBODY, Activity, fade
from data.health.rhythm import FALSE_ALARMS, calendar_weight, days_of_year
from data.health.wait import Wait
from data.models import Rhythm

LATE: Final = 0.02
"""The chance of a wait from which on a release is late."""

LONGEST: Final = 400
"""Days after which silence is certain, whatever the rhythm."""


@dataclass(frozen=True, slots=True)
class Expected:
    """How long a source may be quiet: ``by`` is the last usual day, ``silent`` that of an alarm.

    ``last`` is the day on which it was heard of last, and ``since`` the first usual day after it.
    ``releases`` were expected from then on until the day before the one that was asked for, if it
    has one release on a day.
    """

    last: dt.date
    since: dt.date
    by: dt.date
    silent: dt.date
    releases: float


def expected_after(rhythm: Rhythm, activity: Activity, today: dt.date) -> Expected:
    """What is expected of a source, as of the beginning of a day."""
    now = today.toordinal()
    last = rhythm.last.toordinal()
    waits = days_of_year(rhythm.hazards)
    usual = sum(rhythm.hazards) / 7
    since = by = silent = None
    releases = before = 0.0
    for day, hazard, wait in waiting(rhythm, activity, now):
        if since is None and hazard >= usual / 2:
            since = day
        if by is None and wait.chance <= LATE:
            by = day
        if silent is None and wait.chance * waits <= FALSE_ALARMS:
            silent = day + 1
        if day < now:
            releases += 1 - exp(before - wait.expected)
            before = wait.expected
        elif silent and by:
            break
    silent = silent or last + LONGEST
    by = min(by or silent - 1, silent - 1)
    of = dt.date.fromordinal
    return Expected(rhythm.last, of(since or last + 1), of(by), of(silent), releases)


def waiting(rhythm: Rhythm, activity: Activity, now: int) -> Iterator[tuple[int, float, Wait]]:
    """The days after the last release: each day, its hazard, and the wait with it.

    Days are ordinals; of those from ``now`` on, nobody knows what the others do.
    """
    rests = [(first.toordinal(), end.toordinal()) for first, end in rhythm.rests]
    published, asked = list(rhythm.published), list(rhythm.asked)
    wait = Wait(rhythm.follows, rhythm.evidence)
    last = rhythm.last.toordinal()
    for day in range(last + 1, last + LONGEST):
        weekday = (day - 1) % 7
        others = NOBODY
        if day < now:
            others = activity.others(
                day, published=False, heard=published[weekday], asked=asked[weekday]
            )
        hazard = rhythm.hazards[weekday] * calendar_weight(day, activity, rests)
        wait.add(hazard, others)
        yield day, hazard, wait
        fade(published)
        fade(asked)
        asked[weekday] += not activity.is_holiday(day)
