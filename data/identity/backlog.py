"""Decision which releases are backlog: pure functions over values.

Backlog existed before the first visit to its source and causes no alerts. A walk through a listing
may take many visits, so a release that the walk finds is not always backlog. Its date and its
position in the listing decide. A release that a later visit finds above known releases is new.
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
    """Return whether a date proves that a release was published after the first visit.

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
    """Return the addresses on a listing page that appeared after earlier visits.

    ``keys`` are addresses in page order, newest first. ``before`` are the addresses listed before.
    A release that was never listed may have moved up from the next page, which no visit has read.
    Its address is therefore only returned if the release is above a release listed before, or if
    none was listed before. With ``anywhere``, its position does not matter.
    """
    known = [place for place, key in enumerate(keys) if key in before]
    last = max(known, default=len(keys))
    if anywhere:
        last = len(keys)
    return frozenset(key for place, key in enumerate(keys) if place < last and key not in before)
