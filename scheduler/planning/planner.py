"""Plan the next visit to each source, from data in the store, which survives restarts.

Sources without their own interval share a budget. Together they are visited as often as if each had
one visit per `collect.interval`. Sources that publish more get more visits, at the times when they
publish. A source with its own `interval` has its own budget. If this interval is at most
`collect.least_interval`, visits are evenly spaced. If the last visit shows that a source stopped
working, or works again, the next visits follow soon (data.health.health_changes).

Publication rates are estimated again once a day. While a host must not receive requests
(data.models.Wait), its sources are not visited.
"""

import datetime as dt
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np

from data.clock import zone_or_utc
from data.health.health_changes import is_to_be_confirmed
from data.health.network import MIN_HOSTS
from data.models import Wait
from data.network.hosts import queue_of
from data.network.http_dates import MAX_RETRY_WAIT
from data.settings import Collect, HealthSettings
from data.store.core.store import Store
from scheduler.planning.intensity import (
    WEEK_MINUTES,
    Profile,
    counts_of,
    minute_of,
    moments_of,
    weekly_intensity,
)
from scheduler.planning.visit_times import Intervals, Plan, plan, prices_of
from spiders.sources.source_file import LoadedSource

MAX_KNOWN_RELEASES: Final = 2000
"""Maximum number of releases used to estimate a source's publication rate. The busiest
source publishes this many in half a year."""

ESTIMATES_VALID: Final = dt.timedelta(days=1)
"""Maximum age of estimated publication rates."""


@dataclass(frozen=True, slots=True)
class NextVisit:
    """The next visit to a source: ``seconds`` after the last visit, at the time ``at`` (aware UTC).

    - ``hourly`` is the usual number of releases per hour at that time, or None if visits are evenly
      spaced.
    - ``host_wait`` is the host's wait that determined the time, or None.
    - ``confirms`` is true if the visit confirms the result of the last visit.
    """

    at: dt.datetime
    seconds: float
    hourly: float | None = None
    host_wait: Wait | None = None
    confirms: bool = False

    def wait(self, now: dt.datetime) -> float:
        """Return the number of seconds until the visit.

        The result is correct even if the clock was set back since the last visit.
        """
        return min((self.at - now).total_seconds(), self.seconds)


class VisitPlanner:
    """Plans the visits to all sources. Thread-safe."""

    def __init__(self, settings: Collect, health: HealthSettings) -> None:
        self._settings = settings
        self._health = health
        self._lock = threading.Lock()
        self._learned: dt.datetime | None = None
        self._intervals: dict[str, Intervals] = {}
        self._counts: dict[str, Profile] = {}
        self._intensities: dict[str, Profile] = {}
        self._prices: dict[str, float] = {}
        self._plans: dict[str, Plan] = {}

    def interval(self, source: LoadedSource) -> float:
        """Return the mean time in seconds between two visits to a source.

        All sources that share a budget have the same mean.
        """
        return float(source.file.interval or self._settings.interval)

    def learn(self, store: Store, sources: Iterable[LoadedSource], now: dt.datetime) -> None:
        """Estimate publication rates of new sources and intervals, and daily of all sources.

        Raises StoreError if the store can't be read.
        """
        chosen = {one.id: one for one in sources if self._is_learned(one)}
        intervals = {
            name: Intervals(self.interval(one) / 60, self._settings.least_interval / 60)
            for name, one in chosen.items()
        }
        with self._lock:
            # Estimates are invalid if the clock was set back.
            age = now - self._learned if self._learned else ESTIMATES_VALID
            overdue = not dt.timedelta(0) <= age < ESTIMATES_VALID
            if not overdue and intervals == self._intervals:
                return
            known = set() if overdue else self._intensities.keys() & chosen.keys()
            zones = {name: zone_of_source(one) for name, one in chosen.items()}
            times = partial(store.publication_times, limit=MAX_KNOWN_RELEASES)
            moments = {
                one: moments_of(times(one), zone) for one, zone in zones.items() if one not in known
            }
            minutes = {name: minute_of(now, zone) for name, zone in zones.items()}
            counts = {name: self._counts[name] for name in known}
            counts |= {name: counts_of(those, minutes[name]) for name, those in moments.items()}
            whole = np.sum([np.zeros(WEEK_MINUTES), *counts.values()], axis=0)
            intensities = {name: self._intensities[name] for name in known}
            for name, those in moments.items():
                others = whole - counts[name]
                intensities[name] = weekly_intensity(those, minutes[name], others)
            self._intervals, self._counts, self._intensities = intervals, counts, intensities
            self._prices = self._find_prices(chosen)
            self._plans = {}
            if overdue:
                self._learned = now

    def next_visit(self, store: Store, source: LoadedSource, after: dt.datetime) -> NextVisit:
        """Return the next visit to a source after a visit that began at ``after``.

        Visits to a source without an estimated publication rate are evenly spaced. Raises
        StoreError if the store can't be read.
        """
        due = self._planned(source, after)
        further, quick = self._health.confirm_visits, float(self._health.confirm_after)
        if quick < due.seconds and (
            is_to_be_confirmed(store, source.source, further=further) or self._waits(store, source)
        ):
            due = NextVisit(after + dt.timedelta(seconds=quick), quick, confirms=True)
        wait = self._host_wait(store, source, after)
        if wait and wait.until > due.at:
            seconds = (wait.until - after).total_seconds()
            return NextVisit(wait.until, seconds, due.hourly, wait, confirms=due.confirms)
        return due

    def witnesses(
        self, store: Store, source: LoadedSource, others: Iterable[LoadedSource], at: dt.datetime
    ) -> list[str]:
        """Return sources on other hosts. Visits to them show whether our own network is down.

        Only sources that may be visited at the time ``at`` are returned. There may be too few to
        decide. Raises StoreError if the store can't be read.
        """
        found = {queue_of(source.file.url): source.id}
        for one in others:
            host = queue_of(one.file.url)
            if host not in found and self.soonest_visit(store, one, at) <= at:
                found[host] = one.id
            if len(found) == MIN_HOSTS:
                break
        return [name for name in found.values() if name != source.id]

    def soonest_visit(self, store: Store, source: LoadedSource, now: dt.datetime) -> dt.datetime:
        """Return the earliest allowed time of a visit, which may be before its planned time.

        Raises StoreError if the store can't be read.
        """
        last = store.last_visit(source.id)
        least = dt.timedelta(seconds=self._settings.least_interval)
        # If the time of the last visit is in the future, the clock was wrong.
        rested = last + least if last and last <= now else now
        wait = self._host_wait(store, source, now)
        return max(now, rested, wait.until if wait else now)

    @staticmethod
    def _waits(store: Store, source: LoadedSource) -> bool:
        """Return whether a single-page source has a change that the next visit may confirm."""
        last = next(iter(store.runs(source.id, limit=1)), None) if source.file.is_page else None
        return last is not None and last.facts is not None and last.facts.waits

    def _host_wait(self, store: Store, source: LoadedSource, after: dt.datetime) -> Wait | None:
        """Return the time until which requests to the source's host must wait, or None.

        ``after`` is the beginning of a visit.
        """
        wait = store.wait(queue_of(source.file.feed or source.file.url))
        # If a wait is longer than the maximum, the clock was wrong.
        latest = after + dt.timedelta(seconds=self._settings.run_timeout) + MAX_RETRY_WAIT
        return wait if wait and wait.until <= latest else None

    def _planned(self, source: LoadedSource, after: dt.datetime) -> NextVisit:
        with self._lock:
            if not self._is_learned(source) or source.id not in self._intensities:
                seconds = self.interval(source)
                return NextVisit(after + dt.timedelta(seconds=seconds), seconds)
            intensity = self._intensities[source.id]
            minute = minute_of(after, zone_of_source(source))
            made = self._plans.get(source.id)
            if made is None or not made.start <= minute < made.end:
                price = self._prices[source.id]
                made = plan(intensity, minute, price, self._intervals[source.id])
                self._plans[source.id] = made
            due = made.after(minute)
        hour = (np.arange(60) + int(due) - 30) % WEEK_MINUTES
        at = after + dt.timedelta(minutes=due - minute)
        return NextVisit(at, (due - minute) * 60, float(intensity[hour].sum()))

    def _is_learned(self, source: LoadedSource) -> bool:
        # Plans have steps of at least a minute. With shorter intervals, visits are evenly spaced.
        return self.interval(source) > max(self._settings.least_interval, 60)

    def _find_prices(self, chosen: dict[str, LoadedSource]) -> dict[str, float]:
        """Return the price of a visit to each source.

        Sources with the same budget have the same price.
        """
        shared = [name for name, one in chosen.items() if not one.file.interval]
        alone = [[name] for name, one in chosen.items() if one.file.interval]
        prices = dict[str, float]()
        for group in [shared, *alone] if shared else alone:
            together = {name: self._intensities[name] for name in group}
            prices |= prices_of(together, self._intervals[group[0]])
        return prices


def zone_of_source(source: LoadedSource) -> dt.tzinfo:
    """Return the time zone of a source."""
    return zone_or_utc(source.file.timezone)
