"""The time of day, and time zones by their names."""

from __future__ import annotations

import datetime as dt
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
MICROSECOND: Final = dt.timedelta(microseconds=1)


def utc_now() -> dt.datetime:
    """The time, aware UTC."""
    return dt.datetime.now(dt.UTC)


def zone_of(name: str) -> dt.tzinfo:
    """The time zone of an IANA name or of a fixed offset such as ``+04:00``.

    Raises ZoneInfoNotFoundError (a KeyError) or ValueError for anything else.
    """
    if name.startswith(("+", "-")):
        moved = dt.timedelta(hours=int(name[1:3]), minutes=int(name[4:6]))
        return dt.timezone(-moved if name[0] == "-" else moved)
    return ZoneInfo(name)


def zone_or_utc(name: str) -> dt.tzinfo:
    """The same, and UTC for what nobody knows."""
    try:
        return zone_of(name)
    except (ZoneInfoNotFoundError, ValueError):
        return dt.UTC


def fault_of_zone(name: str) -> str:
    """What is wrong with the name of an IANA zone, and the fix; empty where nothing is."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return f"{name!r} is no IANA zone; write one such as Europe/Berlin"
    return ""
