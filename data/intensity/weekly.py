"""How many releases a source publishes in each minute of its week, learned from those it published.

The intensity of an inhomogeneous Poisson process whose period is a week (Sia, Cho and Cho, 2007,
"Efficient Monitoring Algorithm for Fast News Alerts", take a day). Its rate is a Gamma-Poisson
estimate in which old releases count less; its shape is a mixture of profiles that are each a guess
of how an office works: at any time, in office hours, at this hour of this weekday, at this hour of
any workday, on the hour and the half, at the same minute each workday, and as other sources do.
How much each counts is learned by expectation maximization from weeks that the profiles were not
made of (cross-validation), so that a young source is taken to be like the others, and an old one
like itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from data.intensity.moments import OFFICE, WEEK, Moments

HALF_LIFE: Final = 20 * WEEK
"""Minutes after which a release counts half: press offices change, and so do governments."""

PRIOR: Final = 1.0
"""Releases in as many weeks that are taken to have been seen before the first."""

HOUR_OF_WEEK, TIME_OF_DAY, SAME_MINUTE = 45.0, 30.0, 1.0
"""Minutes by which profiles are smoothed: standard deviations of a normal kernel."""

ROUND: Final = 2.0
"""Releases that are taken to have been published at any minute of an hour."""

WORKDAYS_A_WEEK: Final = 5

FOLDS: Final = 4
"""Parts into which weeks are dealt; each is foretold by the others."""

STEPS: Final = 30
"""Steps of expectation maximization; more move the shares of profiles no more."""

Profile = NDArray[np.float64]
"""A value for each minute of a week, from Monday at midnight."""


def weekly_intensity(moments: Moments, now: float, others: Profile | None = None) -> Profile:
    """Releases a minute, for each minute of a week; ``now`` is in minutes, as moments are.

    ``others`` are the counts of other sources on their own clocks (counts_of), where there are any.
    """
    known = moments.before(now)
    at, parts = known.minutes, known.parts
    weights = parts * 0.5 ** ((now - at) / HALF_LIFE)
    seen = max(now - at[0], 0.0) if len(at) else 0.0
    lived = (1 - 0.5 ** (seen / HALF_LIFE)) * HALF_LIFE / np.log(2)
    rate = (weights.sum() + PRIOR) / (lived + PRIOR * WEEK)
    shared, beliefs = [EVEN, OFFICE_HOURS], [1.0, 4.0]
    if others is not None and others.any():
        shared += others_profiles(others)
        beliefs += [4.0, 4.0]
    prior = np.array(beliefs + [1 / OWN] * OWN)
    minutes = at.astype(int) % WEEK
    fold = at.astype(int) // WEEK % FOLDS
    foretold = np.ones((len(at), len(shared) + OWN))
    for part in range(FOLDS):
        held, rest = fold == part, fold != part
        profiles = [*shared, *own_profiles(tally(minutes[rest], weights[rest]))]
        foretold[held] = np.array(profiles)[:, minutes[held]].T
    shares = mixture(foretold, weights, PRIOR * prior / prior.sum())
    profiles = [*shared, *own_profiles(tally(minutes, weights))]
    return np.asarray(rate * (shares @ np.array(profiles)))


def counts_of(moments: Moments, now: float) -> Profile:
    """How much was published at each minute of a week, where old releases count less."""
    known = moments.before(now)
    weights = known.parts * 0.5 ** ((now - known.minutes) / HALF_LIFE)
    return tally(known.minutes.astype(int) % WEEK, weights)


def tally(minutes: NDArray[np.int64], weights: NDArray[np.float64]) -> Profile:
    """The sum of the weights at each minute of a week."""
    return np.asarray(np.bincount(minutes, weights, WEEK), dtype=np.float64)


def mixture(
    foretold: NDArray[np.float64], weights: NDArray[np.float64], prior: NDArray[np.float64]
) -> NDArray[np.float64]:
    """How much each profile counts, by the densities that each foretold of releases (rows).

    ``prior`` is how many releases each is taken to have foretold before.
    """
    shares = prior / prior.sum()
    for _ in range(STEPS):
        blame = foretold * shares
        blame /= blame.sum(axis=1, keepdims=True)
        shares = (weights @ blame + prior) / (weights.sum() + prior.sum())
    return np.asarray(shares)


OWN: Final = 4
"""Profiles that are made of what a source itself published."""


def own_profiles(counts: Profile) -> Iterator[Profile]:
    """What a source published says of when it publishes, from coarse to fine."""
    yield normed(smoothed(counts, HOUR_OF_WEEK))
    yield from others_profiles(counts)
    yield normed(by_kind_of_day(counts, SAME_MINUTE))


def others_profiles(counts: Profile) -> list[Profile]:
    """By the time of day, of workdays and of weekends; and the same on round minutes of hours."""
    time_of_day = by_kind_of_day(counts, TIME_OF_DAY)
    hour = counts.reshape(-1, 60).sum(axis=0)
    minutes = (hour + ROUND / 60) / (hour.sum() + ROUND)
    return [normed(time_of_day), normed(time_of_day * np.tile(minutes, WEEK // 60))]


def by_kind_of_day(counts: Profile, deviation: float) -> Profile:
    """Counts by the time of day, those of workdays and those of weekends brought together."""
    days = counts.reshape(7, -1)
    return np.concatenate(
        [
            np.tile(smoothed(part.mean(axis=0), deviation), len(part))
            for part in (days[:WORKDAYS_A_WEEK], days[WORKDAYS_A_WEEK:])
        ]
    )


def smoothed(counts: Profile, deviation: float) -> Profile:
    """Counts smoothed by a normal kernel round a circle."""
    frequencies = np.fft.rfftfreq(len(counts))
    kernel = np.exp(-2 * (np.pi * frequencies * deviation) ** 2)
    return np.maximum(np.fft.irfft(np.fft.rfft(counts) * kernel, len(counts)), 0)


def normed(profile: Profile) -> Profile:
    """A profile whose mean is 1; an even one in place of one that is empty."""
    mean = profile.mean()
    return profile / mean if mean > 0 else EVEN


EVEN: Final = np.ones(WEEK)
HOURS: Final = np.arange(WEEK // 60) % 24
WORKDAYS: Final = np.arange(WEEK // 60) // 24 < WORKDAYS_A_WEEK
OFFICE_HOURS: Final = normed(
    np.repeat((WORKDAYS & (OFFICE[0] <= HOURS) & (OFFICE[1] > HOURS)).astype(float), 60)
)
"""Monday to Friday, as most offices have it."""
