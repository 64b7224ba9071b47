"""When the alerts of a watch are sent: immediately or in a digest, but not in quiet hours."""

import datetime as dt
from typing import Final
from zoneinfo import ZoneInfo

from data.watches.watch_file import WEEKDAYS, Watch

WEEK_DAYS: Final = 7


def send_time(watch: Watch, now: float) -> float:
    """Return the time at which an alert is sent if it is ready at ``now``.

    ``now`` and the result are in seconds since 1970.
    """
    at = next_digest(watch, now) if watch.digest else now
    return after_quiet(watch, at)


def next_digest(watch: Watch, now: float) -> float:
    """Return the time of the next digest of a watch after ``now``."""
    day, _, clock = watch.digest.partition(" ")
    zone = ZoneInfo(watch.timezone)
    today = dt.datetime.fromtimestamp(now, zone).date()
    days = (today + dt.timedelta(days=count) for count in range(WEEK_DAYS + 1))
    wanted = (one for one in days if day == "daily" or WEEKDAYS[one.weekday()] == day)
    return next(at for one in wanted if (at := moment(one, clock, zone)) > now)


def after_quiet(watch: Watch, at: float) -> float:
    """Return the first time at or after ``at`` that is outside the quiet hours of a watch."""
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
    """Convert a day and a time of day such as ``08:00`` to seconds since 1970.

    If the time occurs twice because clocks are set back, the first occurrence is used. If clocks
    skip the time, the result is later by the skipped duration.
    """
    return dt.datetime.combine(day, dt.time.fromisoformat(clock), zone).timestamp()
