"""Estimate of the number of releases that a source publishes in each minute of a week.

The model is an inhomogeneous Poisson process with a period of a week (Sia, Cho and Cho, 2007,
"Efficient Monitoring Algorithm for Fast News Alerts", use a day). The rate is a Gamma-Poisson
estimate in which old releases count less. The shape is a mixture of profiles, each an assumption
about the times when an office publishes: at any time, in office hours, in this hour of this
weekday, in this hour of any workday, on the hour and half hour, at the same minute each workday, or
like other sources. The weights of the profiles are learned by expectation maximization, from weeks
that were not used for the profiles (cross-validation). So a new source is assumed to be like other
sources, and an old source like its own past.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from data.models import PublicationTime

DAY_MINUTES: Final = 24 * 60
"""Number of minutes in a day."""
WEEK_MINUTES: Final = 7 * DAY_MINUTES
"""Number of minutes in a week."""

MONDAY: Final = dt.datetime(2001, 1, 1)  # noqa: DTZ001 - in the time zone of each source
"""Reference time from which minutes are counted, in the time zone of each source. The reference
time is a Monday, so weeks begin on Mondays."""

OFFICE_HOURS_OF_DAY: Final = (8, 18)
"""Assumed office hours if nothing else is known: releases appear from the first hour to before the
last."""

POINTS_PER_DAY: Final = 5
"""Number of points in time that represent a release whose time of day is unknown."""

MAX_DELAY_MINUTES: Final = 60.0
"""Maximum assumed time in minutes between the publication of a release without a known time and the
visit that found it."""

HALF_LIFE_MINUTES: Final = 20 * WEEK_MINUTES
"""Age in minutes at which the weight of a release is one half, because press offices and
governments change."""

PRIOR_RELEASES: Final = 1.0
"""Number of releases that a source is assumed to have published before its first known release, at
one per week."""

HOUR_OF_WEEK, TIME_OF_DAY, SAME_MINUTE = 45.0, 30.0, 1.0
"""Standard deviations in minutes of the Gaussian kernels that smooth the profiles: for the hour of
a week, the time of day, and the same minute."""

ROUND_PRIOR: Final = 2.0
"""Number of releases that are assumed to be spread evenly over the minutes of an hour."""

WORKDAYS_PER_WEEK: Final = 5

VALIDATION_FOLDS: Final = 4
"""Number of parts of the data in the cross-validation.

Each part is predicted from the other parts."""

EM_STEPS: Final = 30
"""Number of steps of expectation maximization. Further steps would not change the weights."""

Profile = NDArray[np.float64]
"""Array with a value for each minute of a week, starting on Monday at midnight."""

OWN_PROFILES: Final = 4
"""Number of profiles that are derived from a source's own releases."""

EVEN_WEEK: Final = np.ones(WEEK_MINUTES)
HOUR_OF_DAY: Final = np.arange(WEEK_MINUTES // 60) % 24
WORKDAY_HOURS: Final = np.arange(WEEK_MINUTES // 60) // 24 < WORKDAYS_PER_WEEK


@dataclass(frozen=True, slots=True)
class Moments:
    """Sorted publication times (points) in minutes since MONDAY.

    ``parts`` contains the fraction of a release that each point represents.
    """

    minutes: NDArray[np.float64]
    parts: NDArray[np.float64]

    def before(self, minute: float) -> Moments:
        """Return the points before a minute."""
        known = self.minutes < minute
        return Moments(self.minutes[known], self.parts[known])


def minute_of(at: dt.datetime, zone: dt.tzinfo) -> float:
    """Return the minutes from the reference time MONDAY to the local time of ``at`` in ``zone``."""
    return (at.astimezone(zone).replace(tzinfo=None) - MONDAY).total_seconds() / 60


def moments_of(times: Iterable[PublicationTime], zone: dt.tzinfo) -> Moments:
    """Return the points that represent releases, in the time zone of their source."""
    points, parts = list[float](), list[float]()
    for one in times:
        found = points_of(one, zone)
        points += found
        parts += [1 / len(found)] * len(found)
    order = np.argsort(points, kind="stable")
    return Moments(np.array(points, float)[order], np.array(parts, float)[order])


def points_of(time: PublicationTime, zone: dt.tzinfo) -> list[float]:
    """Return the points in time that represent one release."""
    at, seen = minute_of(time.published, zone), minute_of(time.first_seen, zone)
    if time.precision == "second":
        return [at]
    midnight = at - at % DAY_MINUTES
    first, last = (midnight + hour * 60 for hour in OFFICE_HOURS_OF_DAY)
    if time.precision == "none" or midnight < seen < midnight + DAY_MINUTES:
        first, last = max(midnight, seen - MAX_DELAY_MINUTES), seen
    step = (last - first) / POINTS_PER_DAY
    return [first + step * (number + 0.5) for number in range(POINTS_PER_DAY)]


def weekly_intensity(moments: Moments, now: float, others: Profile | None = None) -> Profile:
    """Return the expected number of releases per minute, for each minute of a week.

    ``now`` is in minutes since MONDAY, like the moments. ``others`` contains the counts of other
    sources in their own time zones (counts_of), or is None.
    """
    known = moments.before(now)
    at, parts = known.minutes, known.parts
    weights = parts * 0.5 ** ((now - at) / HALF_LIFE_MINUTES)
    seen = max(now - at[0], 0.0) if len(at) else 0.0
    lived = (1 - 0.5 ** (seen / HALF_LIFE_MINUTES)) * HALF_LIFE_MINUTES / np.log(2)
    rate = (weights.sum() + PRIOR_RELEASES) / (lived + PRIOR_RELEASES * WEEK_MINUTES)
    shared, beliefs = [EVEN_WEEK, OFFICE_HOURS], [1.0, 4.0]
    if others is not None and others.any():
        shared += others_profiles(others)
        beliefs += [4.0, 4.0]
    prior = np.array(beliefs + [1 / OWN_PROFILES] * OWN_PROFILES)
    minutes = at.astype(int) % WEEK_MINUTES
    fold = at.astype(int) // WEEK_MINUTES % VALIDATION_FOLDS
    foretold = np.ones((len(at), len(shared) + OWN_PROFILES))
    for part in range(VALIDATION_FOLDS):
        held, rest = fold == part, fold != part
        profiles = [*shared, *own_profiles(tally(minutes[rest], weights[rest]))]
        foretold[held] = np.array(profiles)[:, minutes[held]].T
    shares = mixture(foretold, weights, PRIOR_RELEASES * prior / prior.sum())
    profiles = [*shared, *own_profiles(tally(minutes, weights))]
    return np.asarray(rate * (shares @ np.array(profiles)))


def counts_of(moments: Moments, now: float) -> Profile:
    """Return the number of releases in each minute of a week, in which old releases count less."""
    known = moments.before(now)
    weights = known.parts * 0.5 ** ((now - known.minutes) / HALF_LIFE_MINUTES)
    return tally(known.minutes.astype(int) % WEEK_MINUTES, weights)


def tally(minutes: NDArray[np.int64], weights: NDArray[np.float64]) -> Profile:
    """Return the sum of the weights in each minute of a week."""
    return np.asarray(np.bincount(minutes, weights, WEEK_MINUTES), dtype=np.float64)


def mixture(
    foretold: NDArray[np.float64], weights: NDArray[np.float64], prior: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the weight of each profile in the mixture.

    ``foretold`` contains the densities that the profiles predicted for releases, one row per
    release. ``prior`` is the number of releases that each profile is assumed to have predicted
    before.
    """
    shares = prior / prior.sum()
    for _ in range(EM_STEPS):
        blame = foretold * shares
        blame /= blame.sum(axis=1, keepdims=True)
        shares = (weights @ blame + prior) / (weights.sum() + prior.sum())
    return np.asarray(shares)


def own_profiles(counts: Profile) -> Iterator[Profile]:
    """Yield profiles derived from a source's own releases, from coarse to fine."""
    yield normed(smoothed(counts, HOUR_OF_WEEK))
    yield from others_profiles(counts)
    yield normed(by_kind_of_day(counts, SAME_MINUTE))


def others_profiles(counts: Profile) -> list[Profile]:
    """Return two weekly profiles derived from the release times of other sources.

    Both depend on the time of day, on workdays and at weekends. The second favors round minutes.
    """
    time_of_day = by_kind_of_day(counts, TIME_OF_DAY)
    hour = counts.reshape(-1, 60).sum(axis=0)
    minutes = (hour + ROUND_PRIOR / 60) / (hour.sum() + ROUND_PRIOR)
    return [normed(time_of_day), normed(time_of_day * np.tile(minutes, WEEK_MINUTES // 60))]


def by_kind_of_day(counts: Profile, deviation: float) -> Profile:
    """Return smoothed counts by time of day, averaged over workdays and over weekends.

    ``deviation`` is the standard deviation of the smoothing in minutes.
    """
    days = counts.reshape(7, -1)
    return np.concatenate(
        [
            np.tile(smoothed(part.mean(axis=0), deviation), len(part))
            for part in (days[:WORKDAYS_PER_WEEK], days[WORKDAYS_PER_WEEK:])
        ]
    )


def smoothed(counts: Profile, deviation: float) -> Profile:
    """Smooth counts with a Gaussian kernel that wraps around at the ends of the week.

    ``deviation`` is the standard deviation in minutes.
    """
    frequencies = np.fft.rfftfreq(len(counts))
    kernel = np.exp(-2 * (np.pi * frequencies * deviation) ** 2)
    return np.maximum(np.fft.irfft(np.fft.rfft(counts) * kernel, len(counts)), 0)


def normed(profile: Profile) -> Profile:
    """Scale a profile to a mean of 1. An empty profile becomes a constant profile."""
    mean = profile.mean()
    return profile / mean if mean > 0 else EVEN_WEEK


OFFICE_HOURS: Final = normed(
    np.repeat(
        (
            WORKDAY_HOURS
            & (OFFICE_HOURS_OF_DAY[0] <= HOUR_OF_DAY)
            & (OFFICE_HOURS_OF_DAY[1] > HOUR_OF_DAY)
        ).astype(float),
        60,
    )
)
"""Profile of a source that publishes only in office hours from Monday to Friday."""
