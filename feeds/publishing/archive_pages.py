"""What a feed shows, and when its oldest entries move to an archive page (RFC 5005, section 4).

A feed's document holds all that is on none of its archive pages: at least the newest entries that
the settings ask for, and up to half as many more. When there are more, the oldest half go to a new
page at once, which is full from its first day and never gains or loses a release. What is found
late, however old, enters by the document; but what had no date at the first visit to its source
never does: it goes to archive pages at once.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterable, Sequence
from typing import TypeAlias

import msgspec

from data.models import ReleaseSummary


class FeedState(msgspec.Struct, frozen=True, gc=False):
    """The state of a feed: ``open`` are the releases on no page, by id, and ``orders`` theirs.

    ``told`` are those of them that are part of a story. ``pages`` counts the pages; ``total`` is
    how many releases the facet had when all this was compared with the store.
    """

    open: list[str] = []
    pages: int = 0
    total: int = 0
    orders: list[float] = []
    told: list[str] = []


Part: TypeAlias = range | list[ReleaseSummary]
"""Releases that follow each other: where they do in the window before, or looked at anew."""


def page_size(entries: int) -> int:
    """How many releases an archive page holds, where a document holds ``entries`` at least."""
    return max(entries // 2, 1)


def newest_first(releases: Iterable[ReleaseSummary]) -> list[ReleaseSummary]:
    """Releases in the order of feeds."""
    return sorted(releases, key=lambda one: (-one.order, one.id))


def filled(
    window: FeedState, order: Sequence[Part], total: int, entries: int
) -> tuple[FeedState, list[Part], list[list[Part]]]:
    """Take in the releases on no page: the next state, the document, and the pages that fill up.

    ``order`` are the releases of the facet that are on none of its pages, newest first, and
    ``total`` is how many it holds in all. So are the document and each page; the pages follow each
    other oldest first.
    """
    document, size = list(order), page_size(entries)
    full: list[list[Part]] = []
    # What has no date since the first visit is nobody's news: it goes to pages of its own at once.
    backlog = sum(one.is_backlog for part in document if isinstance(part, list) for one in part)
    while backlog:
        full.append(cut_archive_pages(document, min(size, backlog)))
        backlog -= len_of(full[-1])
    while len_of(document) >= entries + size:
        full.append(cut_archive_pages(document, size))
    ids: list[str] = []
    orders: list[float] = []
    told: list[str] = []
    before = set(window.told)
    for part in document:
        if isinstance(part, range):
            some = window.open[part.start : part.stop]
            ids += some
            orders += window.orders[part.start : part.stop]
            told += [one for one in some if one in before] if before else []
        else:
            ids += [one.id for one in part]
            orders += [one.order for one in part]
            told += [one.id for one in part if one.story is not None]
    return FeedState(ids, window.pages + len(full), total, orders, told), document, full


def len_of(order: Iterable[Part]) -> int:
    """How many releases there are in an order."""
    return sum(map(len, order))


def cut_archive_pages(order: list[Part], size: int) -> list[Part]:
    """Take the last releases out of an order: ``size`` of them."""
    found: list[Part] = []
    while size:
        part = order.pop()
        if len(part) > size:
            order.append(part[:-size])
            part = part[-size:]
        found.insert(0, part)
        size -= len(part)
    return found


def ids_of(window: FeedState, order: Iterable[Part]) -> list[str]:
    """The releases of an order by id."""
    found: list[str] = []
    for part in order:
        if isinstance(part, range):
            found += window.open[part.start : part.stop]
        else:
            found += [one.id for one in part]
    return found


def moved(
    window: FeedState, unsure: Collection[str], come: Sequence[ReleaseSummary], total: int
) -> list[Part] | None:
    """The releases on no page, where some changed; None where they can't be told by that.

    ``unsure`` are all that are not as they were, ``come`` those of them that belong on no page of
    the facet now.
    """
    if len(window.orders) != len(window.open):
        return None
    left = sorted(place for place, one in enumerate(window.open) if one in unsure)
    if window.total + len(come) - len(left) != total:
        return None

    def rank(place: int) -> tuple[float, str]:
        return -window.orders[place], window.open[place]

    every = range(len(window.open))
    order: list[Part] = []
    begin = 0
    steps: list[tuple[int, ReleaseSummary | None]] = [(place, None) for place in left]
    steps += [
        (bisect_left(every, (-one.order, one.id), key=rank), one) for one in newest_first(come)
    ]
    for place, one in sorted(steps, key=lambda step: (step[0], step[1] is None)):
        if place > begin:
            order.append(range(begin, place))
            begin = place
        if one is None:
            begin = place + 1
        elif order and isinstance(order[-1], list):
            order[-1].append(one)
        else:
            order.append([one])
    if begin < len(window.open):
        order.append(range(begin, len(window.open)))
    return order


def is_settled(
    window: FeedState, newest: Sequence[ReleaseSummary], rest: Sequence[ReleaseSummary]
) -> bool:
    """Whether all that a window holds besides the ``newest`` of its facet is surely in it yet.

    ``rest`` are the others that it holds. A release that an edit moved to another topic would be
    missing among the newest, though it is newer than the last of them.
    """
    known = {outline.id for outline in (*newest, *rest)}
    last = newest[-1] if newest else None
    return all(one in known for one in window.open) and not (
        last and any((-one.order, one.id) < (-last.order, last.id) for one in rest)
    )
