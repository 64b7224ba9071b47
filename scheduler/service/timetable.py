"""Timetable of the service: its periodic jobs, its sources, and the next visit to each source.

RECURRING_JOBS lists the periodic jobs. scheduler.planning.planner decides when a visit is due, and
data.settings.visits has the default interval. All jobs run in APScheduler, which compares
wall-clock times. If the clock were set back two days, all jobs would stall for two days. So all
jobs are moved by the change of the clock, which is measured with the monotonic clock.
"""

import asyncio
import datetime as dt
import math
import random
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import closing, suppress
from functools import partial
from typing import Any, Final, TypeAlias

import structlog
from apscheduler.jobstores.base import JobLookupError
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.date import DateTrigger
from apscheduler.triggers.interval import IntervalTrigger

from data.clock import utc_now
from data.errors import CommuniqueError
from data.store.core.store import Store
from scheduler.home.home import Home
from scheduler.planning.planner import NextVisit, VisitPlanner
from scheduler.sources.handlings import paused_sources
from spiders.sources.source_file import LoadedSource, choose, load_sources

JITTER_SHARE = 0.1
"""Fraction of a source's interval over which overdue visits are spread. It is also the minimum
pause between two visits.
"""

MAX_SPREAD_SECONDS: Final = 20.0
"""Maximum random delay of a visit in seconds. Many sources publish at noon, and they should not all
be visited in the same second."""

MIN_CLOCK_JUMP = dt.timedelta(seconds=2)
"""Minimum change of the wall clock, relative to the monotonic clock, that counts as a change of the
clock. It is measured between two checks.
"""


MAX_FIRST_VISITS_PER_DAY: Final = 240
"""Maximum number of first visits per day to sources that were added from a catalogue."""

MAX_FIRST_VISITS_AT_ONCE: Final = 20
"""Maximum number of first visits to sources from a catalogue that begin at the same time."""

TimetableJob: TypeAlias = Callable[[], Coroutine[Any, Any, None]]
"""Function that performs a periodic job."""

MIN_CLOCK_LEAP: Final = dt.timedelta(hours=1)
"""Minimum change of the wall clock after which times are unreliable."""

SETTLING_SECONDS: Final = 1800.0
"""Time in seconds after a change of the clock during which times are unreliable. A wrong clock is
often corrected soon."""

CLOCK_CHECK_SECONDS: Final = 5.0
"""Time in seconds between two checks of the clock. The check is not a job, because jobs stall while
the clock is wrong."""


RECURRING_JOBS: Final = {
    "reload": 30.0,  # load added and changed source files, and drop removed ones
    "publish": 30.0,  # publish changes made without a visit, such as imports and retractions
    "health": 60.0,  # record which sources stopped working, and which work again
    "ping": 60.0,  # report to the monitor in health.ping whether the service works
    "attest": 3600.0,  # get cosignatures and a time stamp, and sign the logs of other instances
    "tidy": 86_400.0,  # delete old reports from the store, and optimize it
}
"""Names and intervals in seconds of all periodic jobs except visits. `Service.jobs` contains their
functions.

Three tasks have their own intervals: the clock is checked every CLOCK_CHECK_SECONDS, WebSub backs
off (feeds.sending_loop), and every service of a fleet copies its archive
(scheduler.service.background)."""


def first_visit(
    last: dt.datetime | None,
    due: dt.datetime,
    interval: dt.timedelta,
    now: dt.datetime,
    chance: random.Random,
) -> dt.datetime:
    """Return the time of the first visit to a source after the service starts.

    A source that was never visited is due now. Other sources are due at ``due``. Overdue visits are
    spread over a tenth of their interval, so that a restart or the wake-up of a machine causes no
    burst. The same applies if the last visit is in the future, because the clock was or is wrong.
    """
    if last is None:
        return now
    if last <= now < due:
        return due
    return now + interval * JITTER_SHARE * chance.random()


class FirstVisitBudget:
    """A budget for first visits to sources from a catalogue.

    A first visit pages back to the first release of a source. Hundreds of sources can be added at
    once. So at most MAX_FIRST_VISITS_AT_ONCE of them are due now, and at most
    MAX_FIRST_VISITS_PER_DAY per day.
    """

    def __init__(self) -> None:
        self._spent_until: dt.datetime | None = None

    def next_slot(self, now: dt.datetime) -> dt.datetime:
        """Return the earliest time of another first visit, and reserve this slot."""
        pause = dt.timedelta(days=1) / MAX_FIRST_VISITS_PER_DAY
        spent = max(self._spent_until or now, now)
        self._spent_until = spent + pause
        return max(now, spent - (MAX_FIRST_VISITS_AT_ONCE - 1) * pause)


class Timetable:
    """Schedule of visits and periodic jobs. It uses ``scheduler``, which has no other jobs.

    ``visit`` is called with the id of a due source. ``clock`` returns the time of a monotonic clock
    in seconds, and ``now`` the wall-clock time.
    """

    def __init__(
        self,
        visit: Callable[[str], Awaitable[None]],
        chance: random.Random,
        *,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], dt.datetime] = utc_now,
    ) -> None:
        self.scheduler = AsyncIOScheduler(
            timezone=dt.UTC,
            # If the machine slept, each missed job runs only once.
            job_defaults={"coalesce": True, "misfire_grace_time": None, "max_instances": 1},
        )
        self._visit = visit
        self._chance = chance
        self._clock = clock
        self._now = now
        self._started = self._start_of_clock()
        self._leapt = -math.inf

    def put(self, source: str, wait: float) -> None:
        """Make a source due in ``wait`` seconds.

        This replaces an earlier due time.
        """
        self.scheduler.add_job(
            self._visit,
            DateTrigger(self._now() + dt.timedelta(seconds=wait)),
            args=[source],
            id=_job_of(source),
            replace_existing=True,
        )

    def put_again(self, source: str, wait: float, interval: float) -> None:
        """Make a visited source due in ``wait`` seconds, or after a short pause if that is later.

        The pause depends on ``interval`` (seconds).
        """
        rest = interval * JITTER_SHARE
        self.put(source, max(wait, rest) + self._chance.uniform(0, min(MAX_SPREAD_SECONDS, rest)))

    def due(self) -> dict[str, dt.datetime]:
        """Return the times of the next visits by source, soonest first."""
        jobs = [job for job in self.scheduler.get_jobs() if job.id.startswith(_job_of(""))]
        return {job.args[0]: job.trigger.run_date for job in jobs}

    def hasten(self, source: str, wait: float) -> None:
        """Make a source due in ``wait`` seconds, unless it is due earlier or is being visited."""
        job, at = self.scheduler.get_job(_job_of(source)), self._now() + dt.timedelta(seconds=wait)
        if job and at < job.trigger.run_date:
            job.modify(trigger=DateTrigger(at), next_run_time=at)

    def remove(self, source: str) -> None:
        """Remove a source from the timetable."""
        with suppress(JobLookupError):  # if the source is being visited
            self.scheduler.remove_job(_job_of(source))

    def start(self, jobs: Mapping[str, TimetableJob]) -> None:
        """Start all jobs in RECURRING_JOBS. ``jobs`` maps their names to functions."""
        for name, seconds in RECURRING_JOBS.items():
            action = partial(unless_over, jobs[name])
            self.scheduler.add_job(action, IntervalTrigger(seconds=seconds))
        self.scheduler.start()

    def end(self) -> None:
        """End all jobs, if they have started."""
        if self.scheduler.running:
            self.scheduler.shutdown(wait=False)

    async def follow_clock(self) -> None:
        """Move all jobs whenever the clock is changed, until cancelled."""
        while True:
            await asyncio.sleep(CLOCK_CHECK_SECONDS)
            self.check_clock()

    def check_clock(self) -> None:
        """Move all jobs by the change of the clock since the last check."""
        started = self._start_of_clock()
        moved = started - self._started
        if abs(moved) < MIN_CLOCK_JUMP:
            return
        self._started = started
        if abs(moved) >= MIN_CLOCK_LEAP:
            self._leapt = self._clock()
        for job in self.scheduler.get_jobs():
            job.modify(next_run_time=job.next_run_time + moved)

    @property
    def is_clock_settled(self) -> bool:
        """Return whether the clock has had no recent change of MIN_CLOCK_LEAP or more."""
        return self._clock() - self._leapt >= SETTLING_SECONDS

    def _start_of_clock(self) -> dt.datetime:
        """Return the wall-clock time minus the monotonic time.

        The result changes only if the wall clock is changed.
        """
        return self._now() - dt.timedelta(seconds=self._clock())


async def unless_over(action: Callable[[], Awaitable[None]]) -> None:
    """Run an action, and ignore its cancellation when the timetable ends."""
    with suppress(asyncio.CancelledError):
        await action()


def _job_of(source: str) -> str:
    return f"visit {source}"


log = structlog.get_logger()


class VisitPlan:
    """The sources of a home directory, and the times of their next visits.

    All methods except ``interval`` read the store, so call them in a thread.
    """

    def __init__(self, home: Home, chance: random.Random) -> None:
        self._home = home
        self._chance = chance
        self._first_visits = FirstVisitBudget()
        self._planner = VisitPlanner(home.settings.collect, home.settings.health)

    def interval(self, source: LoadedSource) -> float:
        """Return the mean interval between visits to a source, in seconds."""
        return self._planner.interval(source)

    def load(
        self, known: Mapping[str, LoadedSource]
    ) -> tuple[dict[str, LoadedSource], dict[str, dt.datetime], dict[str, float]]:
        """Load the sources that are not paused. ``known`` are the sources loaded before.

        Returns the sources by id, the times of the first visits to new or changed sources, and the
        seconds until the next visit to each single-page source with an unconfirmed change. Changes
        found by `communique collect` are included.
        """
        loaded, broken = load_sources(self._home.sources)
        for error in broken:
            log.error("invalid source file", problem=str(error))
        with closing(self._home.store()) as store:
            stored, removed = store.sources(), store.removed_sources()
            for one in loaded.values():
                # A person edited its name, address or time zone.
                if one.id in stored and one.id not in removed and one.source != stored[one.id]:
                    store.register(one.source)
            paused = paused_sources(store)
            chosen = {one.id: one for one in choose(loaded, ()) if one.id not in paused}
            self._planner.learn(store, chosen.values(), utc_now())
            first = {
                source.id: self._first_visit(store, source)
                for source in chosen.values()
                if (before := known.get(source.id)) is None
                or before.file.interval != source.file.interval
            }
            now = utc_now()
            confirming = {
                source.id: due.wait(now)
                for source in chosen.values()
                if source.file.is_page and (last := store.last_visit(source.id))
                if (due := self._planner.next_visit(store, source, last)).confirms
            }
            return chosen, first, confirming

    def _first_visit(self, store: Store, source: LoadedSource) -> dt.datetime:
        last, now = store.last_visit(source.id), utc_now()
        if last is None and source.file.catalogue:
            return self._first_visits.next_slot(now)
        due = self._planner.next_visit(store, source, last or now).at
        interval = dt.timedelta(seconds=self._planner.interval(source))
        return first_visit(last, due, interval, now, self._chance)

    def soonest(self, source: LoadedSource) -> dt.datetime:
        """Return the earliest allowed time for the next visit to a source.

        If the store can't be read, the source is visited after its interval.
        """
        try:
            with closing(self._home.plain_store()) as store:
                return self._planner.soonest_visit(store, source, utc_now())
        except (CommuniqueError, OSError) as error:
            log.error("the store can't be read", problem=str(error))  # noqa: TRY400 - no traceback needed
            return utc_now() + dt.timedelta(seconds=self._planner.interval(source))

    def after(self, source: LoadedSource, last: dt.datetime) -> NextVisit:
        """Return the next visit to a source after a visit that began at ``last``.

        If the store can't be read, the source is due after its interval.
        """
        try:
            with closing(self._home.store()) as store:
                return self._planner.next_visit(store, source, last)
        except (CommuniqueError, OSError) as error:
            log.error("the store can't be read", problem=str(error))  # noqa: TRY400 - no traceback needed
            seconds = self._planner.interval(source)
            return NextVisit(last + dt.timedelta(seconds=seconds), seconds)

    def next_visit(self, store: Store, source: LoadedSource) -> dt.datetime | None:
        """Return the time of the next visit to a source, or None if it was never visited."""
        last = store.last_visit(source.id)
        return self._planner.next_visit(store, source, last).at if last else None

    def witnesses(
        self, source: LoadedSource, others: Sequence[LoadedSource], wait: float
    ) -> list[str]:
        """Return sources on other hosts. Visits to them show whether our own network is down.

        They are visited in ``wait`` seconds, at the same time as ``source``.
        """
        at = utc_now() + dt.timedelta(seconds=wait)
        with closing(self._home.store()) as store:
            return self._planner.witnesses(store, source, others, at)
