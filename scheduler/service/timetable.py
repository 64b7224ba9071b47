"""Timetable of the service: its periodic jobs, and the next visit to each source.

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
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from contextlib import suppress
from functools import partial
from typing import Any, Final, TypeAlias

from apscheduler.jobstores.base import JobLookupError
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.date import DateTrigger
from apscheduler.triggers.interval import IntervalTrigger

from data.clock import utc_now

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
