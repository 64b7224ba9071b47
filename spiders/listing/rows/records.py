"""Extract the records of a region: their links and texts, and the dates that belong to them."""

from bisect import bisect_left
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

from lxml import etree

from spiders.listing.rows.dates import DateMark
from spiders.listing.rows.flat_page import ElementSpan, FlatPage, LinkMark, TextMark
from spiders.listing.rows.irregular_rows import SpannedDates
from spiders.listing.rows.regions import MAX_DATE_DISTANCE, MIN_DATED_SHARE, Region
from spiders.page.html_tree import element_line

MAX_TITLE_DISTANCE = 8
"""Maximum distance between a record and a title above it, in marks (texts and links)."""

MAX_RECORDS = 10_000
"""Maximum number of records read per region."""

MAX_RATED = 1_000
"""Maximum number of records that are read to rate a region. All records of the best region are
read."""


@dataclass
class Record:
    """The links, texts and dates of a record, in page order.

    ``lead`` contains the texts right above the record.
    """

    span: ElementSpan
    anchors: list[LinkMark]
    texts: list[TextMark]
    dates: list[DateMark]
    lead: list[TextMark]

    @cached_property
    def undated(self) -> list[TextMark]:
        """The texts of the record that are not separate dates."""
        alone = [mark for mark in self.dates if mark.alone]
        dated = {place for mark in alone for place in range(mark.place, mark.last + 1)}
        return [text for text in self.texts if text.place not in dated]

    def is_linked(self, text: TextMark) -> bool:
        """Whether a text of the record is inside one of its links."""
        return any(one.place <= text.place < one.end for one in self.anchors)


def records_of(
    region: Region, flat: FlatPage, dates: list[DateMark], most: int = MAX_RECORDS
) -> list[Record]:
    """Return up to ``most`` records of a region that list releases, in page order.

    If most records contain a date, the undated records are skipped as headings, notes and buttons.
    `spiders.listing.rows.list_rows` later adds releases without a date.
    """
    return releases_among(linked_records(region, flat, dates, most), region)


def releases_among(found: list[Record], region: Region) -> list[Record]:
    """Return the records that list releases among a region's records with links."""
    dated = [record for record in found if record.dates]
    if region.side == "above":
        return [record for record in found if record.dates or _has_empty_term(record.span.node)]
    return dated if region.side == "in" and len(dated) >= MIN_DATED_SHARE * len(found) else found


def linked_records(
    region: Region, flat: FlatPage, dates: list[DateMark], most: int = MAX_RECORDS
) -> list[Record]:
    """Return the records with links among the first ``most`` records of a region.

    If the region's dates are before or after its records, each record includes the texts and dates
    there.
    """
    spans = region.records
    places = [mark.place for mark in dates]
    is_above = region.side == "above"
    alone = [mark for mark in dates if mark.alone and not mark.other] if is_above else []
    alone_places = [mark.place for mark in alone]

    def between(begin: int, end: int) -> list[DateMark]:
        return dates[bisect_left(places, begin) : bisect_left(places, end)]

    found: list[Record] = []
    over = SpannedDates()
    for index, span in enumerate(islice(spans, most)):
        begin, end = span.begin, max(span.end, span.begin + 1)
        following = spans[index + 1].begin if index + 1 < len(spans) else flat.size
        if region.side == "after":
            end = min(following, end + MAX_DATE_DISTANCE)
        own = between(begin, end)
        if region.side == "before":
            own = (
                between(max(spans[index - 1].end if index else 0, begin - MAX_DATE_DISTANCE), begin)
                or own
            )
            if not own and found and _follows(span.node, spans[index - 1].node):
                own = found[
                    -1
                ].dates  # one date for several releases: a <dt> followed by several <dd>
            begin = min(begin, own[0].place) if own else begin
            ahead = between(end, min(following, end + MAX_DATE_DISTANCE))
            end = ahead[0].place if ahead else min(following, end + MAX_DATE_DISTANCE)
        if region.side == "in":
            own = over.dates(span, own, flat)
        if is_above and not own and not _has_empty_term(span.node):
            last = bisect_left(alone_places, span.begin)
            own = alone[max(0, last - 1) : last]
        floor = spans[index - 1].end if index else 0
        lead = (
            flat.texts_in(max(floor, begin - MAX_TITLE_DISTANCE), begin)
            if region.side == "in"
            else []
        )
        anchors = flat.anchors_in(span.begin, max(span.end, span.begin + 1))
        if anchors:
            found.append(Record(span, anchors, flat.texts_in(begin, end), own, lead))
    return found


def _has_empty_term(node: etree._Element) -> bool:
    """Whether the `<dt>` right above a record is empty, although the date should be there."""
    term = _row_of(node).getprevious()
    return term is not None and term.tag == "dt" and not element_line(term).strip()


def _follows(node: etree._Element, before: etree._Element) -> bool:
    """Whether two rows are in the same list, without a `<dt>` between them."""
    row, earlier = map(_row_of, (node, before))
    if row.getparent() is not earlier.getparent():
        return False
    return row.tag != "dd" or row is earlier or row.getprevious() is earlier


def _row_of(node: etree._Element) -> etree._Element:
    """Return the row of a record, which may be given as the link inside its row."""
    parent = node.getparent()
    if node.tag == "a" and parent is not None and parent.tag in {"dd", "li", "p", "td", "h3", "h4"}:
        return parent
    return node
