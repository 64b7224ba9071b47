"""Select the rows of a list: remove rows of other lists, and add releases without a date.

A box of popular releases may contain dated links that look like those of the main list. Any of
these signs is sufficient to recognize such a box:

- Its rows have fewer elements.
- It is in a sidebar.
- It has the heading of a box, and its dates cover the same time as the main list.
- None of its rows has a date.

In a list in which most rows have dates, undated rows are releases if their markup is similar.
"""

import datetime as dt
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Sequence
from dataclasses import replace
from itertools import islice
from typing import Final
from urllib.parse import urlsplit

from lxml import etree

from data.dates.partial import year_in
from spiders.items import ListingItem
from spiders.listing.rows.dates import DateMark
from spiders.listing.rows.featured import common_shape, shape_of
from spiders.listing.rows.flat_page import ElementSpan, FlatPage
from spiders.listing.rows.record_fields import RecordFields
from spiders.listing.rows.records import MAX_RATED, MAX_RECORDS, linked_records, releases_among
from spiders.listing.rows.regions import Region
from spiders.listing.rows.side_lists import announces_box, is_in_narrow_column
from spiders.listing.rows.titles import generic_text, title_likeness
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
        if _is_beside(spans, flat) or announces_box(flat.heading_above(spans[0].begin))
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
    return not is_dated and year_in(flat.heading_above(spans[0].begin)) is None


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


MIN_TITLE_LIKENESS: Final = 0.5
"""Minimum title likeness (0 to 1) of an undated row. A text with two words reaches it."""

MIN_UNDATED_ROWS: Final = 2
"""Undated rows between dated rows are releases only if there are at least this many of them. A
single row may be a note."""

MIN_LIKENESS: Final = 0.6
"""Minimum share of tags that a row shares with its list's rows, and minimum title likeness (0 to 1)
of an undated row."""

MIN_UNDATED_LIKENESS: Final = 0.5
"""Minimum share of tags that an undated row shares with its list's rows. It is lower than
`MIN_LIKENESS`, because the elements around a date are missing."""

MIN_OTHER_LIKENESS: Final = 0.9
"""Minimum share of tags that a row with other classes shares with its list's rows. The other class
may be the row's category."""

MIN_PARTS: Final = 3
"""Minimum number of different tags in a row that comes from a template. Typical tags are an image,
a heading and a text."""

MIN_WORDS: Final = 5
"""Minimum number of words in a title. Shorter texts may be notes or buttons."""

MIN_UNSPACED_LENGTH: Final = 12
"""Minimum length in characters of a title in a script without spaces. Shorter texts may be notes or
buttons."""

MAX_ELEMENTS: Final = 200
"""Maximum number of elements compared per row."""


def with_undated(
    items: list[ListingItem], region: Region, flat: FlatPage, dates: list[DateMark]
) -> tuple[list[ListingItem], list[str]]:
    """Return the items of a region in page order, including releases whose rows have no date.

    Undated rows may be headings, notes or buttons. An undated row is a release only if its link has
    the same signature as in dated rows and its text looks like a title. In addition, one of these
    must be true:

    - its URL has the most common shape of the items' URLs
    - its markup is similar to that of the dated rows
    - it is between dated rows with the same markup, and leads to a page of another site
    - it is one of several such rows, which have different titles and are not all next to each other

    The date of such a release must be found on its own page. Other undated rows are skipped. The
    second list contains the URLs of skipped rows that may be releases.
    """
    if region.side != "in" or len(items) == min(len(region.records), MAX_RECORDS):
        return items, []
    every = linked_records(region, flat, dates)
    dated = releases_among(every, region)
    if len(dated) == len(every):
        return items, []
    shape = common_shape(items)
    like = RecordFields(dated[:MAX_RATED], flat, strict=region.strict)
    make = RowMake(record.span.node for record in dated)
    known = {item.url for item in items}
    hosts = {urlsplit(item.url).netloc for item in items}
    signs = {record.span.sign for record in dated}
    last = dated[-1].span.begin
    places = {id(record.anchors[0].node) for record in dated}
    rest = iter(items)
    found: list[ListingItem] = []
    amid: dict[str, ListingItem] = {}
    passed: set[str] = set()
    gaps: set[int] = set()
    before = 0
    for record in every:
        if id(record.anchors[0].node) in places:
            found.append(next(rest))
            before += 1
            continue
        item = like.like_these(record)
        if item is None or item.url in known or generic_text().fullmatch(item.title):
            continue
        if title_likeness([item.title]) < MIN_TITLE_LIKENESS:
            continue
        found.append(item)
        is_amid = bool(before) and record.span.begin < last and record.span.sign in signs
        if is_amid and not generic_text().match(item.title):
            amid.setdefault(item.title, item)
            gaps.add(before)
        is_like = shape_of(item.url) == shape or make.fits_undated(record.span.node, item)
        if not (is_like or (is_amid and _is_on_another_site(item.url, hosts))):
            passed.add(item.url)
    releases = {item.url for item in amid.values()}
    if min(len(releases), len(amid), len(gaps)) >= MIN_UNDATED_ROWS:
        passed -= releases
    rows = [item for item in found if item.url not in passed]
    return rows, [item.url for item in found if item.url in passed]


def _is_on_another_site(url: str, hosts: Container[str]) -> bool:
    """Whether a URL is not on any of the ``hosts`` and is not a home page."""
    parts = urlsplit(url)
    return parts.netloc not in hosts and bool(parts.path.strip("/") or parts.query)


class RowMake:
    """The markup of a list's rows: their classes, and the tags that most of them contain."""

    def __init__(self, rows: Iterable[etree._Element]) -> None:
        counted: Counter[str] = Counter()
        size = 0
        self._classes: set[str] = set()
        self._links = 0
        for row in rows:
            self._links = max(self._links, _links(row))
            counted.update(_tags(row))
            self._classes.update(_classes(row))
            size += 1
        self._tags = frozenset(tag for tag, count in counted.items() if count * 2 >= size)

    def fits(self, row: etree._Element) -> bool:
        """Whether a row has a class of the list's rows and mostly the same tags.

        A row without such a class must have nearly all of the tags and at most as many links,
        because a box of another list has more links.
        """
        own = _classes(row)
        alike = bool(own & self._classes) if own or self._classes else True
        if alike:
            return self._likeness(row) >= MIN_LIKENESS
        return self._likeness(row) >= MIN_OTHER_LIKENESS and _links(row) <= self._links

    def fits_undated(self, row: etree._Element, item: ListingItem) -> bool:
        """Whether an undated row has similar tags and looks like a release.

        It must come from a template or, in plain lists, have a long title. Notes and buttons have
        few tags and few words.
        """
        if self._likeness(row) < MIN_UNDATED_LIKENESS or generic_text().match(item.title):
            return False
        words = len(item.title.split())
        unspaced = item.title >= "\u0e00" and len(item.title) >= MIN_UNSPACED_LENGTH
        rich = len(_tags(row)) >= MIN_PARTS and title_likeness([item.title]) >= MIN_LIKENESS
        return rich or words >= MIN_WORDS or unspaced

    def _likeness(self, row: etree._Element) -> float:
        tags = _tags(row)
        return len(tags & self._tags) / max(1, len(tags | self._tags))


def _tags(row: etree._Element) -> frozenset[str]:
    return frozenset(str(node.tag) for node in islice(row.iterdescendants("*"), MAX_ELEMENTS))


def _links(row: etree._Element) -> int:
    return sum(1 for _ in islice(row.iterdescendants("a"), MAX_ELEMENTS))


def _classes(row: etree._Element) -> frozenset[str]:
    return frozenset((row.get("class") or "").split())
