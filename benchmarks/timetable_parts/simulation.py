"""Press rooms whose releases are known, and visits to them by a rule.

Time is in minutes in the time zone of the sources. A rule learns only from releases that were
published before its first visit, and from those that its visits have found since.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Minutes = NDArray[np.float64]

WEEK = 7 * 24 * 60

CLOSE = 0.002
"""By how much the visits of two rules may differ to be called equally many."""


@dataclass(frozen=True)
class Stage:
    """When each source published, and the minutes between which it is visited."""

    published: Mapping[str, Minutes]
    first: float
    last: float

    @property
    def asked(self) -> int:
        """The releases whose delays are measured."""
        last = self.last - WEEK
        return sum(
            int(((times >= self.first) & (times < last)).sum()) for times in self.published.values()
        )

    def budget(self, interval: float) -> int:
        """The visits that fixed polling makes."""
        return round(len(self.published) * (self.last - self.first) / interval)


class Rule(Protocol):
    """When to visit a source next."""

    def learn(self, now: float, known: Mapping[str, Minutes]) -> None:
        """Take in what is known at the beginning of a week."""

    def after(self, source: str, now: float, known: Minutes) -> float:
        """The next visit to a source after one that is made now, which knows what it has found."""


Visits = Mapping[str, Minutes]


def visits_by(rule: Rule, stage: Stage, interval: float) -> Visits:
    """All visits of a rule; the first ones are spread over an interval."""
    made: dict[str, list[float]] = {source: [] for source in stage.published}
    due = [
        (stage.first + interval * number / len(made), source) for number, source in enumerate(made)
    ]
    heapq.heapify(due)
    week = stage.first
    while due[0][0] < stage.last:
        now, source = due[0]
        if now >= week:
            rule.learn(week, {one: found_by(stage, one, made[one]) for one in made})
            week += WEEK
        made[source].append(now)
        following = rule.after(source, now, found_by(stage, source, made[source]))
        heapq.heapreplace(due, (following, source))
    return {source: np.array(visits) for source, visits in made.items()}


def found_by(stage: Stage, source: str, visits: list[float]) -> Minutes:
    """What is known of a source after visits to it."""
    published = stage.published[source]
    known = max(visits[-1], stage.first) if visits else stage.first
    return published[: np.searchsorted(published, known)]


def delays_of(visits: Visits, stage: Stage) -> Minutes:
    """What each release waited for the first visit after it; but for those of the last week."""
    waited = []
    for source, published in stage.published.items():
        asked = published[(published >= stage.first) & (published < stage.last - WEEK)]
        times = np.append(visits[source], stage.last)
        waited.append(times[np.searchsorted(times, asked, side="right")] - asked)
    return np.concatenate(waited)


def count_of(visits: Visits) -> int:
    """How many visits were made."""
    return sum(map(len, visits.values()))


class CannotMakeAsMany(Exception):
    """No knob of a rule gives the visits that are wanted; ``closest`` is the nearest count."""

    def __init__(self, closest: int) -> None:
        super().__init__(f"the closest that the rule comes to are {closest} visits")
        self.closest = closest


def as_many(made: Callable[[float], Visits], wanted: int, knob: float) -> Visits:
    """Visits of a rule whose knob, which makes more of them, is turned until they are as many.

    Raises CannotMakeAsMany.
    """
    low, high = knob / 1000, knob * 1000
    closest = 0
    for _ in range(40):
        visits = made(knob)
        count = count_of(visits)
        if abs(count - wanted) <= CLOSE * wanted:
            return visits
        if abs(count - wanted) < abs(closest - wanted):
            closest = count
        low, high = (knob, high) if count < wanted else (low, knob)
        # Visits are about proportional to the knob, or to its root.
        guess = knob * wanted / count if count else high
        knob = guess if low < guess < high else float(np.sqrt(low * high))
    raise CannotMakeAsMany(closest)
