"""Which releases existed before the first visit to their source: pure decisions over values.

Such releases are backlog: nobody is alerted of them. A walk through a listing may last many visits,
so a release is not backlog just because the walk finds it. Its date decides, and its place on the
listing: what a later visit finds above releases that were listed before is new.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence

from data.identity.decision import FUTURE
from data.models import Published


def published_since(
    published: Published | None,
    first_visit: dt.datetime,
    seen: dt.datetime,
    *,
    same_day: bool = False,
) -> bool:
    """Whether a date shows that a release was published after the first visit.

    ``seen`` is now: a date further ahead than `FUTURE` shows nothing. ``same_day`` decides about a
    date without an hour that is the day of the first visit.
    """
    if published is None or published.precision == "none" or published.at > seen + FUTURE:
        return False
    if published.precision == "second":
        return published.at >= first_visit
    first_day = first_visit.astimezone(published.local.tzinfo).date()
    return published.day > first_day or (same_day and published.day == first_day)


def listed_since(keys: Sequence[str], before: Collection[str], *, anywhere: bool) -> frozenset[str]:
    """Those of the releases on a listing page that appeared there after earlier visits.

    ``keys`` are addresses in page order, newest first, and ``before`` those that were listed
    before. A release that was never listed may have moved up from the next page, where no visit had
    come yet. So it counts only above one that was listed before, or if none was; with ``anywhere``
    in any place.
    """
    known = [place for place, key in enumerate(keys) if key in before]
    last = max(known, default=len(keys))
    if anywhere:
        last = len(keys)
    return frozenset(key for place, key in enumerate(keys) if place < last and key not in before)
