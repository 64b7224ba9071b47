"""A fleet in simulated time: hosts that are due, slots for visits, and one store that commits.

A job is one host, as in scheduler.fleet.worker. The worker that takes it visits all due sources of
the host, some at the same time, each in its own slot, although the host responds to one request at
a time. The host is due again when the next of its sources is due. The service's own code determines
the next visit of a source: scheduler.planning.visit_times plans it by the learned publication rate,
and scheduler.service.timetable spreads visits over time.
"""

from __future__ import annotations

import datetime as dt
import heapq
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from data.clock import utc_now
from scheduler.planning.intensity import WEEK_MINUTES, Moments, counts_of, weekly_intensity
from scheduler.planning.visit_times import Intervals, Plan, plan, prices_of
from scheduler.service.timetable import JITTER_SHARE, MAX_SPREAD_SECONDS
from scheduler.service.visit_plan import first_visit

BEGIN = float(7 * 60)
"""The minute of the week at which a simulation begins: Monday at seven, before offices open."""

KINDS = 48
"""Rhythms that sources have, each with a plan of its own; those of one kind differ by chance."""


@dataclass(frozen=True)
class Costs:
    """What the simulation takes for given, in seconds; benchmarks/fleet.py measures it."""

    requests: float
    """Requests of a visit."""
    gap: float
    """From the beginning of a request to that of the next one to the same host."""
    commit: float
    """How long a visit holds the one write transaction of the store."""


@dataclass(frozen=True)
class Fleet:
    """How much there is."""

    sizes: Sequence[int]
    """Sources of each host."""
    places: int
    """Visits at a time, of all workers."""
    interval: float
    """Seconds between two visits to a source, in the mean."""
    side_by_side: int
    """Visits of one host at a time: so many places it may take."""


@dataclass
class Seen:
    """What happened."""

    delays: list[float] = field(default_factory=list)
    """Seconds past due at which visits began, on hosts that can be visited in time."""
    crowded: list[float] = field(default_factory=list)
    """The same on hosts whose sources take longer than their interval, one after the other."""
    depth: list[int] = field(default_factory=list)
    """Hosts that were due and not visited, each minute."""
    busy: list[int] = field(default_factory=list)
    """Places that visited, each minute."""
    jobs: int = 0
    overlaps: int = 0
    """Jobs that began while another was under way on the host."""
    least_gap: float = float("inf")
    """The least seconds between two jobs of one host."""
    commits_waited: list[float] = field(default_factory=list)
    """Seconds for which visits waited for the write transactions of others."""


def zipf_sizes(sources: int, hosts: int, exponent: float) -> list[int]:
    """How many sources each host has, at least one: the size falls with the power of the rank."""
    weights = 1 / np.arange(1, hosts + 1) ** exponent
    sizes = 1 + np.floor(weights / weights.sum() * (sources - hosts)).astype(int)
    sizes[: sources - int(sizes.sum())] += 1
    return [int(size) for size in sizes]


class Rhythms:
    """The plans of some kinds of sources that share a budget of visits."""

    def __init__(self, interval: float, least: float, chance: random.Random) -> None:
        intervals = Intervals(interval / 60, least / 60)
        seed = np.random.default_rng(chance.randrange(2**32))
        moments = [offices(seed, kind) for kind in range(KINDS)]
        counts = [counts_of(those, 0.0) for those in moments]
        whole = np.sum(counts, axis=0)
        self._intensities = {
            str(kind): weekly_intensity(those, 0.0, whole - count)
            for kind, (those, count) in enumerate(zip(moments, counts, strict=True))
        }
        self._prices = prices_of(self._intensities, intervals)
        self._intervals = intervals
        self._plans: dict[int, Plan] = {}

    def after(self, kind: int, second: float) -> float:
        """The second at which a source is best visited after a visit, by its plan of the day."""
        minute = BEGIN + second / 60
        made = self._plans.get(kind)
        if made is None or not made.start <= minute < made.end:
            name = str(kind)
            made = plan(self._intensities[name], minute, self._prices[name], self._intervals)
            self._plans[kind] = made
        return (made.after(minute) - BEGIN) * 60


def offices(seed: np.random.Generator, kind: int) -> Moments:
    """When a source of a kind published in half a year: in office hours, of its own zone.

    Rates fall from ten a day to one a month.
    """
    rate = 10 * 300 ** (-(kind % 12) / 11) / (24 * 60)
    zone = (kind // 12) * 6 * 60
    minutes = np.arange(-26 * WEEK_MINUTES, 0)
    local = (minutes + zone) % WEEK_MINUTES
    hour, day = local // 60 % 24, local // (24 * 60)
    open_ = (hour >= 9) & (hour < 17) & (day < 5)  # noqa: PLR2004 - as offices have it
    even = open_ / open_.mean() * rate * np.where(local % 60 == 0, 10, 50 / 59 * 60 / 50)
    at = np.repeat(minutes, seed.poisson(even)).astype(float)
    return Moments(at, np.ones(len(at)))


def starts(size: int, interval: float, chance: random.Random) -> Iterator[float]:
    """When the sources of a host are due at a start of the service.

    Each was visited last within an interval before, as the timetable spread it.
    """
    now = utc_now()
    for _ in range(size):
        ago = dt.timedelta(seconds=chance.uniform(0, interval))
        due = now - ago + dt.timedelta(seconds=interval)
        at = first_visit(now - ago, due, dt.timedelta(seconds=interval), now, chance)
        yield (at - now).total_seconds()


class Simulation:
    """Replays the timetable of a fleet from a start of the whole service on."""

    def __init__(self, fleet: Fleet, costs: Costs, rhythms: Rhythms, seed: int = 1) -> None:
        self._fleet = fleet
        self._costs = costs
        self._rhythms = rhythms
        self._chance = chance = random.Random(seed)  # noqa: S311 - repeats, no secret
        self._visit = costs.requests * costs.gap
        # Of each host the sources, the next that is due first: when, and of which kind.
        self._sources = [
            [(due, chance.randrange(KINDS)) for due in starts(size, fleet.interval, chance)]
            for size in fleet.sizes
        ]
        for those in self._sources:
            heapq.heapify(those)
        self._crowded = [size * self._visit > fleet.interval for size in fleet.sizes]
        self.crowded_sources = sum(
            size for size in fleet.sizes if size * self._visit > fleet.interval
        )
        # The timetable: when a host is due, which host.
        self._hosts = [(those[0][0], host) for host, those in enumerate(self._sources)]
        heapq.heapify(self._hosts)
        # Jobs under way: when one ends, its host, what of it was due, the places that it takes.
        self._ends: list[tuple[float, int, list[tuple[float, int]], int]] = []
        self._free = fleet.places
        self._under_way = bytearray(len(self._sources))
        self._left = [float("-inf")] * len(self._sources)
        self._store_free = 0.0
        self.seen = Seen()

    def run(self, seconds: float) -> Seen:
        """Let so many seconds pass."""
        now, minute = 0.0, 0.0
        while True:
            due = max(self._hosts[0][0], now) if self._free and self._hosts else float("inf")
            ended = self._ends[0][0] if self._ends else float("inf")
            now = min(due, ended)
            while minute <= min(now, seconds):
                self.seen.depth.append(sum(1 for at, _ in self._hosts if at <= minute))
                self.seen.busy.append(self._fleet.places - self._free)
                minute += 60
            if now > seconds:
                return self.seen
            if ended <= due:
                self._end(now, *heapq.heappop(self._ends)[1:])
            else:
                self._claim(now, heapq.heappop(self._hosts)[1])

    def _claim(self, now: float, host: int) -> None:
        """Begin a job: it has what is due of its host by now."""
        self.seen.overlaps += self._under_way[host]
        self._under_way[host] = True
        self.seen.jobs += 1
        self.seen.least_gap = min(self.seen.least_gap, now - self._left[host])
        mine, due = self._sources[host], list[tuple[float, int]]()
        late = self.seen.crowded if self._crowded[host] else self.seen.delays
        ends = now
        while mine and mine[0][0] <= now:
            due.append(heapq.heappop(mine))
            late.append(now - due[-1][0])
            # A visit takes half as long, or half as long again.
            ends += self._visit * (0.5 + self._chance.random())
        taken = min(len(due), self._fleet.side_by_side, self._free)
        self._free -= taken
        heapq.heappush(self._ends, (ends, host, due, taken))

    def _end(self, now: float, host: int, visited: list[tuple[float, int]], taken: int) -> None:
        """Commit the visits of a job, plan the next ones, and let go of the host."""
        mine, rest = self._sources[host], self._fleet.interval * JITTER_SHARE
        for _, kind in visited:
            self._store_free = max(self._store_free, now) + self._costs.commit
            self.seen.commits_waited.append(self._store_free - self._costs.commit - now)
            planned = self._rhythms.after(kind, now)
            again = max(planned, now + rest) + self._chance.uniform(
                0, min(MAX_SPREAD_SECONDS, rest)
            )
            heapq.heappush(mine, (again, kind))
        if visited and self._store_free > now:
            # Its places are taken until all is committed.
            heapq.heappush(self._ends, (self._store_free, host, [], taken))
            return
        self._free += taken
        self._under_way[host] = False
        self._left[host] = now
        # A host is let alone for as long as between two requests, whoever visits it next.
        heapq.heappush(self._hosts, (max(mine[0][0], now + self._costs.gap), host))
