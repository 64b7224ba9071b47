"""Find releases among the undated rows of a list in which most rows have dates.

Their markup is similar to that of the dated rows.
"""

from collections import Counter
from collections.abc import Container, Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Final
from urllib.parse import urlsplit

from lxml import etree

from spiders.items import ListingItem
from spiders.listing.rows.dates import DateMark
from spiders.listing.rows.featured import common_shape, shape_of
from spiders.listing.rows.flat_page import FlatPage
from spiders.listing.rows.record_fields import RecordFields
from spiders.listing.rows.records import MAX_RATED, MAX_RECORDS, linked_records, releases_among
from spiders.listing.rows.regions import Region
from spiders.listing.rows.titles import generic_text, title_likeness

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


@dataclass(frozen=True, slots=True)
class Rows:
    """The items of a region in page order, and the skipped rows.

    ``passed`` contains the URLs of skipped rows that may be releases.
    """

    items: list[ListingItem]
    passed: list[str]


def with_undated(
    items: list[ListingItem], region: Region, flat: FlatPage, dates: list[DateMark]
) -> Rows:
    """Return the items of a region, including releases whose rows have no date.

    Undated rows may be headings, notes or buttons. An undated row is a release only if its link has
    the same signature as in dated rows and its text looks like a title. In addition, one of these
    must be true:

    - its URL has the most common shape of the items' URLs
    - its markup is similar to that of the dated rows
    - it is between dated rows with the same markup, and leads to a page of another site
    - it is one of several such rows, which have different titles and are not all next to each other

    The date of such a release must be found on its own page. Other undated rows are skipped.
    """
    if region.side != "in" or len(items) == min(len(region.records), MAX_RECORDS):
        return Rows(items, [])
    every = linked_records(region, flat, dates)
    dated = releases_among(every, region)
    if len(dated) == len(every):
        return Rows(items, [])
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
        if item is None or item.url in known or not _is_titled(item):
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
    return Rows(rows, [item.url for item in found if item.url in passed])


def _is_on_another_site(url: str, hosts: Container[str]) -> bool:
    """Whether a URL is not on any of the ``hosts`` and is not a home page."""
    parts = urlsplit(url)
    return parts.netloc not in hosts and bool(parts.path.strip("/") or parts.query)


def _is_titled(item: ListingItem) -> bool:
    return (
        not generic_text().fullmatch(item.title)
        and title_likeness([item.title]) >= MIN_TITLE_LIKENESS
    )


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
