"""Separate the records of a list from the records of other lists.

A box of popular releases may contain dated links that look like those of the main list. Any of
these signs is sufficient to recognize such a box:

- Its rows have fewer elements.
- It is in a sidebar.
- It has the heading of a box, and its dates cover the same time as the main list.
- None of its rows has a date.
"""

import datetime as dt
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from typing import Final

from lxml import etree

from data.dates.partial import year_in
from spiders.listing.rows.dates import DateMark
from spiders.listing.rows.flat_page import ElementSpan, FlatPage
from spiders.listing.rows.regions import Region
from spiders.listing.rows.side_lists import announces_box, is_in_narrow_column
from spiders.page.regions import SIDE_BITS

MIN_SHARED_PARTS: Final = 0.5
"""Minimum share of parts (tags with classes) that two rows with the same markup share."""

MAX_BOX_SIZE_SHARE: Final = 0.67
"""Maximum size of a list that may be a box, as a share of the size of the largest list."""

MIN_ROWS: Final = 3
"""Minimum number of rows in an undated list that is separated from a dated list."""

MAX_LEVELS: Final = 3
"""Maximum number of levels from a record up to its list."""

MAX_PARTS: Final = 200
"""Maximum number of elements compared per row."""


def without_foreign_rows(region: Region, flat: FlatPage, dates: list[DateMark]) -> Region:
    """Return a region without the records of other lists.

    Records with the same parent form one list. A list is removed if it is a box beside the largest
    list, or a smaller list whose rows have different markup. A region with only one list is
    returned unchanged.
    """
    level = list_level([span.node for span in region.records])
    lists: dict[etree._Element | None, list[ElementSpan]] = defaultdict(list)
    for span in region.records:
        lists[ancestor(span.node, level)].append(span)
    if not level or len(lists) == 1 or len(lists) * 2 > len(region.records):
        return region
    boxes = {
        parent
        for parent, spans in lists.items()
        if _is_beside(spans, flat) or announces_box(heading_above(spans[0].begin, flat))
    }
    own = (spans for parent, spans in lists.items() if parent not in boxes)
    largest = max(own, key=len, default=[])
    if not largest:
        return region
    make = make_of(largest)
    days = _days(largest, dates)
    others = {
        one
        for one in boxes
        if _is_beside(lists[one], flat)
        or (len(lists[one]) < len(largest) and _overlap(days, _days(lists[one], dates)))
    }
    others |= {
        parent
        for parent, spans in lists.items()
        if spans is not largest
        and region.side == "in"
        and level == 1
        and len(spans) <= MAX_BOX_SIZE_SHARE * len(largest)
        and shared_parts(make, make_of(spans)) < MIN_SHARED_PARTS
    }
    undated = {one for one, spans in lists.items() if _is_undated_box(spans, flat, dates)}
    if region.side == "in" and len(undated) < len(lists):
        others |= undated
    if not others:
        return region
    kept = [span for span in region.records if ancestor(span.node, level) not in others]
    return replace(region, records=kept)


def _is_undated_box(spans: list[ElementSpan], flat: FlatPage, dates: list[DateMark]) -> bool:
    """Whether a list beside a dated list has several rows, no dates and no heading with a year."""
    if len(spans) < MIN_ROWS:
        return False
    first = bisect_left(dates, spans[0].begin, key=lambda mark: mark.place)
    is_dated = first < len(dates) and dates[first].place < spans[-1].end
    return not is_dated and year_in(heading_above(spans[0].begin, flat)) is None


def list_level(nodes: Sequence[etree._Element]) -> int:
    """Return the number of levels from the records up to their common list.

    Returns 0 if they have no common list. A record may be given as the link inside a row.
    """
    for level in range(1, MAX_LEVELS + 1):
        if len({ancestor(node, level) for node in nodes}) < len(nodes):
            return level
    return 0


def ancestor(node: etree._Element, level: int) -> etree._Element | None:
    """Return the ancestor ``level`` levels above an element, or None above the root."""
    return node if not level else next(islice(node.iterancestors(), level - 1, None), None)


def _is_beside(spans: list[ElementSpan], flat: FlatPage) -> bool:
    """Whether a list is in a sidebar or in a narrow column."""
    around = flat.regions.around(spans[0].begin, spans[-1].end)
    return bool(around & SIDE_BITS) or is_in_narrow_column(spans[0].node)


def _days(spans: list[ElementSpan], dates: list[DateMark]) -> list[dt.date]:
    """Return the sorted dates of a list's records."""
    first = bisect_left(dates, spans[0].begin, key=lambda mark: mark.place)
    last = bisect_left(dates, spans[-1].end, key=lambda mark: mark.place)
    return sorted(mark.published.day for mark in dates[first:last] if mark.published)


def _overlap(some: list[dt.date], others: list[dt.date]) -> bool:
    """Whether the dates of two lists cover the same time.

    This distinguishes two lists from parts of one list, such as its years.
    """
    return bool(some and others) and some[0] < others[-1] and others[0] < some[-1]


def heading_above(place: int, flat: FlatPage) -> str:
    """Return the text of the heading whose box contains a position, or "". An h1 has no box."""
    index = bisect_right(flat.headings, place, key=lambda head: head.end) - 1
    head = flat.headings[index] if index >= 0 else None
    if head is None or head.level == 1 or place >= head.scope:
        return ""
    return flat.said(head.begin, head.end)


def make_of(spans: list[ElementSpan]) -> frozenset[tuple[str, str]]:
    """Return the parts (tags with classes) that at least half of the records contain."""
    counted: Counter[tuple[str, str]] = Counter()
    for span in spans:
        parts = set()
        for number, node in enumerate(span.node.iterdescendants()):
            if number >= MAX_PARTS:
                break
            parts.add((str(node.tag), node.get("class") or ""))
        counted.update(parts)
    return frozenset(part for part, count in counted.items() if count * 2 >= len(spans))


def shared_parts(one: frozenset[tuple[str, str]], other: frozenset[tuple[str, str]]) -> float:
    """Return the share of parts (tags with classes) common to two sets, or 1 if both are empty."""
    return len(one & other) / len(one | other) if one | other else 1.0
