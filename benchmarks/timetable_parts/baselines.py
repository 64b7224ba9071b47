"""Rules of other projects and papers for the times of visits, each with its reference.

Each rule has a parameter for making more or fewer visits, so that all can be compared with the same
number of visits.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from benchmarks.timetable_parts.simulation import WEEK, Minutes, Stage, Visits

DAY = 24 * 60
MINUTES = np.arange(WEEK + 1.0)
HALF_LIFE = 20 * WEEK
"""As ours: what is learned of rates counts half after so long."""


def fixed(stage: Stage, interval: float, phase: float) -> Visits:
    """Fixed polling: every source each interval."""
    times = stage.first + interval * (np.arange((stage.last - stage.first) / interval) + phase)
    return dict.fromkeys(stage.published, times)


class Miniflux:
    """Miniflux, POLLING_SCHEDULER=entry_frequency, as its Go code has it.

    internal/model/feed.go, ScheduleNextCheck: a week over the weekly count times a factor, from 5
    minutes to 24 hours (the longest where the count is 0). internal/storage/feed.go,
    WeeklyFeedEntryCount: a week over the mean distance of the entries of the last week, rounded
    up; 0 for fewer than two. The factor, a whole number there, is any number here; so is the
    longest interval, which leaves no choice where a source is visited once a day.
    """

    def __init__(self, factor: float, longest: float = 24 * 60.0, least: float = 5.0) -> None:
        self._factor, self._least, self._longest = factor, least, longest

    def learn(self, now: float, known: Mapping[str, Minutes]) -> None:
        """Nothing: each visit counts anew."""

    def after(self, source: str, now: float, known: Minutes) -> float:
        """The next visit by the entries of the last week."""
        del source
        recent = known[np.searchsorted(known, now - WEEK) :]
        spread = float(recent[-1] - recent[0]) if len(recent) > 1 else 0.0
        if not spread:
            return now + self._longest
        weekly = math.ceil(WEEK / (spread / (len(recent) - 1)))
        return now + min(max(WEEK / (weekly * self._factor), self._least), self._longest)


def hourly_rates(known: Minutes, now: float, period: int) -> Minutes:
    """Releases an hour in each hour of a period, old ones counting less; none is quite 0."""
    weights = 0.5 ** ((now - known) / HALF_LIFE)
    lived = (
        (1 - 0.5 ** ((now - known[0]) / HALF_LIFE)) * HALF_LIFE / math.log(2) if len(known) else 0
    )
    hours = (known % period // 60).astype(int)
    counts = np.bincount(hours, weights, period // 60)
    spare = 1 / len(counts)
    return np.asarray((counts + spare) / ((lived + WEEK) / period))


class SiaCho:
    """Sia, Cho and Cho (2007), "Efficient Monitoring Algorithm for Fast News Alerts", IEEE TKDE.

    Sources publish as Poisson processes whose rate repeats daily, here by the hour. Resource
    allocation: visits of a day in proportion to the root of a source's rate (sources of equal
    importance). Retrieval scheduling: the times of one source's visits in a day satisfy rate(t_j)
    (t_j+1 - t_j) = what is expected between t_j-1 and t_j, found here by going over the times one
    by one. Where a source has no whole number of visits a day, days take turns. Both are learned
    anew each week.
    """

    def __init__(self, visits_a_day: float) -> None:
        self._visits = visits_a_day
        self._rates: dict[str, Minutes] = {}
        self._daily: dict[str, float] = {}
        self._times: dict[tuple[str, int], Minutes] = {}

    def learn(self, now: float, known: Mapping[str, Minutes]) -> None:
        """Allocate the visits of a day."""
        self._rates = {one: hourly_rates(times, now, DAY) for one, times in known.items()}
        roots = {one: math.sqrt(rates.sum()) for one, rates in self._rates.items()}
        whole = sum(roots.values())
        self._daily = {one: self._visits * root / whole for one, root in roots.items()}
        self._times = {}

    def after(self, source: str, now: float, known: Minutes) -> float:
        """The next of the times of this day, or of the next day that has one."""
        del known
        day = math.floor(now / DAY)
        while True:
            daily = self._daily[source]
            count = math.floor(daily * (day + 1)) - math.floor(daily * day)
            times = day * DAY + self._times_of(source, count)
            later = times[times > now]
            if len(later):
                return float(later[0])
            day += 1

    def _times_of(self, source: str, count: int) -> Minutes:
        key = (source, count)
        if key not in self._times:
            self._times[key] = retrieval_times(self._rates[source], count)
        return self._times[key]


def retrieval_times(rates: Minutes, count: int, rounds: int = 60) -> Minutes:
    """The best times of so many visits in a day whose hours have these rates.

    Each time in turn is moved to where the delays of what comes between its neighbours are least:
    the gain of waiting, rate(t) (next - t), equals what waits.
    """
    if count == 0:
        return np.array([])
    grid = np.arange(2 * DAY + 1.0)
    passed = np.concatenate([[0.0], np.cumsum(np.tile(np.repeat(rates / 60, 60), 2))])
    # Begin with visits as dense as the root of the rate, the best where they are many.
    dense = np.concatenate([[0.0], np.cumsum(np.repeat(np.sqrt(rates), 60))])
    times = np.interp((np.arange(count) + 0.5) / count * dense[-1], dense, grid[: DAY + 1])
    if count == 1:
        return best_single(passed)
    for _ in range(rounds):
        for odd in (0, 1):
            moved = np.arange(odd, count - (count % 2 and odd == 0), 2)
            before = times[moved - 1] - DAY * (moved == 0)
            after = times[(moved + 1) % count] + DAY * (moved == count - 1)
            times[moved] = balanced(passed, grid, before, after)
        if count % 2:
            last = np.array([count - 1])
            times[last] = balanced(passed, grid, times[last - 1], times[:1] + DAY)
    return np.sort(times % DAY)


def balanced(passed: Minutes, grid: Minutes, before: Minutes, after: Minutes) -> Minutes:
    """The times between two others at which what is expected to wait in all is least.

    What was expected up to a minute is ``passed`` (two days of it, from ``grid``). Both delays
    are read off its integral at a fine choice of times.
    """
    integral = np.concatenate([[0.0], np.cumsum((passed[1:] + passed[:-1]) / 2)])
    shares = np.linspace(0.02, 0.98, 97)
    chosen = before + (after - before) * shares[:, None]

    def wait(start: Minutes, end: Minutes) -> Minutes:
        shift = DAY * (start < 0)
        since = np.interp(start + shift, grid, passed)
        area = np.interp(end + shift, grid, integral) - np.interp(start + shift, grid, integral)
        return np.asarray(area - since * (end - start))

    costs = wait(np.broadcast_to(before, chosen.shape), chosen) + wait(
        chosen, np.broadcast_to(after, chosen.shape)
    )
    return np.asarray(chosen[costs.argmin(axis=0), np.arange(len(before))])


def best_single(passed: Minutes) -> Minutes:
    """The minute of a day at which the only visit makes the delays least."""
    area = np.convolve(passed, np.ones(DAY), "valid")[:DAY] - passed[:DAY] * DAY
    return np.array([float(area.argmin())])


class Greedy:
    """The crawl value of Busa-Fekete et al. (2025), as a threshold that each source is to reach.

    "A Scalable Crawling Algorithm Utilizing Noisy Change-Indicating Signals", WWW 2025,
    arXiv:2502.02430: the page with the greatest crawl value is visited next. Without signals, and
    there are none in these data, the value of a page that changes at a rate and was not visited
    for a time is importance/rate (1 - exp(-x) (1 + x)) with x = rate * time. (We had the abstract
    and reviews of the paper, not its text; this is the derivative of the expected freshness by the
    bandwidth, of which they speak.) If each release is as important, importance is in proportion
    to the rate, and the value grows with x alone: the changes that are expected to be unseen. The
    rate is that of the hour of the week.
    """

    def __init__(self, visits_a_release: float) -> None:
        self._threshold = 1 / visits_a_release
        self._passed: dict[str, Minutes] = {}

    def learn(self, now: float, known: Mapping[str, Minutes]) -> None:
        """Learn the rates."""
        self._passed = {one: expected(times, now) for one, times in known.items()}

    def after(self, source: str, now: float, known: Minutes) -> float:
        """When so many changes will be expected to be unseen."""
        del known
        passed = self._passed[source]
        weeks, within = divmod(now, WEEK)
        reached = float(np.interp(within, MINUTES, passed)) + self._threshold
        further, rest = divmod(reached, float(passed[-1]))
        due = (weeks + further) * WEEK + float(np.interp(rest, passed, MINUTES))
        return max(due, now + 1e-3)


def expected(known: Minutes, now: float) -> Minutes:
    """The releases that are expected from the beginning of a week up to each of its minutes."""
    return np.concatenate([[0.0], np.cumsum(np.repeat(hourly_rates(known, now, WEEK) / 60, 60))])


def greedy_at_a_constant_rate(stage: Stage, visits: int) -> Visits:
    """The same value as their algorithm uses it: at even times, the source of the greatest one."""
    sources = list(stage.published)
    made: dict[str, list[float]] = {one: [] for one in sources}
    seen = np.full(len(sources), stage.first)
    week = stage.first
    passed = np.zeros((len(sources), WEEK + 1))
    for now in np.linspace(stage.first, stage.last, visits, endpoint=False):
        if now >= week:
            for row, one in enumerate(sources):
                times = stage.published[one]
                passed[row] = expected(times[: np.searchsorted(times, seen[row])], week)
            week += WEEK
            total = passed[:, -1]
            at_visit = np.array([up_to(passed[row], at) for row, at in enumerate(seen)])
        weeks, within = divmod(now, WEEK)
        row = int((weeks * total + passed[:, int(within)] - at_visit).argmax())
        seen[row] = now
        at_visit[row] = up_to(passed[row], now)
        made[sources[row]].append(float(now))
    return {one: np.array(times) for one, times in made.items()}


def up_to(passed: Minutes, at: float) -> float:
    """The releases that are expected up to a minute, from the first week on."""
    weeks, within = divmod(at, WEEK)
    return float(weeks * passed[-1] + np.interp(within, MINUTES, passed))
