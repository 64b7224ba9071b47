"""What the sources of a country do on a day, next to what they usually do on such a weekday.

A recess of parliament, an election or a storm silences many sources at once. On a day on which the
others publish half as much as usual, one more silent source tells half as much.

Sources publish by a hazard: a source with the hazard *h* publishes on a day with the chance
1 - exp(-h). So the hazard of a group is read from the share of it that published: 0.5 is 0.69,
0.9 is 2.3.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from math import exp, log
from typing import Final, NamedTuple

from data.health.public_holidays import country_of, public_holidays

USUAL: Final = (0.35, 0.48, 0.54, 0.58, 0.45, 0.04, 0.04)
"""The hazard of a source from Monday to Sunday where nothing is known yet.

That of 50 offices of the US Senate in a year.
"""

USUAL_WEIGHT: Final = 40.0
"""How many days of sources that is worth, of each weekday."""

HALF_LIFE: Final = 365.0
"""Days after which what was usual counts half."""

HOLIDAY: Final = 0.2
"""How much of its hazard a source keeps on a public holiday."""

SHRINKAGE: Final = 2.0
"""Releases that are taken to be expected and come besides, so that few sources prove little."""

LEAST: Final = 0.05
MOST: Final = 2.0
"""Bounds of what a day can count: nobody is waited for without end."""

NEARLY_ALL: Final = 0.97
"""The share of sources above which a hazard is not read: it would be without bound."""

FADING: Final = 0.5 ** (1 / HALF_LIFE)


def hazard(share: float) -> float:
    """The daily hazard of sources of which a share publishes on a day."""
    return -log(1 - min(share, NEARLY_ALL))


def fade(sums: list[float]) -> None:
    """Let what was summed up by weekday fade for a day."""
    for weekday in range(7):
        sums[weekday] *= FADING


class Others(NamedTuple):
    """How busy the others were on a day: 1 is as usual.

    ``expected`` is how many releases of them were: how sure it is.
    """

    busy: float
    expected: float


NOBODY: Final = Others(1.0, 0.0)


class Activity:
    """Day by day, how many sources of a country published, of how many that are known.

    The first is that of the day ``start``, an ordinal of ``datetime.date``.
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
        """What was published by how many on the weekday of each day before it, fading."""
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
        """Whether a day, an ordinal, is a public holiday of the country."""
        if self.country is None:
            return False
        return day in public_holidays(self.country, dt.date.fromordinal(day).year)

    def weight(self, day: int) -> float:
        """How much of the hazard of its weekday a day has by the calendar."""
        return HOLIDAY if self.is_holiday(day) else 1.0

    def usual(self, day: int) -> tuple[float, ...]:
        """The hazard of a source from Monday to Sunday, as the country has it before a day."""
        found = list(USUAL)
        for near in range(max(day - 7, self.start), min(day, self.start + len(self._before))):
            weekday = (near - 1) % 7
            heard, asked = self._before[near - self.start]
            found[weekday] = self._expected(weekday, heard, asked)
        return tuple(found)

    def others(self, day: int, *, published: bool, heard: float, asked: float) -> Others:
        """How busy all but one source were on a day, an ordinal.

        The one ``published`` on it or not; ``heard`` and ``asked`` are how often it did on such
        weekdays before, of how many, fading.
        """
        index = day - self.start
        if not 0 <= index < len(self._published):
            return NOBODY
        known = self._known[index] - 1
        if known < 1:
            return NOBODY
        weekday = (day - 1) % 7
        before, of = self._before[index]
        usual = self._expected(weekday, max(before - heard, 0.0), max(of - asked, 0.0))
        expected = known * usual * self.weight(day)
        came = known * hazard(max(self._published[index] - published, 0) / known)
        busy = (SHRINKAGE + came) / (SHRINKAGE + expected)
        return Others(min(max(busy, LEAST), MOST), expected)

    def _expected(self, weekday: int, heard: float, asked: float) -> float:
        """The hazard on a weekday, by what was published on it."""
        share = 1 - exp(-USUAL[weekday])
        return hazard((USUAL_WEIGHT * share + heard) / (USUAL_WEIGHT + asked))


def activity_by_zone(
    counts: Mapping[str, Mapping[dt.date, int]],
    first_days: Mapping[str, Sequence[dt.date]],
    *,
    since: dt.date,
    until: dt.date,
) -> dict[str, Activity]:
    """The activity around each zone: that of its country, or of the zone where it has none.

    ``counts`` is how many sources published on a day, by zone, and ``first_days`` the day from
    which each source of a zone is known.
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
                # From the day after: on its first day a source publishes by definition.
                known[min(max(day.toordinal() + 1 - start, 0), length)] += 1
        for index in range(1, length):
            known[index] += known[index - 1]
        shared = Activity(country_of(zones[0]), start, published, known[:length])
        found.update(dict.fromkeys(zones, shared))
    return found
