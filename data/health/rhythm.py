"""Rhythm of a source: the probability that it publishes on a day, learned from its releases.

On a day with the hazard *h*, a source publishes with the probability 1 - exp(-h). This is a
discrete-time proportional hazards model (Cox 1972, Prentice and Gloeckler 1978). *h* is the product
of

- the rate of the source: the mean of a Gamma distribution, which starts with the rate of the
  country and is updated every day, while older days decay (a Gamma-Poisson model with a power
  discount: Smith 1979, West and Harrison 1997). A day with releases counts as the number of
  releases expected on such a day, so that daily sources prove reliable and a burst counts once;
- the weight of the weekday, shrunk towards the weights in the country;
- the calendar: public holidays, and a rest of this source in an earlier year;
- the activity of the country's other sources on this day (data.health.activity), raised to a
  learned power: some offices close with parliament, others don't.

Each day is judged only by earlier days.

The probability of a silence (`ReleaseWait`) follows from the hazards since the last release. For a
known hazard, the probability of no release is exp(-expected). For a Gamma distribution of the
hazard, it is (1 + expected * spread) ** (-1 / spread), where ``spread`` is the squared coefficient
of variation (Lomax 1954). The spread covers all uncertainty: about the source's rate, about a small
number of other sources, and about how far the source follows them when they are quiet.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import exp, log
from typing import Final

from data.health.activity import SHRINKAGE_RELEASES, Activity, Others, fade, hazard
from data.models import Rhythm

MIN_DAYS: Final = 5
"""Minimum number of days with releases from which a rhythm is learned. In fewer days, a pattern may
be chance."""

MAX_AGE_DAYS: Final = 760
"""Maximum age of days from which a rhythm is learned, in days before the last release. Earlier, the
press office may have worked differently."""

PRIOR_EVIDENCE: Final = 2.0
"""Weight of the country's rate in a source's rate, as a number of releases."""

RATE_DECAY: Final = 0.5 ** (1 / 300)
"""Factor per day by which the evidence about a source's rate decays."""

FOLLOWS_DECAY: Final = 0.5 ** (1 / 1200)
"""Factor per day by which the evidence about a source's ``follows`` exponent decays."""

WEEKDAY_WEIGHT: Final = 4.0
"""Weight of the country's usual share of a weekday in a source's share, as a number of observed
days."""

FOLLOWS_WEIGHT: Final = 2.0
"""Weight of the prior assumption that a source follows the other sources proportionally (Fisher
information)."""

MIN_FOLLOWS: Final = 0.3
"""Minimum exponent of the other sources' activity in a source's hazard."""
MAX_FOLLOWS: Final = 3.0
"""Maximum exponent of the other sources' activity in a source's hazard."""

MAX_FALSE_ALARMS: Final = 1.35
"""Maximum number of false reports of silence per year for a healthy source, according to the model.
The model deliberately overestimates how likely a long silence is. This delays alarms while the
other sources of the country are quiet. For real sources, 0.85 false reports a year were
measured."""

TINY: Final = 1e-9
"""Maximum rounding error in a sum of hazards."""

REST_SHARE: Final = 0.05
"""Factor for the hazard of a day on which this source rested in an earlier year."""

MAX_RESTS: Final = 3
"""Maximum number of stored rests, longest first. A source that used to publish more often has many
long waits."""

YEAR_DAYS: Final = 364
"""Number of days in 52 weeks. The day 364 days later has the same weekday."""

REST_TOLERANCE_DAYS: Final = 3
"""Maximum difference in days between the dates of the same rest in two years."""


SPREAD_ALONE: Final = 0.2
"""Additional spread if no other sources in the country are known."""

SPREAD_QUIET: Final = 0.16
"""Additional spread on quiet days, per unit of -log(``busy``), the activity of the other
sources."""


@dataclass(slots=True)
class ReleaseWait:
    """The time since a source's last release, and the probability of such a wait.

    ``follows`` is the exponent of the other sources' activity in the source's hazard. ``evidence``
    is the shape parameter of the Gamma distribution of the source's rate.
    """

    follows: float
    evidence: float
    expected: float = 0.0
    uncertainty: float = 0.0

    def add(self, hazard: float, others: Others) -> None:
        """Add one more day without a release. ``hazard`` is the source's hazard on this day."""
        counted = hazard * others.busy**self.follows
        self.expected += counted
        few = SHRINKAGE_RELEASES / (SHRINKAGE_RELEASES + others.expected)
        self.uncertainty += counted * (
            SPREAD_ALONE * few + SPREAD_QUIET * max(0.0, -log(others.busy))
        )

    @property
    def chance(self) -> float:
        """Return the probability that a healthy source publishes nothing for this long."""
        if not self.expected:
            return 1.0
        spread = 1 / self.evidence + self.uncertainty / self.expected
        return float((1 + self.expected * spread) ** (-1 / spread))


def learn_rhythm(days: Iterable[dt.date], activity: Activity) -> Rhythm | None:
    """Return the rhythm of a source that published on ``days``, or None if there are too few.

    The days may be in any order. ``activity`` is the activity of the source's country.
    """
    distinct = sorted({day.toordinal() for day in days})
    distinct = [day for day in distinct if day >= distinct[-1] - MAX_AGE_DAYS]
    if len(distinct) < MIN_DAYS:
        return None
    learner = _Learner(distinct[0], activity)
    published = set(distinct)
    for day in range(distinct[0] + 1, distinct[-1] + 1):
        learner.learn(day, published=day in published)
    return learner.rhythm()


def weekday_weights(
    rate: float, published: Sequence[float], asked: Sequence[float], usual: Sequence[float]
) -> list[float]:
    """Return seven factors for a source's rate, Monday first, with a mean of 1.

    ``published`` contains the days with a release and ``asked`` all days, per weekday. Their ratio
    is shrunk towards the share of days for an average source with the same ``rate``, which follows
    from the country's ``usual`` hazards.
    """
    mean = sum(usual) / 7
    found = []
    for own, of, share in zip(published, asked, usual, strict=True):
        alike = 1 - exp(-rate * share / mean)
        found.append(hazard((own + WEEKDAY_WEIGHT * alike) / (max(own, of) + WEEKDAY_WEIGHT)))
    whole = sum(found) / 7
    return [one / whole for one in found]


def days_of_year(hazards: Sequence[float]) -> float:
    """Return the expected number of days with releases per year, from hazards per weekday."""
    return sum(1 - exp(-one) for one in hazards) * 365.25 / 7


def calendar_weight(day: int, activity: Activity, rests: Sequence[tuple[int, int]]) -> float:
    """Return the factor for a day's hazard because of public holidays and earlier rests."""
    weight = activity.weight(day)
    for first, last in rests:
        if first + YEAR_DAYS - REST_TOLERANCE_DAYS <= day <= last + YEAR_DAYS + REST_TOLERANCE_DAYS:
            return weight * REST_SHARE
    return weight


def count_if_any(expected: float) -> float:
    """Return the mean of a Poisson variable, given that it is not 0.

    ``expected`` is its mean without this condition.
    """
    return expected / (1 - exp(-expected)) if expected > TINY else 1.0


class _Learner:
    """Learns the rhythm of a source. Call ``learn`` for each day, in order."""

    def __init__(self, first: int, activity: Activity) -> None:
        self.activity = activity
        self.first = self.last = first
        self.published = [0.0] * 7
        self.published[(first - 1) % 7] = 1.0
        self.asked = [0.0] * 7
        self.usual = activity.usual(first)
        self.rate = sum(self.usual) / 7
        self.prior_exposure = PRIOR_EVIDENCE / self.rate
        # Decayed sums: exposure of all days, number of days with releases, and exposure of these
        # days.
        self.exposure = self.days = self.exposure_of_days = 0.0
        self.score = self.information = 0.0
        self.follows = 1.0
        self.rests: list[tuple[int, int]] = []
        self._begin_wait()

    @property
    def count(self) -> float:
        """Return the decayed number of releases that were expected on the days with releases."""
        if not self.days:
            return 0.0
        each = self.rate * self.exposure_of_days / self.days
        return self.days * count_if_any(each)

    def learn(self, day: int, *, published: bool) -> None:
        """Learn from the next day. ``published`` is true if the source published on this day."""
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
        self.exposure = self.exposure * RATE_DECAY + exposure
        self.days = self.days * RATE_DECAY + published
        self.exposure_of_days = self.exposure_of_days * RATE_DECAY + published * exposure
        # One step of expectation maximization per day, because the expected counts depend on the
        # rate.
        self.rate = (PRIOR_EVIDENCE + self.count) / (self.prior_exposure + self.exposure)
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
        """Return the seven weekday factors for the source's rate, Monday first."""
        return weekday_weights(self.rate, self.published, self.asked, self.usual)

    def _follow(self, surprise: float, expected: float, busy: float) -> None:
        """Update the exponent of the other sources' activity for this source.

        The update is one step of Fisher scoring. ``surprise`` is the number of releases minus the
        ``expected`` number, and ``busy`` the logarithm of the other sources' activity.
        """
        self.score = self.score * FOLLOWS_DECAY + surprise * busy
        self.information = self.information * FOLLOWS_DECAY + expected * busy * busy
        power = 1 + self.score / (FOLLOWS_WEIGHT + self.information)
        self.follows = min(max(power, MIN_FOLLOWS), MAX_FOLLOWS)

    def _begin_wait(self) -> None:
        self.waited = tuple(self.rate * one for one in self.weights())
        self.wait = ReleaseWait(self.follows, PRIOR_EVIDENCE + self.count)

    def _end_wait(self, day: int) -> None:
        """End a wait, and store it as a rest if it was long enough to be silence.

        Such a rest may recur each year.
        """
        if self.wait.chance * days_of_year(self.waited) <= MAX_FALSE_ALARMS:
            self.rests.append((self.last + 1, day - 1))
            self.rests.sort(key=lambda rest: rest[0] - rest[1])
            del self.rests[MAX_RESTS:]
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
            evidence=PRIOR_EVIDENCE + self.count,
            rests=tuple((day(first), day(last)) for first, last in self.rests),
        )
