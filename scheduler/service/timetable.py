"""What the service does again and again, and when each source is visited next.

RECURRING is the table of the first. When a visit is due, scheduler.service.visit_planner says, and
a publication follows each at once. All are jobs of APScheduler, which follow a clock that is set.

APScheduler compares times of day. A clock that went back two days would stall every job for two
days, so jobs are moved by as much as the clock was, which the monotonic clock tells.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import math
import random
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Final

from apscheduler.jobstores.base import JobLookupError
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.date import DateTrigger
from apscheduler.triggers.interval import IntervalTrigger

from data.clock import utc_now

JITTER = 0.1
"""Part of an interval by which visits are spread that are overdue, and that lies between two."""

SPREAD: Final = 20.0
"""Seconds by which visits come later at the most: much is published at noon, and sources are not to
be visited in the same second."""

JUMP = dt.timedelta(seconds=2)
"""How far the clock must be off from where the monotonic one puts it, to have been set."""


@dataclass(frozen=True, slots=True)
class Recurring:
    """What is done every so many ``seconds``."""

    name: str
    seconds: float
    sentence: str


RECURRING: Final = (
    Recurring("reload", 30, "Take in source files that were added, changed or removed."),
    Recurring(
        "publish", 30, "Publish what changed without a visit: by an import, by a retraction."
    ),
    Recurring("health", 60, "Note which sources work no more, and which work again."),
    Recurring("ping", 60, "Say that the service works, where somebody is named to hear it."),
    Recurring(
        "attest",
        3600,
        "Have others sign and date our log, and sign theirs, where any are named.",
    ),
    Recurring("tidy", 86_400, "Tidy the store."),
)
"""Every recurring job but visits. The clock is looked at besides, every CLOCK seconds; what is to
be pushed, by WebSub's own pace (feeds.backoff); the archive is copied by every service, also
by one that plans nothing (scheduler.service.upkeep)."""

LEAP: Final = dt.timedelta(hours=1)
"""By how much a clock must be set for the days that it tells to be doubted."""

SETTLING: Final = 1800.0
"""Seconds for which they are: a clock that was set wrongly is often set back soon."""

CLOCK: Final = 5.0
"""Seconds between two looks at the clock: no job, for jobs stand still while it is wrong."""


def first_visit(
    last: dt.datetime | None,
    due: dt.datetime,
    interval: dt.timedelta,
    now: dt.datetime,
    chance: random.Random,
) -> dt.datetime:
    """When a source is visited first after a start of the service.

    A source never visited is due at once; one that was, when it was ``due`` after that, a restart
    in between notwithstanding; overdue ones are spread over a tenth of their interval, so that a
    restart or a machine that slept makes no storm. So are those whose last visit lies in the
    future: the clock was wrong then, or is now.
    """
    if last is None:
        return now
    if last <= now < due:
        return due
    return now + interval * JITTER * chance.random()


class Timetable:
    """The visits that are due, each a job of ``scheduler``, and what is done again and again.

    ``visit`` is called with the id of a source when it is due. ``clock`` counts seconds and is
    never set, ``now`` is the time of day.
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
            # A machine that slept: each job once and late, not as often as it was missed.
            job_defaults={"coalesce": True, "misfire_grace_time": None, "max_instances": 1},
        )
        self._visit = visit
        self._chance = chance
        self._clock = clock
        self._now = now
        self._started = self._start_of_clock()
        self._leapt = -math.inf

    def put(self, source: str, wait: float) -> None:
        """Have a source due in ``wait`` seconds, whatever was said of it before."""
        self.scheduler.add_job(
            self._visit,
            DateTrigger(self._now() + dt.timedelta(seconds=wait)),
            args=[source],
            id=_job_of(source),
            replace_existing=True,
        )

    def put_again(self, source: str, wait: float, interval: float) -> None:
        """Have a source due in ``wait`` seconds, after a visit that is over.

        One that takes as long as its interval is let alone for a while all the same.
        """
        rest = interval * JITTER
        self.put(source, max(wait, rest) + self._chance.uniform(0, min(SPREAD, rest)))

    def in_turn(self) -> list[str]:
        """The sources that are to be visited, the next first."""
        return [*self.due()]

    def due(self) -> dict[str, dt.datetime]:
        """When sources are to be visited, the next first."""
        jobs = [job for job in self.scheduler.get_jobs() if job.id.startswith(_job_of(""))]
        return {job.args[0]: job.next_run_time for job in jobs}

    def hasten(self, source: str, wait: float) -> None:
        """Have a source due in ``wait`` seconds, unless it is due sooner or being visited."""
        job, at = self.scheduler.get_job(_job_of(source)), self._now() + dt.timedelta(seconds=wait)
        if job and at < job.next_run_time:
            job.modify(trigger=DateTrigger(at), next_run_time=at)

    def remove(self, source: str) -> None:
        """Forget a source."""
        try:
            self.scheduler.remove_job(_job_of(source))
        except JobLookupError:
            return  # it is being visited

    def start(self, actions: Mapping[str, Callable[[], Awaitable[None]]]) -> None:
        """Begin; ``actions`` are what is done for each of RECURRING, by its name."""
        for job in RECURRING:
            action = partial(unless_over, actions[job.name])
            self.scheduler.add_job(action, IntervalTrigger(seconds=job.seconds))
        self.scheduler.start()

    async def follow_clock(self) -> None:
        """Move all jobs along whenever somebody sets the clock, for ever."""
        while True:
            await asyncio.sleep(CLOCK)
            self.look_at_clock()

    def look_at_clock(self) -> None:
        """Move all jobs by as much as the clock was set since the last look."""
        started = self._start_of_clock()
        moved = started - self._started
        if abs(moved) < JUMP:
            return
        self._started = started
        if abs(moved) >= LEAP:
            self._leapt = self._clock()
        for job in self.scheduler.get_jobs():
            job.modify(next_run_time=job.next_run_time + moved)

    @property
    def is_clock_settled(self) -> bool:
        """Whether the clock was not set by an hour or more of late."""
        return self._clock() - self._leapt >= SETTLING

    def _start_of_clock(self) -> dt.datetime:
        """The time of day at which the monotonic clock stood at 0, as the clock says now."""
        return self._now() - dt.timedelta(seconds=self._clock())


async def unless_over(action: Callable[[], Awaitable[None]]) -> None:
    """Do something that is cut short where the timetable ends, which is no error to be told."""
    with suppress(asyncio.CancelledError):
        await action()


def _job_of(source: str) -> str:
    return f"visit {source}"
