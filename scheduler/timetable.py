"""When each source is visited next: by its interval, and by a clock that nobody sets.

Between two visits the monotonic clock counts, so a day that the system's clock jumps, to and fro,
moves no visit. Only a start of the service compares the time of day with the last visit.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import random
import time
from collections.abc import Callable

JITTER = 0.1
"""Part of an interval by which visits are spread, so that sources never come in step."""


def first_visit(
    last: dt.datetime | None, interval: dt.timedelta, now: dt.datetime, chance: random.Random
) -> dt.datetime:
    """When a source is due after a start of the service.

    A source never visited is due at once; one that was, when its interval ends, a restart in
    between notwithstanding; overdue ones are spread over a tenth of their interval, so that a
    restart or a machine that slept makes no storm. So are those whose last visit lies in the
    future: the clock was wrong then, or is now.
    """
    if last is None:
        return now
    if last <= now < last + interval:
        return last + interval
    return now + interval * JITTER * chance.random()


class Timetable:
    """Which sources are due, by their ids; ``clock`` counts seconds and is never set."""

    def __init__(self, chance: random.Random, clock: Callable[[], float] = time.monotonic) -> None:
        self._chance = chance
        self._clock = clock
        self._times: dict[str, float] = {}
        self._changed = asyncio.Event()

    def put(self, source: str, wait: float) -> None:
        """Have a source due in ``wait`` seconds, whatever was said of it before."""
        self._times[source] = self._clock() + wait
        self._changed.set()

    def put_again(self, source: str, interval: float, taken: float) -> None:
        """Have a source due an interval after its visit began, which took ``taken`` seconds.

        One that takes as long as its interval is let alone for a while all the same.
        """
        spread = interval * JITTER
        self.put(source, max(interval - taken + self._chance.uniform(-spread, spread), spread))

    def remove(self, source: str) -> None:
        """Forget a source."""
        self._times.pop(source, None)

    def take(self) -> list[str]:
        """The sources that are due, the longest due first; each is in no timetable from now on."""
        now = self._clock()
        due = sorted((at, source) for source, at in self._times.items() if at <= now)
        for _, source in due:
            del self._times[source]
        return [source for _, source in due]

    async def wait(self) -> None:
        """Return when the next source is due, or when another was put down meanwhile."""
        self._changed.clear()
        seconds = max(min(self._times.values()) - self._clock(), 0) if self._times else None
        try:
            async with asyncio.timeout(seconds):
                await self._changed.wait()
        except TimeoutError:
            return
