"""Publishing activity of a country's sources per day, relative to the usual activity by weekday.

A recess of parliament, an election or a storm silences many sources at once. If the other sources
publish half as much as usual on a day, the silence of one more source is half as remarkable.

A source with the hazard *h* publishes on a day with the probability 1 - exp(-h). So the hazard of a
group of sources follows from the share that published: 0.69 for a share of 0.5, and 2.3 for 0.9.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib.resources import files
from math import exp, log
from typing import Final, NamedTuple

USUAL_HAZARDS: Final = (0.35, 0.48, 0.54, 0.58, 0.45, 0.04, 0.04)
"""Daily hazards of a source from Monday to Sunday, used until its country is known. The values come
from 50 offices of the US Senate over one year."""

USUAL_WEIGHT: Final = 40.0
"""Weight of USUAL_HAZARDS in a country's estimate for a weekday, in source-days. (A source-day is
one source observed for one day.)"""

HALF_LIFE_DAYS: Final = 365.0
"""Age in days at which an observation counts half."""

HOLIDAY_SHARE: Final = 0.2
"""Factor for the hazard of a source on a public holiday."""

SHRINKAGE_RELEASES: Final = 2.0
"""Number of releases added to both the expected and the published releases, so that the estimate is
cautious if a country has few sources."""

MIN_BUSY: Final = 0.05
"""Minimum activity of a country's sources on a day, relative to a usual day (1). It ensures that
even a wait during quiet days ends."""
MAX_BUSY: Final = 2.0
"""Maximum activity of a country's sources on a day, relative to a usual day (1)."""

MAX_SHARE: Final = 0.97
"""Maximum share of publishing sources in the calculation of a hazard. For a share of 1, the hazard
would be infinite."""

DAILY_DECAY: Final = 0.5 ** (1 / HALF_LIFE_DAYS)


def hazard(share: float) -> float:
    """Return the daily hazard of a group of sources from the ``share`` that publishes on a day."""
    return -log(1 - min(share, MAX_SHARE))


def fade(sums: list[float]) -> None:
    """Reduce each of the sums by the decay of one day."""
    for weekday in range(7):
        sums[weekday] *= DAILY_DECAY


class Others(NamedTuple):
    """Activity of all other sources of a country on a day. ``busy`` is 1 on a usual day.

    ``expected`` is the number of releases expected from them. The higher it is, the more reliable
    ``busy`` is.
    """

    busy: float
    expected: float


NO_OTHERS: Final = Others(1.0, 0.0)


class Activity:
    """Daily numbers of a country's sources: sources that published, and all known sources.

    ``published`` and ``known`` have one value per day, starting on the day ``start`` (an ordinal of
    ``datetime.date``).
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
        """Return, for each day, two decayed sums over earlier days with the same weekday.

        The sums count the sources that published, and the known sources.
        """
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
        """Return whether a day (an ordinal) is a public holiday in the country."""
        if self.country is None:
            return False
        return day in public_holidays(self.country, dt.date.fromordinal(day).year)

    def weight(self, day: int) -> float:
        """Return the factor for the usual hazard on a day (an ordinal): less than 1 on holidays."""
        return HOLIDAY_SHARE if self.is_holiday(day) else 1.0

    def usual(self, day: int) -> tuple[float, ...]:
        """Return the country's usual hazards before ``day``, for Monday to Sunday."""
        found = list(USUAL_HAZARDS)
        for near in range(max(day - 7, self.start), min(day, self.start + len(self._before))):
            weekday = (near - 1) % 7
            heard, asked = self._before[near - self.start]
            found[weekday] = self._expected(weekday, heard, asked)
        return tuple(found)

    def others(self, day: int, *, published: bool, heard: float, asked: float) -> Others:
        """Return the activity of all sources except one on a day (an ordinal).

        The other arguments describe the excluded source: whether it ``published`` on this day, the
        decayed number of earlier days with the same weekday (``asked``), and the decayed number of
        these days that had a release (``heard``).
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
        """Return the usual hazard on a weekday.

        ``heard`` and ``asked`` are the decayed sums for this weekday: days with releases, and all
        days.
        """
        share = 1 - exp(-USUAL_HAZARDS[weekday])
        return hazard((USUAL_WEIGHT * share + heard) / (USUAL_WEIGHT + asked))


def activity_by_zone(
    counts: Mapping[str, Mapping[dt.date, int]],
    first_days: Mapping[str, Sequence[dt.date]],
    *,
    since: dt.date,
    until: dt.date,
) -> dict[str, Activity]:
    """Return the activity by time zone. Zones of the same country share their activity.

    ``counts`` maps zones and days to the number of sources that published. ``first_days`` contains
    the first known day of each source, by zone.
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
                # A source counts from its second day, because it always publishes on its first day.
                known[min(max(day.toordinal() + 1 - start, 0), length)] += 1
        for index in range(1, length):
            known[index] += known[index - 1]
        shared = Activity(country_of(zones[0]), start, published, known[:length])
        found.update(dict.fromkeys(zones, shared))
    return found


@lru_cache(maxsize=1)
def _countries() -> dict[str, str]:
    """Return a map from IANA time zones to ISO 3166 country codes (zone.tab)."""
    text = files("tzdata").joinpath("zoneinfo", "zone.tab").read_text("utf-8")
    rows = (line.split("\t") for line in text.splitlines() if not line.startswith("#"))
    return {row[2]: row[0] for row in rows}


def country_of(zone: str) -> str | None:
    """Return the ISO 3166 country code of an IANA time zone, or None."""
    return _countries().get(zone)


@lru_cache(maxsize=1024)
def public_holidays(country: str, year: int) -> frozenset[int]:
    """Return the public holidays of a country in a year, as ordinals of ``datetime.date``.

    The dates come from the package ``holidays``. The result is empty if the package does not
    support the country.
    """
    # Imported here because the package loads slowly and is rarely needed.
    import holidays  # noqa: PLC0415

    try:
        found = holidays.country_holidays(country, years=year, expand=False)
    except NotImplementedError:
        return frozenset()
    return frozenset(day.toordinal() for day in found)
