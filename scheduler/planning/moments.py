"""When releases were published, as points in time in the time zone of their source.

A page with a time gives one point. A page with only a day gives several, spread over the hours in
which it may have been published. These are the office hours of that day, or the last hour before
the visit that saw the release: a source that is visited often is seldom much faster.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from data.models import PublicationTime

DAY: Final = 24 * 60
"""Minutes of a day, and of a week."""
WEEK: Final = 7 * DAY
"""Minutes of a day, and of a week."""

MONDAY: Final = dt.datetime(2001, 1, 1)  # noqa: DTZ001 - in the time zone of each source
"""The time from which the minutes of all sources are counted, so that weeks begin on Mondays."""

OFFICE_HOURS_OF_DAY: Final = (8, 18)
"""First and last hour in which a release is assumed to be published, if nothing else is known."""

POINTS_PER_DAY: Final = 5
"""Points for a release whose time of day is unknown."""

MAX_DELAY_MINUTES: Final = 60.0
"""Minutes before a visit in which a release of that day is assumed to be published."""


@dataclass(frozen=True, slots=True)
class Moments:
    """Sorted points in minutes since MONDAY, and the fraction of a release at each point."""

    minutes: NDArray[np.float64]
    parts: NDArray[np.float64]

    def before(self, minute: float) -> Moments:
        """The points before a minute."""
        known = self.minutes < minute
        return Moments(self.minutes[known], self.parts[known])


def minute_of(at: dt.datetime, zone: dt.tzinfo) -> float:
    """The minutes since MONDAY in a time zone."""
    return (at.astimezone(zone).replace(tzinfo=None) - MONDAY).total_seconds() / 60


def moments_of(times: Iterable[PublicationTime], zone: dt.tzinfo) -> Moments:
    """The points of releases in the time zone of their source."""
    points, parts = list[float](), list[float]()
    for one in times:
        found = points_of(one, zone)
        points += found
        parts += [1 / len(found)] * len(found)
    order = np.argsort(points, kind="stable")
    return Moments(np.array(points, float)[order], np.array(parts, float)[order])


def points_of(time: PublicationTime, zone: dt.tzinfo) -> list[float]:
    """The points of one release."""
    at, seen = minute_of(time.published, zone), minute_of(time.first_seen, zone)
    if time.precision == "second":
        return [at]
    midnight = at - at % DAY
    first, last = (midnight + hour * 60 for hour in OFFICE_HOURS_OF_DAY)
    if time.precision == "none" or midnight < seen < midnight + DAY:
        first, last = max(midnight, seen - MAX_DELAY_MINUTES), seen
    step = (last - first) / POINTS_PER_DAY
    return [first + step * (number + 0.5) for number in range(POINTS_PER_DAY)]
