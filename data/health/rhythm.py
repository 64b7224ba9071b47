"""When a source should be heard of again: from the days on which it published, and nothing else.

Days count by how much a source publishes on such a weekday, so that a quiet weekend is no silence.
A gap is *late* where it is longer than nearly all before it, and *silent* where it is more than
twice as long as hardly any was. Where the source was quiet at this time of an earlier year, that
gap is one more that it may take: parliaments and courts rest in the same weeks.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil

FEWEST = 8
"""Days of publication below which nothing is expected: chance could be a rhythm."""

REMEMBERED = 250
"""Gaps that are looked back at; older ones tell of another press office."""

LATE = 0.98
"""The share of gaps within which a release is expected."""

RARE, SILENT_BY = 0.995, 2.0
"""The share of gaps that nearly none exceeds, and how many times as long silence has to be.

The longest gap of all is often a yearly rest, which is known by its season.
"""

SEASON = 10
"""Days around this day of the year in which an earlier year counts as the same season."""

ROUNDING = 1e-9
"""What sums of weights may differ by."""

LONGEST = 400
"""Days after which silence is certain, whatever the rhythm."""

FLOOR = 0.05
"""What a day counts at the least, so that no wait is without end."""


@dataclass(frozen=True, slots=True)
class Expected:
    """How long a source may be quiet: ``by`` is the last usual day, ``silent`` that of an alarm."""

    by: dt.date
    silent: dt.date


def expected_after(days: Iterable[dt.date]) -> Expected | None:
    """What is expected of a source that published on these days, in any order.

    None where they are too few to tell.
    """
    distinct = sorted(set(days))
    if len(distinct) < FEWEST:
        return None
    recent = distinct[-REMEMBERED - 1 :]
    weights = weights_of(recent)
    gaps = sorted(weighed(weights, before, after) for before, after in pairwise(recent))
    usual, longest = (gaps[ceil((len(gaps) - 1) * share)] for share in (LATE, RARE))
    last = distinct[-1]
    late = reached(weights, last, usual)
    season = season_gap(distinct, last)
    by = max(late, last + dt.timedelta(days=season))
    silent = max(
        reached(weights, last, longest * SILENT_BY),
        last + dt.timedelta(days=int(season * SILENT_BY)),
        by + dt.timedelta(days=1),
    )
    return Expected(by, silent)


def weights_of(days: Sequence[dt.date]) -> list[float]:
    """How much each weekday counts, from Monday: 1 for the day that is used most."""
    used = Counter(day.weekday() for day in days)
    most = max(used.values())
    return [max(used[weekday] / most, FLOOR) for weekday in range(7)]


def weighed(weights: Sequence[float], before: dt.date, after: dt.date) -> float:
    """How long the days after ``before`` up to and with ``after`` count."""
    weeks, rest = divmod((after - before).days, 7)
    first = before.weekday() + 1
    return weeks * sum(weights) + sum(weights[(first + step) % 7] for step in range(rest))


def reached(weights: Sequence[float], start: dt.date, length: float) -> dt.date:
    """The last day on which a gap since ``start`` is no longer than ``length``."""
    day = start
    for _ in range(LONGEST):
        length -= weights[(day.weekday() + 1) % 7]
        if length < -ROUNDING:
            break
        day += dt.timedelta(days=1)
    return day


def season_gap(days: Sequence[dt.date], last: dt.date) -> int:
    """The longest gap in days that began around this day of an earlier year."""
    longest = 0
    for before, after in pairwise(days):
        away = abs((before - last).days) % 365.25
        if last - before > dt.timedelta(days=180) and min(away, 365.25 - away) <= SEASON:
            longest = max(longest, (after - before).days)
    return min(longest, LONGEST)
