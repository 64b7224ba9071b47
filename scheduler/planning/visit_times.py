"""Plan the best times for visits to a source, from its publication rate per minute.

The plan minimizes the waiting time of releases plus the cost of visits, by dynamic programming over
the next hours (Eckstein, Gal and Reiner, 2008, "Monitoring an Information Source Under a Politeness
Constraint", INFORMS Journal on Computing 20(1)). If many releases appear at noon, the plan waits
for noon and visits right after it.

A visit has a price, which is the same for all sources that share a budget of visits. So visits go
to the sources where they save the most waiting. The price is chosen so that the visits of a week
match the budget (prices_of). After the mean interval, each further minute of waiting counts only
LATE_WEIGHT: finding many releases soon is worth more than finding one late release a little
earlier.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from scheduler.planning.intensity import WEEK_MINUTES

LATE_WEIGHT: Final = 0.2
"""Weight of a minute of waiting after the mean interval. A minute before that has the weight 1."""

MAX_STEPS: Final = 360
"""Maximum number of time steps in a planned interval."""

MIN_PLAN_MINUTES: Final = 24 * 60.0
"""Minimum length of a plan in minutes."""

MIN_PRICE, MAX_PRICE = 1e-6, 1e9
"""Minimum and maximum price in the search for a price, in minutes of waiting."""

BISECTION_STEPS: Final = 40
"""Number of bisection steps in the search for a price."""

MAX_VISIT_FACTOR: Final = 4
"""Maximum number of visits to a source per mean interval, even if the other sources in its budget
publish little."""

MAX_SAMPLED_SOURCES: Final = 10
"""Maximum number of sources whose plans are used for correcting a price."""

PRICE_CORRECTIONS: Final = 2
"""Number of times that a price is corrected. After one correction, the error is a few per cent."""


@dataclass(frozen=True)
class Intervals:
    """Intervals between two visits in minutes: the ``mean`` and the ``least``.

    ``longest`` is derived from both.
    """

    mean: float
    least: float

    @cached_property
    def longest(self) -> float:
        """Return the maximum time in minutes between two visits.

        The maximum ensures that edits and failures are noticed.
        """
        return min(24 * self.mean, max(6 * 60.0, 4 * self.mean))

    @cached_property
    def step(self) -> float:
        """Return the length of a plan step in minutes."""
        return max(1.0, self.longest / MAX_STEPS)

    @cached_property
    def steps(self) -> int:
        """Return the number of plan steps in the longest interval."""
        return int(self.longest / self.step)

    @cached_property
    def waits(self) -> NDArray[np.float64]:
        """Return the cost in minutes of a release that waits n steps for a visit, for each n.

        The release appeared within the first step.
        """
        minutes = np.maximum(np.arange(self.steps + 1) - 0.5, 0) * self.step
        late = np.maximum(minutes - self.mean, 0)
        return np.asarray(np.minimum(minutes, self.mean) + LATE_WEIGHT * late)

    @cached_property
    def even(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the best intervals in minutes for constant publication rates.

        The first array contains ratios of a rate to a visit's price, the second the interval for
        each ratio.
        """
        gaps = np.arange(1, self.steps + 1)
        ratios = np.geomspace(1e-9, 1e3, 600)
        costs = (ratios[:, None] * self.step * np.cumsum(self.waits[1:]) + 1) / gaps
        return ratios, np.maximum(gaps[costs.argmin(axis=1)] * self.step, self.least)


@dataclass(frozen=True, slots=True)
class Plan:
    """Planned visits to a source.

    ``gaps[step]`` is the number of minutes until the next visit if the last visit was in this step.
    """

    start: float
    step: float
    gaps: NDArray[np.float64]

    @property
    def end(self) -> float:
        """Return the minute at which the plan ends."""
        return self.start + len(self.gaps) * self.step

    def after(self, minute: float) -> float:
        """Return the best minute for the next visit after a visit at ``minute``."""
        step = int((minute - self.start) / self.step)
        step = min(max(step, 0), len(self.gaps) - 1)
        return max(minute, self.start + step * self.step) + float(self.gaps[step])


def plan(intensity: NDArray[np.float64], start: float, price: float, intervals: Intervals) -> Plan:
    """Return the best visits after the minute ``start``, for a day or for the longest interval.

    ``intensity`` is in releases per minute, for each minute of a week. ``price`` is the number of
    waiting minutes that one visit is worth. Steps begin with whole minutes, because many releases
    appear in the first seconds of a minute.
    """
    start = math.floor(start)
    most, waits = intervals.steps, intervals.waits[1:]
    least = max(1, round(intervals.least / intervals.step))
    planned = int(max(MIN_PLAN_MINUTES, intervals.longest) / intervals.step)
    # Steps after the end of the plan are included, because they affect its last visits.
    known = planned + 2 * most
    expected = per_step(intensity, start, intervals.step, known).tolist()
    ahead = np.zeros(known + most + 1)
    gaps = np.zeros(planned)
    # Cost of the releases that appear after a step, for a visit n steps later.
    waiting = np.zeros(most + 1)
    for step in range(known - 1, -1, -1):
        waiting[1:] = waiting[:-1] + expected[step] * waits
        costs = waiting[least:] + ahead[step + least : step + most + 1]
        best = int(costs.argmin())
        ahead[step] = price + costs[best]
        if step < planned:
            gaps[step] = (least + best) * intervals.step
    return Plan(start, intervals.step, gaps)


def per_step(
    intensity: NDArray[np.float64], start: float, step: float, count: int
) -> NDArray[np.float64]:
    """Return the expected number of releases in each of ``count`` steps.

    ``start`` (the first minute) and ``step`` (the length of a step) are in minutes.
    """
    whole = np.concatenate([[0.0], np.cumsum(intensity)])
    edges = start + step * np.arange(count + 1)
    weeks, within = np.divmod(edges, WEEK_MINUTES)
    passed: NDArray[np.float64] = weeks * whole[-1] + np.interp(
        within, np.arange(WEEK_MINUTES + 1), whole
    )
    return np.diff(passed)


def prices_of(
    intensities: Mapping[str, NDArray[np.float64]], intervals: Intervals
) -> dict[str, float]:
    """Return the price of a visit to each of several sources that share a budget.

    The budget is one visit per source and mean interval. All sources have the same price, unless a
    source would then get more than MAX_VISIT_FACTOR times its share of visits.
    """
    even = WEEK_MINUTES / intervals.mean
    price = price_of(list(intensities.values()), intervals, len(intensities) * even)
    prices = dict.fromkeys(intensities, price)
    for name, one in intensities.items():
        if (
            even_visits(averaged(one, round(intervals.mean)), price, intervals)
            > MAX_VISIT_FACTOR * even
        ):
            prices[name] = price_of([one], intervals, MAX_VISIT_FACTOR * even)
    return prices


def price_of(
    intensities: Sequence[NDArray[np.float64]], intervals: Intervals, visits: float
) -> float:
    """Return the price at which all sources together get ``visits`` visits per week.

    The price is calculated for smoothed rates, and then corrected with the plans of a sample of the
    sources.
    """
    smooth = [averaged(one, round(intervals.mean)) for one in intensities]
    by_rate = np.argsort([one.sum() for one in intensities])
    some = by_rate[:: -(-len(by_rate) // MAX_SAMPLED_SOURCES)]
    asked = visits
    for _ in range(PRICE_CORRECTIONS):
        price = even_price(smooth, intervals, asked)
        foreseen = sum(even_visits(smooth[one], price, intervals) for one in some)
        planned = sum(planned_visits(intensities[one], price, intervals) for one in some)
        asked = visits * foreseen / planned
    return even_price(smooth, intervals, asked)


def even_price(
    intensities: Sequence[NDArray[np.float64]], intervals: Intervals, visits: float
) -> float:
    """Return the price at which a week has ``visits`` visits, assuming slowly changing rates."""
    low, high = MIN_PRICE, MAX_PRICE
    for _ in range(BISECTION_STEPS):
        price = math.sqrt(low * high)
        if sum(even_visits(one, price, intervals) for one in intensities) > visits:
            low = price
        else:
            high = price
    return high


def even_visits(intensity: NDArray[np.float64], price: float, intervals: Intervals) -> float:
    """Return the number of visits per week at a price, if the publication rate changes slowly."""
    ratios, gaps = intervals.even
    return float((1 / np.interp(intensity / price, ratios, gaps)).sum())


def planned_visits(intensity: NDArray[np.float64], price: float, intervals: Intervals) -> float:
    """Return the number of visits per week in a source's plans.

    ``price`` is the cost of a visit, in minutes of waiting.
    """
    made, now = 0, 0.0
    while now < WEEK_MINUTES:
        planned = plan(intensity, now, price, intervals)
        while now < min(planned.end, WEEK_MINUTES):
            now = planned.after(now)
            made += 1
    return made * WEEK_MINUTES / now


def averaged(intensity: NDArray[np.float64], window: int) -> NDArray[np.float64]:
    """Return the moving average over ``window`` minutes. Weeks wrap around."""
    window = min(max(window, 1), WEEK_MINUTES)
    whole = np.concatenate([[0.0], np.cumsum(np.concatenate([intensity, intensity]))])
    means = (whole[window : window + WEEK_MINUTES] - whole[:WEEK_MINUTES]) / window
    return np.asarray(np.roll(means, window // 2))
