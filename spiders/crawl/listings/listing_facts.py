"""Compare the rows of a listing's first page with its rows in the last visit.

Rows normally leave the first page when new rows push them to later pages, or when a new month
begins. Other missing rows are lost: for example, a new layout is only partly extracted, the page is
truncated, or the server sent an old copy.
"""

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from msgspec.structs import replace

from data.models import Streak, VisitFacts
from data.text.masking import masked
from data.text.urls import canonical_url, page_key
from spiders.items import Listing, ListingItem, keys_of

STOPPED_LAG: Final = dt.timedelta(days=2)
"""Minimum time between the newest release of a feed and the newest release of its page before the
older listing counts as stopped.
"""

MIN_LOST_ROWS: Final = 3
"""Minimum number of lost rows for a report. One or two rows may have been deleted."""

MIN_LOST_SHARE: Final = 0.3
"""Minimum share of the earlier rows that must be lost for a report."""

MIN_REGULAR_VISITS: Final = 3
"""Number of visits in which rows left the page only when new rows arrived. After this many, missing
rows count as lost even if they are the oldest rows.
"""

MIN_OLD_LOST_SHARE: Final = 0.4
"""Minimum share of the earlier rows that must be lost for a report if the oldest rows are among
them.
"""

MIN_REMAINING_SHARE: Final = 0.25
"""Minimum share of the earlier rows that must remain for missing rows to count as lost. If fewer
remain, they may be pinned rows above a new month."""

MIN_RECOVERED_SHARE: Final = 0.9
"""Minimum number of rows on a recovered listing, as a share of the number before the loss."""

ACCEPT_AFTER: Final = dt.timedelta(days=14)
"""Time after which the loss of rows is accepted as a change of the listing."""

MAX_STORED_LOST_ROWS: Final = 50
"""Maximum number of lost rows that are stored per listing."""

MAX_DISAPPEARED_ITEMS: Final = 10
"""Maximum number of releases requested per visit because their rows disappeared between other rows.
"""


@dataclass(frozen=True, slots=True)
class Front:
    """The first page of a listing: its URL, its rows, and its rows in the last visit."""

    place: str
    rows: Sequence[ListingItem]
    before: Sequence[ListingItem] | None

    @property
    def newest(self) -> str:
        """The latest ISO day among the rows, or ""."""
        return max((item.day for item in self.rows), default="")


def front_of(url: str, answered: str, listing: Listing, kept: Listing | None) -> Front:
    """Return the first page of the listing at ``url``.

    ``answered`` is the URL of the response. ``kept`` is the page as of the last visit, or None.
    """
    # Reports show the facts, so their URLs must not contain secrets.
    place = masked(answered)
    moved = page_key(place) != page_key(masked(url))
    return Front(place if moved else "", listing.items, kept.items if kept else None)


def disappeared_items(front: Front) -> Sequence[ListingItem]:
    """Return the rows that disappeared between other rows, if most rows remain.

    Their releases may have been deleted.
    """
    rows = {key for item in front.rows for key in keys_of(item)}
    old = front.before or ()
    stays = [not rows.isdisjoint(keys_of(item)) for item in old]
    if sum(stays) * 2 <= len(old):
        return ()
    first, last = stays.index(True), len(stays) - stays[::-1].index(True)
    amid = zip(old[first:last], stays[first:last], strict=True)
    return [item for item, stay in amid if not stay][:MAX_DISAPPEARED_ITEMS]


def listing_facts(
    before: VisitFacts,
    front: Front,
    gone: Collection[str],
    at: dt.datetime,
    *,
    below: Collection[str] = frozenset(),
) -> VisitFacts:
    """Return the facts of a visit about its listing.

    ``before`` contains the facts of the last visit. A missing row does not count as lost in two
    cases:

    - Its canonical URL is in ``gone``, because its page no longer exists.
    - Its key (see `keys_of`) is in ``below``, because it is on a later page of the listing.
    """
    known = bool(before.rows)
    facts = replace(
        before,
        place=front.place,
        usual=before.usual if known else front.place,
        rows=len(front.rows),
        newest=front.newest,
        dateless=before.dateless.go_on(dateless(before, front), at),
    )
    if before.lost.count:
        since = before.lost.since
        is_accepted = since and at - since >= ACCEPT_AFTER
        # If all rows were replaced, newer rows show that the listing is in use again.
        is_used = before.replaced and bool(front.newest) and front.newest > before.newest
        if is_whole(before, front) or is_accepted or is_used:
            return replace(
                facts, lost=Streak(), rows_before=0, missing=(), replaced=False, changes=0
            )
        return replace(facts, lost=before.lost.go_on(before.lost.count, at))
    if not (front.before and known):
        return facts
    return with_lost_rows(facts, front, gone, at, below=frozenset(below))


def is_whole(before: VisitFacts, front: Front) -> bool:
    """Whether a listing has its lost rows back, or has as many rows as before the loss."""
    if before.missing:
        shown = {canonical_url(item.url) for item in front.rows}
        return sum(url in shown for url in before.missing) * 2 >= len(before.missing)
    return len(front.rows) >= MIN_RECOVERED_SHARE * before.rows_before and not before.replaced


def dateless(before: VisitFacts, front: Front) -> int:
    """Return the number of rows if all rows of a listing have lost their dates, else 0."""
    if front.newest or not front.rows:
        return 0
    had = sum(bool(item.day) for item in front.before or ())
    return len(front.rows) if had * 2 > len(front.before or ()) or before.dateless.count else 0


def with_lost_rows(
    facts: VisitFacts,
    front: Front,
    gone: Collection[str],
    at: dt.datetime,
    *,
    below: frozenset[str],
) -> VisitFacts:
    """Compare a page's rows with those of the last visit, and add the lost rows to the facts."""
    rows = below.union(key for item in front.rows for key in keys_of(item))
    old = [item for item in front.before or () if canonical_url(item.url) not in gone]
    left = [item for item in old if rows.isdisjoint(keys_of(item))]
    then = {key for item in front.before or () for key in keys_of(item)}
    fresh = [item for item in front.rows if then.isdisjoint(keys_of(item))]
    # Rows that are older than all earlier rows take the positions of lost rows.
    oldest = min((item.day for item in old if item.day), default="")
    came = sum(not "" < item.day < oldest for item in fresh)
    if not left:
        return replace(facts, changes=facts.changes + bool(came))
    if len(left) == len(old):
        newest = max(item.day for item in old)
        if len(old) < MIN_LOST_ROWS or not newest or is_new(front.rows, newest):
            return facts
        return lost(facts, len(old), len(front.before or ()), at, replaced=True)
    missing = len(left) - came
    if missing < MIN_LOST_ROWS or missing < MIN_LOST_SHARE * len(old):
        regular = missing <= 0
        return replace(facts, changes=facts.changes + 1 if regular else 0)
    kept = [item.day for item in old if not rows.isdisjoint(keys_of(item))]
    amid = sum(min(kept) < item.day < max(kept) for item in left)
    stays = facts.changes >= MIN_REGULAR_VISITS and missing >= MIN_OLD_LOST_SHARE * len(old)
    # Fewer remaining rows may be pinned rows above a new month.
    if len(kept) > MIN_REMAINING_SHARE * len(old) and (amid * 2 >= len(left) or stays):
        found = lost(facts, missing, len(front.before or ()), at)
        pulled = [canonical_url(item.url) for item in left] if came < len(fresh) else []
        return replace(found, missing=tuple(pulled[:MAX_STORED_LOST_ROWS]))
    return replace(facts, changes=0)


def is_new(rows: Sequence[ListingItem], newest: str) -> bool:
    """Whether a page has newer rows than before.

    ``newest`` is the newest day of the earlier rows. Rows of one day have no known order, so the
    rows also count as newer if most of them are from that day.
    """
    days = [item.day for item in rows]
    return max(days, default="") > newest or days.count(newest) * 2 > len(days)


def lost(
    facts: VisitFacts, count: int, before: int, at: dt.datetime, *, replaced: bool = False
) -> VisitFacts:
    """Add ``count`` lost rows to the facts.

    ``before`` is the earlier number of rows.
    """
    return replace(facts, lost=Streak().go_on(count, at), rows_before=before, replaced=replaced)
