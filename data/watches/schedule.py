"""When a watch tells what it matched: at once, in a digest, and never in its quiet hours."""

from __future__ import annotations

import datetime as dt
from typing import Final
from zoneinfo import ZoneInfo

from data.watches.watch import WEEKDAYS, Watch

WEEK: Final = 7


def told_at(watch: Watch, now: float) -> float:
    """When something that is known ``now`` is told; both are seconds since 1970."""
    at = next_digest(watch, now) if watch.digest else now
    return after_quiet(watch, at)


def next_digest(watch: Watch, now: float) -> float:
    """The first moment after ``now`` at which the digest of a watch is sent."""
    day, _, clock = watch.digest.partition(" ")
    zone = ZoneInfo(watch.timezone)
    today = dt.datetime.fromtimestamp(now, zone).date()
    days = (today + dt.timedelta(days=count) for count in range(WEEK + 1))
    wanted = (one for one in days if day == "daily" or WEEKDAYS[one.weekday()] == day)
    return next(at for one in wanted if (at := moment(one, clock, zone)) > now)


def after_quiet(watch: Watch, at: float) -> float:
    """The first moment from ``at`` on that is in no quiet hours of a watch."""
    if not watch.quiet:
        return at
    begin, _, end = watch.quiet.partition("-")
    zone = ZoneInfo(watch.timezone)
    local = dt.datetime.fromtimestamp(at, zone)
    today, clock = local.date(), f"{local:%H:%M}"
    if begin < end:
        return moment(today, end, zone) if begin <= clock < end else at
    if clock >= begin:
        return moment(today + dt.timedelta(days=1), end, zone)
    return moment(today, end, zone) if clock < end else at


def moment(day: dt.date, clock: str, zone: ZoneInfo) -> float:
    """A time of day such as ``08:00`` in seconds since 1970.

    Of two, as clocks are set back, it is the first; one that is left out comes as much later.
    """
    return dt.datetime.combine(day, dt.time.fromisoformat(clock), zone).timestamp()
