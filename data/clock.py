"""The current time, and time zones by name."""

import datetime as dt
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
MICROSECOND: Final = dt.timedelta(microseconds=1)


def utc_now() -> dt.datetime:
    """Return the current time, aware UTC."""
    return dt.datetime.now(dt.UTC)


def instant(seconds: float) -> dt.datetime:
    """Return a time in UTC from seconds since 1970."""
    return dt.datetime.fromtimestamp(seconds, dt.UTC)


@lru_cache(maxsize=1024)  # Cached because ZoneInfo itself keeps only eight zones.
def zone_of(name: str) -> dt.tzinfo:
    """Return the time zone with an IANA name, or a fixed offset such as ``+04:00``.

    Raises ZoneInfoNotFoundError (a KeyError) or ValueError for other names.
    """
    if name.startswith(("+", "-")):
        moved = dt.timedelta(hours=int(name[1:3]), minutes=int(name[4:6]))
        return dt.timezone(-moved if name[0] == "-" else moved)
    return ZoneInfo(name)


def zone_or_utc(name: str) -> dt.tzinfo:
    """Return the time zone with this name, or UTC if the name is unknown."""
    try:
        return zone_of(name)
    except (ZoneInfoNotFoundError, ValueError):
        return dt.UTC


def fault_of_zone(name: str) -> str:
    """Return the fault in the name of an IANA zone, or an empty string if the name is valid."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return f"{name!r} is not an IANA zone; write one such as Europe/Berlin"
    return ""
