"""Parsing of the time of day next to a date, and of its time zone."""

import datetime as dt
import re
from dataclasses import dataclass
from functools import lru_cache

from data.clock import zone_of
from data.dates import patterns as shapes
from data.models import Published

_NOON = 12
_AFTERNOON = {"下午", "午後", "오후"}

# Only abbreviations with the same offset everywhere. For example, IST and BST each have three
# offsets.
_FIXED = {
    "UTC": 0, "GMT": 0, "UT": 0, "Z": 0, "WET": 0, "WEST": 60, "CET": 60, "CEST": 120, "MEZ": 60,
    "MESZ": 120, "EET": 120, "EEST": 180, "MSK": 180, "МСК": 180, "TRT": 180, "AZT": 240,
    "GST": 240, "PKT": 300, "WIB": 420, "WITA": 480, "WIT": 540, "HKT": 480, "SGT": 480,
    "JST": 540, "KST": 540, "AWST": 480, "AEST": 600, "AEDT": 660, "ACST": 570, "NZST": 720,
    "NZDT": 780, "SAST": 120, "NST": -210, "NDT": -150, "ADT": -180, "EST": -300, "EDT": -240,
    "CDT": -300, "MDT": -360, "PST": -480, "PDT": -420, "AKST": -540, "AKDT": -480, "HST": -600,
}  # fmt: skip
_AMERICAN = {"CST": "-06:00", "MST": "-07:00"}
_GENERIC = {
    "ET": "America/New_York",
    "CT": "America/Chicago",
    "MT": "America/Denver",
    "PT": "America/Los_Angeles",
}
_SEVERAL = frozenset(("IST", "BST", "CST", "MST", "AST", "ET", "CT", "MT", "PT"))
"""Abbreviations of time zones that mean different offsets on different continents."""

_LOCAL = {
    "BST": ("Asia/Dhaka",),
    "AST": (
        "Asia/Riyadh",
        "Asia/Kuwait",
        "Asia/Qatar",
        "Asia/Bahrain",
        "Asia/Baghdad",
        "Asia/Aden",
    ),
}
"""For each abbreviation, time zones that use it although the tz database does not contain it."""

_CLOCK_NAME = re.compile(
    r"\d[:.]\d\d(?:[:.]\d\d)?\s?(?:[ap]\.?m\.?)?\s{0,3}\(?([A-Z]{2,4})(?![^\W_])", re.IGNORECASE
)
ZONE = re.compile(
    r"\s{0,3}\(?(?P<prefix>(?:UTC|GMT|utc|gmt)\s?)?(?P<sign>[+−-])(?P<hours>\d{1,2}):?(?P<minutes>\d{2})?(?!\d)"
    r"|\s{0,3}\(?(?P<name>[A-ZМСК]{1,5}|utc|gmt|z)(?![^\W_])"
)


@dataclass(frozen=True, slots=True)
class Clock:
    """A time of day, its time zone if stated, and its position in the folded text."""

    time: dt.time
    zone: str | None
    start: int
    end: int


class Placed:
    """A text and its folded form, with a map from positions in the folded form to the original."""

    def __init__(self, text: str, folded: str, places: list[int] | None) -> None:
        self.text = text
        self.folded = folded
        self._places = places

    def back(self, place: int) -> int:
        """Convert a position in the folded form to the position in the original text."""
        return self._places[place] if self._places else place


def clock_beside(match: re.Match[str], placed: Placed, home: str, floor: int) -> Clock | None:
    """Return the time of day beside a date, or None. A time after the date takes precedence.

    ``match`` is the date in the folded text. ``home`` is the time zone of the source. Text before
    the position ``floor`` is ignored.
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
    """Return whether an apparent UTC offset is the end of a time range, as in 17:30-19:30."""
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


def stated_zone(match: re.Match[str], home: str) -> str | None:
    """Return the time zone in a match of ZONE, or None if it is ambiguous.

    ``home`` is the time zone of the source. It resolves abbreviations used on several continents.
    """
    if match["name"]:
        name = match["name"].upper()
        if name in _FIXED:
            return _offset(_FIXED[name])
        if home.startswith(("America/", "US/", "UTC", "Etc/", "Pacific/Honolulu")):
            return _AMERICAN.get(name) or _GENERIC.get(name)
        return None
    minutes = int(match["hours"]) * 60 + int(match["minutes"] or 0)
    if minutes > 14 * 60 or int(match["minutes"] or 0) > 59:  # noqa: PLR2004 - maximum UTC offset
        return None
    return _offset(minutes if match["sign"] == "+" else -minutes)


def contradicted(published: Published) -> str | None:
    """Return the zone that a date states if the source's zone was used instead, or None.

    For example, IST may be the time of India, Israel or Ireland. For a source in Berlin, the zone
    is ambiguous, so the time of Berlin is used.
    """
    if published.precision != "second" or published.zone.startswith(("+", "-")):
        return None
    named = _CLOCK_NAME.search(published.raw)
    name = named[1] if named else ""
    if name not in _SEVERAL or name in _own_names(published.zone):
        return None
    return name


@lru_cache(maxsize=64)
def _own_names(zone: str) -> frozenset[str]:
    """Return the abbreviations of a time zone in winter and in summer."""
    halves = (dt.datetime(2026, month, 1, tzinfo=zone_of(zone)).tzname() for month in (1, 7))
    called = frozenset(name for name in halves if name)
    called |= {generic for generic, place in _GENERIC.items() if place == zone}
    return called | {name for name, places in _LOCAL.items() if zone in places}


def with_zone(text: str, end: int) -> int:
    """Return the end of the ambiguous zone abbreviation that follows position ``end``.

    Returns ``end`` itself if no such abbreviation follows.
    """
    found = ZONE.match(text, end)
    if not found or found["name"] not in _SEVERAL:
        return end
    return found.end() + text.startswith(")", found.end())


def _offset(minutes: int) -> str:
    if not minutes:
        return "UTC"
    sign = "+" if minutes > 0 else "-"
    return f"{sign}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"
