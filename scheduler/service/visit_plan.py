"""When a source is best visited, where it is known how often it publishes at which minute.

The plan that makes the sum of what releases wait and of what visits cost the least, by dynamic
programming over the next hours (Eckstein, Gal and Reiner, 2008, "Monitoring an Information Source
Under a Politeness Constraint", INFORMS Journal on Computing 20(1)): it waits for noon where much
is published at noon, and looks right after it. A visit costs a price, the same for all sources
that share a budget of visits, so that a visit goes where it spares releases most waiting; the
price is found by which all visits of a week are as many as the budget says (prices_of).

A release that waits longer than the mean interval adds less for each further minute, SLOPE: many
found soon are worth more than one found late found a little sooner.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

WEEK: Final = 7 * 24 * 60

SLOPE: Final = 0.2
"""What a minute of waiting counts that is beyond the mean interval; one before it counts 1."""

MOST_STEPS: Final = 360
"""Steps of the clock in the longest interval."""

DAY: Final = 24 * 60.0
"""Minutes that a plan is made for."""

LOWEST, HIGHEST = 1e-6, 1e9
"""Prices between which the one is searched for, in minutes that releases wait."""

SEARCH: Final = 40
"""Halvings in the search for a price."""

MOST: Final = 4
"""How many times as often as its interval says a source is visited at the most, however little is
published by those that it shares a budget with."""

SAMPLE: Final = 10
"""Sources at the most whose plans correct a price."""

CORRECTIONS: Final = 2
"""How often a price is corrected; once leaves some per cent."""


@dataclass(frozen=True)
class Intervals:
    """Minutes between two visits: on the ``mean``, at the ``least``, and at the ``longest``."""

    mean: float
    least: float

    @cached_property
    def longest(self) -> float:
        """What lies between two visits at the most: edits and failures are to be seen as well."""
        return min(24 * self.mean, max(6 * 60.0, 4 * self.mean))

    @cached_property
    def step(self) -> float:
        """The minutes that one step of the plan is long."""
        return max(1.0, self.longest / MOST_STEPS)

    @cached_property
    def steps(self) -> int:
        """The steps of the longest interval."""
        return int(self.longest / self.step)

    @cached_property
    def waits(self) -> NDArray[np.float64]:
        """What a release costs that waits so many steps, in minutes; it came within the first."""
        minutes = np.maximum(np.arange(self.steps + 1) - 0.5, 0) * self.step
        late = np.maximum(minutes - self.mean, 0)
        return np.asarray(np.minimum(minutes, self.mean) + SLOPE * late)

    @cached_property
    def even(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The best interval in minutes at an even intensity, by its ratio to a price of visits."""
        gaps = np.arange(1, self.steps + 1)
        ratios = np.geomspace(1e-9, 1e3, 600)
        costs = (ratios[:, None] * self.step * np.cumsum(self.waits[1:]) + 1) / gaps
        return ratios, np.maximum(gaps[costs.argmin(axis=1)] * self.step, self.least)


@dataclass(frozen=True, slots=True)
class Plan:
    """The best next visits: ``gaps`` are minutes until then, by the step in which one is made."""

    start: float
    step: float
    gaps: NDArray[np.float64]

    @property
    def end(self) -> float:
        """The minute up to which visits are planned."""
        return self.start + len(self.gaps) * self.step

    def after(self, minute: float) -> float:
        """The best minute for the next visit after one that was made at a minute."""
        step = int((minute - self.start) / self.step)
        step = min(max(step, 0), len(self.gaps) - 1)
        return max(minute, self.start + step * self.step) + float(self.gaps[step])


def plan(intensity: NDArray[np.float64], start: float, price: float, intervals: Intervals) -> Plan:
    """The best visits from a minute on, for a day or the longest interval.

    ``intensity`` is in releases a minute, for each minute of a week (data.intensity); ``price`` in
    minutes that releases wait, which one visit is worth. Steps begin with whole minutes: many
    releases come in the first seconds of one.
    """
    start = math.floor(start)
    most, waits = intervals.steps, intervals.waits[1:]
    least = max(1, round(intervals.least / intervals.step))
    planned = int(max(DAY, intervals.longest) / intervals.step)
    # What comes after the plan bears on its last visits, and ever less on those before.
    known = planned + 2 * most
    expected = per_step(intensity, start, intervals.step, known).tolist()
    ahead = np.zeros(known + most + 1)
    gaps = np.zeros(planned)
    # What the releases cost that come from a step on up to a visit so many steps later.
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
    """The releases that are expected in each of so many steps from a minute on."""
    whole = np.concatenate([[0.0], np.cumsum(intensity)])
    edges = start + step * np.arange(count + 1)
    weeks, within = np.divmod(edges, WEEK)
    passed: NDArray[np.float64] = weeks * whole[-1] + np.interp(within, np.arange(WEEK + 1), whole)
    return np.diff(passed)


def prices_of(
    intensities: Mapping[str, NDArray[np.float64]], intervals: Intervals
) -> dict[str, float]:
    """The price of a visit to each of some sources that share a budget: one in each mean interval.

    It is the same for all but those that would have more than MOST times as many.
    """
    even = WEEK / intervals.mean
    price = price_of(list(intensities.values()), intervals, len(intensities) * even)
    prices = dict.fromkeys(intensities, price)
    for name, one in intensities.items():
        if even_visits(averaged(one, round(intervals.mean)), price, intervals) > MOST * even:
            prices[name] = price_of([one], intervals, MOST * even)
    return prices


def price_of(
    intensities: Sequence[NDArray[np.float64]], intervals: Intervals, visits: float
) -> float:
    """The price of a visit at which all sources together are visited so many times a week.

    Found for even intensities, which can be calculated, and corrected by what the plans of some of
    the sources come to.
    """
    smooth = [averaged(one, round(intervals.mean)) for one in intensities]
    by_rate = np.argsort([one.sum() for one in intensities])
    some = by_rate[:: -(-len(by_rate) // SAMPLE)]
    asked = visits
    for _ in range(CORRECTIONS):
        price = even_price(smooth, intervals, asked)
        foreseen = sum(even_visits(smooth[one], price, intervals) for one in some)
        planned = sum(planned_visits(intensities[one], price, intervals) for one in some)
        asked = visits * foreseen / planned
    return even_price(smooth, intervals, asked)


def even_price(
    intensities: Sequence[NDArray[np.float64]], intervals: Intervals, visits: float
) -> float:
    """The price at which a week has so many visits, were each intensity even for a while."""
    low, high = LOWEST, HIGHEST
    for _ in range(SEARCH):
        price = math.sqrt(low * high)
        if sum(even_visits(one, price, intervals) for one in intensities) > visits:
            low = price
        else:
            high = price
    return high


def even_visits(intensity: NDArray[np.float64], price: float, intervals: Intervals) -> float:
    """The visits of a week at a price, were the intensity even for a while."""
    ratios, gaps = intervals.even
    return float((1 / np.interp(intensity / price, ratios, gaps)).sum())


def planned_visits(intensity: NDArray[np.float64], price: float, intervals: Intervals) -> float:
    """The visits of a week by plans."""
    made, now = 0, 0.0
    while now < WEEK:
        planned = plan(intensity, now, price, intervals)
        while now < min(planned.end, WEEK):
            now = planned.after(now)
            made += 1
    return made * WEEK / now


def averaged(intensity: NDArray[np.float64], window: int) -> NDArray[np.float64]:
    """The mean of each so many minutes round a week."""
    window = min(max(window, 1), WEEK)
    whole = np.concatenate([[0.0], np.cumsum(np.concatenate([intensity, intensity]))])
    means = (whole[window : window + WEEK] - whole[:WEEK]) / window
    return np.asarray(np.roll(means, window // 2))
