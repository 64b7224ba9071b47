"""The rhythm of a source: how likely it publishes on a day, learned from the days on which it did.

Each day is a chance to publish: with the hazard *h* of the day, a source publishes with the chance
1 - exp(-h): a discrete-time proportional hazards model (Cox 1972, Prentice and Gloeckler 1978).
*h* is the product of

- the rate of the source: the mean of a Gamma distribution that begins as that of its country and
  is updated day by day, older days fading (a Gamma-Poisson model with a power discount: Smith 1979,
  West and Harrison 1997). A day with releases counts as many as are expected of a day that has
  any: so sources that publish daily are known to be sure, and bursts count once;
- the weekday, shrunk towards that of the country;
- the calendar: public holidays, and the time of an earlier rest of this source;
- what the other sources of the country did that day (data.health.activity), to the power by which
  this source follows them, learned too: some offices close with parliament, others don't.

Nothing looks ahead: a day is judged by the days before it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from math import exp, log
from typing import Final

from data.health.activity import Activity, fade, hazard
from data.health.wait import Wait
from data.models import Rhythm

FEWEST: Final = 5
"""Days of publication below which nothing is expected: chance could be a rhythm."""

REMEMBERED: Final = 760
"""Days before the last release that are looked back at; older ones tell of another press office."""

EVIDENCE: Final = 2.0
"""How many releases the rate of its country is worth to a new source."""

RATE_FADING: Final = 0.5 ** (1 / 300)
"""What a day counts for the rate a day later."""

FOLLOWS_FADING: Final = 0.5 ** (1 / 1200)
"""What it counts for how far a source follows the others."""

WEEKDAY_WEIGHT: Final = 4.0
"""How many days of each weekday its country is worth to a source."""

FOLLOWS_WEIGHT: Final = 2.0
"""The information that it follows the others as all do, proportionally."""

LEAST_FOLLOWS: Final = 0.3
MOST_FOLLOWS: Final = 3.0
"""Bounds of that power."""

FALSE_ALARMS: Final = 1.35
"""Silence is told where a source that goes on would be told silent so often in a year.

By the model, whose tail is too heavy on purpose, so that a quiet country is waited for: counted on
real sources it is 0.85.
"""

TINY: Final = 1e-9
"""What a sum of hazards can be below 0 or above it by rounding."""

REST: Final = 0.05
"""What a day counts that fell into a rest of this source in an earlier year."""

RESTS: Final = 3
"""How many rests are remembered, the longest: a source that slowed down has many long waits."""

YEAR: Final = 364
"""Days after which the same weekday of the same season comes again."""

AROUND: Final = 3
"""Days by which a rest may be earlier or later than in the year before."""


def learn_rhythm(days: Iterable[dt.date], activity: Activity) -> Rhythm | None:
    """The rhythm of a source that published on these days, in any order, beside its country.

    None where they are too few to tell.
    """
    distinct = sorted({day.toordinal() for day in days})
    distinct = [day for day in distinct if day >= distinct[-1] - REMEMBERED]
    if len(distinct) < FEWEST:
        return None
    learner = _Learner(distinct[0], activity)
    published = set(distinct)
    for day in range(distinct[0] + 1, distinct[-1] + 1):
        learner.learn(day, published=day in published)
    return learner.rhythm()


def weekday_weights(
    rate: float, published: Sequence[float], asked: Sequence[float], usual: Sequence[float]
) -> list[float]:
    """How much of its rate a source has from Monday to Sunday: 1 on average.

    By the share of such days on which it published, shrunk towards that of a source of its country
    that has its rate.
    """
    mean = sum(usual) / 7
    found = []
    for own, of, share in zip(published, asked, usual, strict=True):
        alike = 1 - exp(-rate * share / mean)
        found.append(hazard((own + WEEKDAY_WEIGHT * alike) / (max(own, of) + WEEKDAY_WEIGHT)))
    whole = sum(found) / 7
    return [one / whole for one in found]


def days_of_year(hazards: Sequence[float]) -> float:
    """On how many days of a year a source publishes."""
    return sum(1 - exp(-one) for one in hazards) * 365.25 / 7


def calendar_weight(day: int, activity: Activity, rests: Sequence[tuple[int, int]]) -> float:
    """How much of the hazard of its weekday a day has: by holidays, and by rests of before."""
    weight = activity.weight(day)
    for first, last in rests:
        if first + YEAR - AROUND <= day <= last + YEAR + AROUND:
            return weight * REST
    return weight


def count_if_any(expected: float) -> float:
    """The mean of a Poisson count that is known not to be 0."""
    return expected / (1 - exp(-expected)) if expected > TINY else 1.0


class _Learner:
    """What is known of a source so far; ``learn`` takes in one day after the other."""

    def __init__(self, first: int, activity: Activity) -> None:
        self.activity = activity
        self.first = self.last = first
        self.published = [0.0] * 7
        self.published[(first - 1) % 7] = 1.0
        self.asked = [0.0] * 7
        self.usual = activity.usual(first)
        self.rate = sum(self.usual) / 7
        self.prior_exposure = EVIDENCE / self.rate
        # Fading: what it was exposed to, on how many days it published, and what on those.
        self.exposure = self.days = self.exposure_of_days = 0.0
        self.score = self.information = 0.0
        self.follows = 1.0
        self.rests: list[tuple[int, int]] = []
        self._begin_wait()

    @property
    def count(self) -> float:
        """How many releases are expected of the days on which it published, by the rate."""
        if not self.days:
            return 0.0
        each = self.rate * self.exposure_of_days / self.days
        return self.days * count_if_any(each)

    def learn(self, day: int, *, published: bool) -> None:
        """Take in whether it published on a day, the one after the last that was taken in."""
        weekday = (day - 1) % 7
        if weekday == 0:
            self.usual = self.activity.usual(day)
        others = self.activity.others(
            day, published=published, heard=self.published[weekday], asked=self.asked[weekday]
        )
        weight = calendar_weight(day, self.activity, self.rests)
        exposure = self.weights()[weekday] * weight * others.busy**self.follows
        expected = self.rate * exposure
        count = count_if_any(expected) if published else 0.0
        self._follow(count - expected, expected, log(others.busy))
        self.exposure = self.exposure * RATE_FADING + exposure
        self.days = self.days * RATE_FADING + published
        self.exposure_of_days = self.exposure_of_days * RATE_FADING + published * exposure
        # One step of expectation maximization a day: the counts of all days follow the rate.
        self.rate = (EVIDENCE + self.count) / (self.prior_exposure + self.exposure)
        if published:
            self._end_wait(day)
        else:
            self.wait.add(self.waited[weekday] * weight, others)
        holiday = self.activity.is_holiday(day)
        fade(self.published)
        fade(self.asked)
        self.asked[weekday] += not holiday
        self.published[weekday] += published
        if published:
            self._begin_wait()

    def weights(self) -> list[float]:
        """How much of its rate it has from Monday to Sunday."""
        return weekday_weights(self.rate, self.published, self.asked, self.usual)

    def _follow(self, surprise: float, expected: float, busy: float) -> None:
        """Learn the power by which it follows the others: one step of Fisher's scoring."""
        self.score = self.score * FOLLOWS_FADING + surprise * busy
        self.information = self.information * FOLLOWS_FADING + expected * busy * busy
        power = 1 + self.score / (FOLLOWS_WEIGHT + self.information)
        self.follows = min(max(power, LEAST_FOLLOWS), MOST_FOLLOWS)

    def _begin_wait(self) -> None:
        self.waited = tuple(self.rate * one for one in self.weights())
        self.wait = Wait(self.follows, EVIDENCE + self.count)

    def _end_wait(self, day: int) -> None:
        """Remember a wait that was told as silence: it may come again each year."""
        if self.wait.chance * days_of_year(self.waited) <= FALSE_ALARMS:
            self.rests.append((self.last + 1, day - 1))
            self.rests.sort(key=lambda rest: rest[0] - rest[1])
            del self.rests[RESTS:]
        self.last = day

    def rhythm(self) -> Rhythm:
        day = dt.date.fromordinal
        return Rhythm(
            first=day(self.first),
            last=day(self.last),
            hazards=self.waited,
            published=tuple(self.published),
            asked=tuple(self.asked),
            follows=self.follows,
            evidence=EVIDENCE + self.count,
            rests=tuple((day(first), day(last)) for first, last in self.rests),
        )
