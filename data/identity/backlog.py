"""Decide which releases are backlog: pure functions over values.

Backlog existed before the first visit to its source, and alerts nobody. A walk through a listing
may last many visits, so being found by the walk does not make a release backlog. Its date and its
position decide: a release that a later visit finds above known releases is new.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence

from data.identity.decision import MAX_FUTURE
from data.models import Published


def published_since(
    published: Published | None,
    first_visit: dt.datetime,
    seen: dt.datetime,
    *,
    same_day: bool = False,
) -> bool:
    """Whether a date proves that a release was published after the first visit.

    ``seen`` is the current time; a date further ahead than `MAX_FUTURE` proves nothing.
    ``same_day`` is the result for a date without an hour on the day of the first visit.
    """
    if published is None or published.precision == "none" or published.at > seen + MAX_FUTURE:
        return False
    if published.precision == "second":
        return published.at >= first_visit
    first_day = first_visit.astimezone(published.local.tzinfo).date()
    return published.day > first_day or (same_day and published.day == first_day)


def listed_since(keys: Sequence[str], before: Collection[str], *, anywhere: bool) -> frozenset[str]:
    """Return the releases on a listing page that appeared after earlier visits.

    ``keys`` are addresses in page order, newest first; ``before`` are the ones listed before. A
    release that was never listed may have moved up from the next page, which no visit has read. So
    it counts only above a release that was listed before, or if none was. With ``anywhere`` it
    counts in any position.
    """
    known = [place for place, key in enumerate(keys) if key in before]
    last = max(known, default=len(keys))
    if anywhere:
        last = len(keys)
    return frozenset(key for place, key in enumerate(keys) if place < last and key not in before)
