"""Parsing of dates in many languages and calendars, with results in UTC.

Fast patterns are tried first, then dateparser. An ambiguous date gives None, never a guess.
"""

import datetime as dt
import re
from bisect import bisect
from collections.abc import Iterator
from dataclasses import dataclass, replace

from data.clock import zone_of
from data.dates import patterns as shapes
from data.dates.calendars import day_of
from data.dates.clock import ZONE, Placed, clock_beside, stated_zone, with_zone
from data.dates.context import MAX_AHEAD, DateContext
from data.dates.months import phrases_in
from data.dates.relative import may_be_date, near_day, parse_slowly
from data.models import Published
from data.text.folding import fold_date

MAX_CHARS = 200
"""Maximum length in characters of the text that `parse_date` reads."""

MAX_RUNNING_CHARS = 100_000
"""Maximum length in characters of the text that `find_dates` reads."""

MAX_SLOW_TEXTS = 150
"""Maximum number of different texts per page that dateparser reads. It takes a few milliseconds per
text."""

_EPOCH = re.compile(r"1[0-9]{9}(?:[0-9]{3})?")
_DIGIT = re.compile(r"\d|年")
_MACHINE = re.compile(
    r"\d{4}-\d\d-\d\d(?:t\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:z|[+-]\d\d(?::?\d\d)?)?)?"
)
"""Pattern for a folded text that is exactly an ISO 8601 date or time."""

_NO_HOUR = re.compile(
    r"(\d{4}-\d\d-\d\d)(?:T12:00:00Z|[T ]00:00(?::00(?:\.0{1,6})?)?\s?(?:Z|\+00:?00))"
)
"""Pattern of times that some systems write for a day: midnight in UTC, or noon (Drupal's
DateTimeComputed)."""

_NOON = dt.time(12)

_ADDRESS_SIGN = re.compile(r"[a-z]/|\.[a-z]|://")
_ADDRESS = re.compile(
    r"(?:[a-z]{2,8}://|www\.)[!#-;=?-~]{1,2000}"
    # A host or folder, followed by a path.
    r"|(?<![\w./-])[a-z][a-z0-9.-]{0,60}\.[a-z]{2,12}/[!-~]{1,400}"
    # A file name without spaces.
    r"|(?<![!-~])[!-~]{1,120}\.(?:pdf|docx?|xlsx?|pptx?|od[tsp]|rtf|zip|jpe?g|png|gif|webp|svg|mp[34])"
    r"(?![a-z0-9])",
    re.ASCII,
)
"""Pattern of addresses and file names in a folded text. Dates in them are ignored."""


@dataclass(frozen=True, slots=True)
class Found:
    """A date in a text, with its position ``text[start:end]``."""

    start: int
    end: int
    published: Published


def parse_date(text: str, context: DateContext, rule: str) -> Published | None:
    """Return the first unambiguous date in a short text, or None.

    Only the first 200 characters are read. ``rule`` is the name of the rule that found the text.
    Raises KeyError if ``context`` has an unknown time zone.
    """
    return DateReader(context).date(text, rule)


def parse_stated(stated: str, shown: str, context: DateContext, rule: str) -> Published | None:
    """Return the date in an element's attribute (``stated``), or None.

    ``shown`` is the visible text of the element. See DateReader.stated.
    """
    return DateReader(context).stated(stated, shown, rule)


class DateReader:
    """Parses the dates in many short texts of one page.

    At most MAX_SLOW_TEXTS texts are passed to dateparser. Further texts get no date, and `reasons`
    reports this.
    """

    def __init__(self, context: DateContext) -> None:
        self.context = context
        self.reasons: tuple[str, ...] = ()
        self._slow: set[str] = set()

    def date(self, text: str, rule: str) -> Published | None:
        """Return the first date in a short text, like `parse_date`."""
        context = self.context
        text = text[:MAX_CHARS].strip()
        if not text:
            return None
        for found in scan(text, context, rule):
            return replace(found.published, raw=text)
        return self.rare_date(text, rule)

    def rare_date(self, text: str, rule: str) -> Published | None:
        """Return the date that dateparser finds in a short text, or None.

        Call this if `scan` finds no date.
        """
        context = self.context
        folded = fold_date(text)
        compact = shapes.COMPACT.fullmatch(folded)
        if compact:
            return _compact(compact, text, context, rule)
        if _EPOCH.fullmatch(folded):
            at = dt.datetime.fromtimestamp(int(folded[:10]), dt.UTC)
            return Published(at, "second", context.zone, text, rule)
        if any(shape.search(folded) for shape in (shapes.ISO, shapes.NUMERIC, shapes.HAN)):
            return None  # dateparser would guess an ambiguous or impossible date
        day = near_day(text, context.zone, context.languages, context.now) or self._slow_day(text)
        return on_day(day, context.zone, text, rule) if day else None

    def stated(self, stated: str, shown: str, rule: str) -> Published | None:
        """Return the date in an attribute of an element. ``shown`` is its visible text.

        Some systems write noon or midnight UTC if they know only the day. So if the visible text
        has no time of day, the result has the precision ``day``.
        """
        if noon := _NO_HOUR.fullmatch(stated.strip()):
            seen = self.date(shown, rule)
            if seen and seen.precision == "day":
                stated = noon[1]
        return self.date(stated, rule)

    def _slow_day(self, text: str) -> dt.date | None:
        if not may_be_date(text):
            return None
        if len(self._slow) >= MAX_SLOW_TEXTS and text not in self._slow:
            self.reasons = (f"only the first {MAX_SLOW_TEXTS} dates in rare formats were read",)
            return None
        self._slow.add(text)
        one = self.context
        return parse_slowly(text, one.zone, one.day_order, one.languages, one.now)


def find_dates(text: str, context: DateContext, rule: str) -> tuple[Published, ...]:
    """Return all dates in a long text, in order.

    The ``raw`` field of a date is the matching part of the text. Only the first 100,000 characters
    are read.
    """
    return tuple(found.published for found in scan(text, context, rule))


def plausible(published: Published, now: dt.datetime) -> bool:
    """Return whether a date is after 1970-01-02 and at most two days after ``now``."""
    earliest = dt.datetime(1970, 1, 3, tzinfo=dt.UTC)
    return earliest < published.at <= now + MAX_AHEAD


def scan(text: str, context: DateContext, rule: str) -> Iterator[Found]:
    """Yield the dates in a text with their positions, in order and without overlaps."""
    text = text[:MAX_RUNNING_CHARS]
    if not _DIGIT.search(text):
        return
    folded = fold_date(text)
    places = None
    if len(folded) != len(text):
        places = [place for place, char in enumerate(text) for _ in fold_date(char)] + [len(text)]
    placed = Placed(text, folded, places)
    after = 0
    # Dates in addresses and file names are ignored.
    has_addresses = _ADDRESS_SIGN.search(folded)
    found = _ADDRESS.finditer(folded) if has_addresses else ()
    addresses = [range(*one.span()) for one in found]
    for _, _, match, day in sorted(_days(folded, context), key=lambda hit: hit[:2]):
        place = bisect(addresses, match.start(), key=lambda address: address.start)
        if match.start() < after or (place and match.start() in addresses[place - 1]):
            continue
        clock = clock_beside(match, placed, context.zone, after)
        begin, end = (clock.start, clock.end) if clock else match.span()
        after = end
        start, stop = placed.back(begin), placed.back(end)
        # An ambiguous zone stays in the raw text, so that it can be reported.
        raw = text[start : with_zone(text, stop) if clock else stop].rstrip()
        stop = start + len(raw)
        if clock:
            at = dt.datetime.combine(day, clock.time)
            yield Found(start, stop, _at_instant(at, clock.zone, context.zone, raw, rule))
        else:
            yield Found(start, stop, on_day(day, context.zone, raw, rule))


def _days(folded: str, context: DateContext) -> Iterator[tuple[int, int, re.Match[str], dt.date]]:
    written = (shapes.ISO,) if _MACHINE.fullmatch(folded) else _shapes(folded, context)
    for rank, shape in enumerate(written):
        held = shapes.HOLDS.get(shape)
        if held and not held.search(folded):
            continue
        place = 0
        while match := shape.search(folded, place):
            day = day_of(match, context)
            place = match.end() if day else match.start() + 1
            if day:
                yield match.start(), rank, match, day


def _shapes(folded: str, context: DateContext) -> tuple[re.Pattern[str], ...]:
    """Return the date patterns that can match a folded text."""
    if context.languages or shapes.PHRASE_SIGN.search(folded):
        phrases = phrases_in(context.languages)
        if len(phrases) > len(phrases_in(())) or shapes.PHRASE_SIGN.search(folded):
            return (*shapes.ALL_PATTERNS, *shapes.phrase_shapes(phrases))
    return shapes.ALL_PATTERNS


def _compact(match: re.Match[str], text: str, context: DateContext, rule: str) -> Published | None:
    day = day_of(match, context)
    if not day:
        return None
    if not match["clock"]:
        return on_day(day, context.zone, text, rule)
    digits = match["clock"].ljust(6, "0")
    try:
        time = dt.time(int(digits[:2]), int(digits[2:4]), int(digits[4:]))
    except ValueError:
        return None
    zone = ZONE.match((match["zone"] or "").upper())
    named = stated_zone(zone, context.zone) if zone else None
    return _at_instant(dt.datetime.combine(day, time), named, context.zone, text, rule)


def on_day(day: dt.date, zone: str, raw: str, rule: str) -> Published:
    """Return a date with the precision ``day``: its time is noon in ``zone``, as UTC."""
    at, zone = _to_utc(dt.datetime.combine(day, _NOON), zone)
    return Published(at, "day", zone, raw, rule)


def _at_instant(wall: dt.datetime, stated: str | None, home: str, raw: str, rule: str) -> Published:
    """Return the publication time for a local time in the ``stated`` zone, or in ``home`` if None.

    For a time stated in UTC, the result still has the source's zone (``home``), because machines
    write UTC everywhere.
    """
    at, zone = _to_utc(wall, stated or home)
    return Published(at, "second", home if stated == "UTC" else zone, raw, rule)


def _to_utc(wall: dt.datetime, zone: str) -> tuple[dt.datetime, str]:
    """Convert a local time in a time zone to UTC, and return it with the zone's name.

    A local time that is skipped when summer time begins is moved one hour later. Of a repeated
    local time, the first is used (PEP 495, fold 0). At the limits of the calendar, where offsets
    overflow, the zone is UTC.
    """
    try:
        at = wall.replace(tzinfo=zone_of(zone)).astimezone(dt.UTC)
        at.astimezone(zone_of(zone))
    except OverflowError:
        return wall.replace(tzinfo=dt.UTC), "UTC"
    return at, zone
