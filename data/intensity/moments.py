"""When releases were published, as far as it is known: points on the clock of their source.

A page that states a time gives one point. One that states a day gives several, over the hours in
which it can have been: the office hours of that day, or what of it lies before the visit that saw
the release, which is seldom much later than its publication where a source is visited often.
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
WEEK: Final = 7 * DAY
"""Minutes of a day, and of a week."""

MONDAY: Final = dt.datetime(2001, 1, 1)  # noqa: DTZ001 - on the clock of a source, whichever it is
"""Where the minutes of all sources are counted from, so that weeks begin on Mondays."""

OFFICE: Final = (8, 18)
"""Hours between which a day is taken to be published at where nothing else is known."""

POINTS: Final = 5
"""Points that stand for a release whose hour is not known."""

SEEN_WITHIN: Final = 60.0
"""Minutes before a visit saw it in which a release of that day is taken to have been published."""


@dataclass(frozen=True, slots=True)
class Moments:
    """Points in minutes since MONDAY, in order, and how much of a release each stands for."""

    minutes: NDArray[np.float64]
    parts: NDArray[np.float64]

    def before(self, minute: float) -> Moments:
        """Those before a minute."""
        known = self.minutes < minute
        return Moments(self.minutes[known], self.parts[known])


def minute_of(at: dt.datetime, zone: dt.tzinfo) -> float:
    """The minutes since MONDAY on the clock of a zone."""
    return (at.astimezone(zone).replace(tzinfo=None) - MONDAY).total_seconds() / 60


def moments_of(times: Iterable[PublicationTime], zone: dt.tzinfo) -> Moments:
    """The points of releases on the clock of their source."""
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
    first, last = (midnight + hour * 60 for hour in OFFICE)
    if time.precision == "none" or midnight < seen < midnight + DAY:
        first, last = max(midnight, seen - SEEN_WITHIN), seen
    step = (last - first) / POINTS
    return [first + step * (number + 0.5) for number in range(POINTS)]
