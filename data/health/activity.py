"""How much the sources of a country publish on a day, compared with usual weekdays.

A recess of parliament, an election or a storm silences many sources at once. If the other sources
publish half as much as usual on a day, one more silent source is half as remarkable.

Sources publish with a hazard: a source with the hazard *h* publishes on a day with the probability
1 - exp(-h). So the hazard of a group follows from the share of it that published: 0.5 gives 0.69,
0.9 gives 2.3.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib.resources import files
from math import exp, log
from typing import Final, NamedTuple

USUAL_HAZARDS: Final = (0.35, 0.48, 0.54, 0.58, 0.45, 0.04, 0.04)
"""Hazards of a source from Monday to Sunday before its country is known, from 50 offices of the US
Senate in a year."""

USUAL_WEIGHT: Final = 40.0
"""Weight of USUAL_HAZARDS, in days of sources, per weekday."""

HALF_LIFE_DAYS: Final = 365.0
"""Age in days at which an observation counts half."""

HOLIDAY_SHARE: Final = 0.2
"""Share of its hazard that a source keeps on a public holiday."""

SHRINKAGE_RELEASES: Final = 2.0
"""Number of releases that are assumed to be both expected and published, so that few sources prove
little."""

MIN_BUSY: Final = 0.05
MAX_BUSY: Final = 2.0
"""Bounds of the activity that can count for a day, so that a wait always ends."""

MAX_SHARE: Final = 0.97
"""Maximum share of sources for which a hazard is calculated. For a share of 1, the hazard would be
infinite."""

DAILY_DECAY: Final = 0.5 ** (1 / HALF_LIFE_DAYS)


def hazard(share: float) -> float:
    """Return the daily hazard of a group of sources in which a ``share`` publishes on a day."""
    return -log(1 - min(share, MAX_SHARE))


def fade(sums: list[float]) -> None:
    """Let sums per weekday decay by one day."""
    for weekday in range(7):
        sums[weekday] *= DAILY_DECAY


class Others(NamedTuple):
    """The activity of the other sources on a day, where 1 is usual.

    ``expected`` is the number of releases expected from them. The more are expected, the more
    reliable ``busy`` is.
    """

    busy: float
    expected: float


NO_OTHERS: Final = Others(1.0, 0.0)


class Activity:
    """The numbers of sources of a country that published on each day, and of known sources.

    The first value is for the day ``start``, an ordinal of ``datetime.date``.
    """

    def __init__(
        self, country: str | None, start: int, published: Sequence[int], known: Sequence[int]
    ) -> None:
        self.country = country
        self.start = start
        self._published = published
        self._known = known
        self._before = self._sums()

    def _sums(self) -> list[tuple[float, float]]:
        """Return, before each day, the decayed sums of published and known sources per weekday."""
        heard, asked = [0.0] * 7, [0.0] * 7
        found = []
        for step, (published, known) in enumerate(
            zip(self._published, self._known, strict=True), self.start
        ):
            weekday = (step - 1) % 7
            found.append((heard[weekday], asked[weekday]))
            fade(heard)
            fade(asked)
            if not self.is_holiday(step):
                heard[weekday] += published
                asked[weekday] += known
        return found

    def is_holiday(self, day: int) -> bool:
        """Whether a day (an ordinal) is a public holiday of the country."""
        if self.country is None:
            return False
        return day in public_holidays(self.country, dt.date.fromordinal(day).year)

    def weight(self, day: int) -> float:
        """Return the share of its weekday's hazard that a day has by the calendar."""
        return HOLIDAY_SHARE if self.is_holiday(day) else 1.0

    def usual(self, day: int) -> tuple[float, ...]:
        """Return the hazards from Monday to Sunday that were usual in the country before a day."""
        found = list(USUAL_HAZARDS)
        for near in range(max(day - 7, self.start), min(day, self.start + len(self._before))):
            weekday = (near - 1) % 7
            heard, asked = self._before[near - self.start]
            found[weekday] = self._expected(weekday, heard, asked)
        return tuple(found)

    def others(self, day: int, *, published: bool, heard: float, asked: float) -> Others:
        """Return the activity of all other sources on a day, which is an ordinal.

        The arguments are about the source that is left out. ``published`` is whether it published
        on the day. ``heard`` is its decayed number of equal weekdays with a release, and ``asked``
        of all equal weekdays.
        """
        index = day - self.start
        if not 0 <= index < len(self._published):
            return NO_OTHERS
        known = self._known[index] - 1
        if known < 1:
            return NO_OTHERS
        weekday = (day - 1) % 7
        before, of = self._before[index]
        usual = self._expected(weekday, max(before - heard, 0.0), max(of - asked, 0.0))
        expected = known * usual * self.weight(day)
        came = known * hazard(max(self._published[index] - published, 0) / known)
        busy = (SHRINKAGE_RELEASES + came) / (SHRINKAGE_RELEASES + expected)
        return Others(min(max(busy, MIN_BUSY), MAX_BUSY), expected)

    def _expected(self, weekday: int, heard: float, asked: float) -> float:
        """Return the hazard on a weekday, from the sums for that weekday."""
        share = 1 - exp(-USUAL_HAZARDS[weekday])
        return hazard((USUAL_WEIGHT * share + heard) / (USUAL_WEIGHT + asked))


def activity_by_zone(
    counts: Mapping[str, Mapping[dt.date, int]],
    first_days: Mapping[str, Sequence[dt.date]],
    *,
    since: dt.date,
    until: dt.date,
) -> dict[str, Activity]:
    """Return the activity for each time zone, summed over the zones of its country.

    ``counts`` is the number of sources that published on a day, by zone. ``first_days`` are the
    days from which each source of a zone is known.
    """
    start, length = since.toordinal(), (until - since).days + 1
    groups: dict[str, list[str]] = {}
    for zone in first_days:
        groups.setdefault(country_of(zone) or zone, []).append(zone)
    found: dict[str, Activity] = {}
    for zones in groups.values():
        published, known = [0] * length, [0] * (length + 1)
        for zone in zones:
            for day, count in counts.get(zone, {}).items():
                if since <= day <= until:
                    published[day.toordinal() - start] += count
            for day in first_days[zone]:
                # From the next day on: on its first day, a source publishes by definition.
                known[min(max(day.toordinal() + 1 - start, 0), length)] += 1
        for index in range(1, length):
            known[index] += known[index - 1]
        shared = Activity(country_of(zones[0]), start, published, known[:length])
        found.update(dict.fromkeys(zones, shared))
    return found


@lru_cache(maxsize=1)
def _countries() -> dict[str, str]:
    """Return the ISO 3166 country code of each zone in the IANA time zone database (zone.tab)."""
    text = files("tzdata").joinpath("zoneinfo", "zone.tab").read_text("utf-8")
    rows = (line.split("\t") for line in text.splitlines() if not line.startswith("#"))
    return {row[2]: row[0] for row in rows}


def country_of(zone: str) -> str | None:
    """Return the ISO 3166 country code of an IANA time zone, or None."""
    return _countries().get(zone)


@lru_cache(maxsize=1024)
def public_holidays(country: str, year: int) -> frozenset[int]:
    """Return the public holidays of a country in a year, as ordinals of ``datetime.date``.

    They come from the package ``holidays``. The result is empty for countries that it does not
    know.
    """
    # Imported here: the library loads slowly and is rarely needed.
    import holidays  # noqa: PLC0415

    try:
        found = holidays.country_holidays(country, years=year, expand=False)
    except NotImplementedError:
        return frozenset()
    return frozenset(day.toordinal() for day in found)
