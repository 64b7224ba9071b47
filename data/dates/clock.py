"""Reader of the time of day next to a date, and of its time zone."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

from data.dates import patterns as shapes
from data.dates.stated_zones import ZONE, stated_zone

_NOON = 12
_AFTERNOON = {"下午", "午後", "오후"}


@dataclass(frozen=True, slots=True)
class Clock:
    """A time of day, its zone if it is given, and its position in the folded text."""

    time: dt.time
    zone: str | None
    start: int
    end: int


class Placed:
    """A text and its folded form, with a mapping from folded positions to original ones."""

    def __init__(self, text: str, folded: str, places: list[int] | None) -> None:
        self.text = text
        self.folded = folded
        self._places = places

    def back(self, place: int) -> int:
        """Return the position in the text of a position in the folded text."""
        return self._places[place] if self._places else place


def clock_beside(match: re.Match[str], placed: Placed, home: str, floor: int) -> Clock | None:
    """Return the time after the date that ``match`` found, or else the time right before the date.

    ``home`` is the zone of the source. Text before the position ``floor`` is ignored.
    """
    if match.re is shapes.CTIME:
        hour, minute, second = match["clock"].split(":")
        time = _time(int(hour), int(minute), int(second))
        zone = ZONE.match((match["zone"] or "").upper())
        named = stated_zone(zone, home) if zone else None
        return Clock(time, named, match.start(), match.end()) if time else None
    after = shapes.TIME_AFTER.match(placed.folded, match.end())
    if after and (time := _time_of(after)):
        zone = ZONE.match(placed.text, placed.back(after.end()))
        exact = bool(after["sec"]) or after["gap"].strip() == "t"
        named = stated_zone(zone, home) if zone and (exact or not _is_range(zone)) else None
        return Clock(time, named, match.start(), after.end())
    begin = max(floor, match.start() - 40)
    before = shapes.TIME_BEFORE.search(placed.folded[begin : match.start()])
    if before and (time := _time_of(before)):
        return Clock(time, None, begin + before.start(), match.end())
    return None


def _is_range(zone: re.Match[str]) -> bool:
    """Whether a supposed offset is the end of a range of hours: 17:30-19:30."""
    plain = zone["minutes"] is None or ":" in zone.group()
    return bool(zone["hours"]) and plain and not zone["prefix"]


def _time_of(match: re.Match[str]) -> dt.time | None:
    marked = match["half"] or match["word"] or shapes.CLOCK_WORD.search(match["gap"])
    if match["t"] == "." and not marked:
        return None  # "24.11.2022 12.30" may be a price
    hour = int(match["h"])
    half = (match["half"] or "")[:1]
    if hour <= _NOON and (half or match["before"]):
        later = half == "p" or match["before"] in _AFTERNOON
        hour = hour % _NOON + _NOON * later
    return _time(hour, int(match["min"]), int(match["sec"] or 0))


def _time(hour: int, minute: int, second: int) -> dt.time | None:
    try:
        return dt.time(hour, minute, min(second, 59))  # a leap second is shown as :60
    except ValueError:
        return None
