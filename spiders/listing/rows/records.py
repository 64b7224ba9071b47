"""The records of a region: what lies in each, and which dates are its own."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field
from itertools import islice

from lxml import etree

from spiders.listing.rows.dates import DateMark
from spiders.listing.rows.flat_page import ElementSpan, FlatPage, LinkMark, TextMark
from spiders.listing.rows.regions import MOSTLY, NEAR, Region

LEAD = 8
"""Marks before a record in which its title may stand."""

MAX_RECORDS = 10_000
"""Maximum records of a region that are read."""

MAX_RATED = 1_000
"""Maximum records of a region that are read to rate it; only the best region is then read whole."""


@dataclass(slots=True)
class Record:
    """The links, texts and dates of a record, in page order; ``lead`` are the texts above it."""

    span: ElementSpan
    anchors: list[LinkMark]
    texts: list[TextMark]
    dates: list[DateMark]
    lead: list[TextMark]
    undated: list[TextMark] = field(init=False)
    """The texts that are no dates."""

    def __post_init__(self) -> None:
        alone = [mark for mark in self.dates if mark.alone]
        dated = {place for mark in alone for place in range(mark.place, mark.last + 1)}
        self.undated = [text for text in self.texts if text.place not in dated]


def records_of(
    region: Region, flat: FlatPage, dates: list[DateMark], most: int = MAX_RECORDS
) -> list[Record]:
    """The records of a region that list releases, in page order; at most ``most``.

    Where most have dates in them, those without are heads, notes and buttons, and are left out
    (but see spiders.listing.rows.undated_rows).
    """
    return releases_among(linked_records(region, flat, dates, most), region)


def releases_among(found: list[Record], region: Region) -> list[Record]:
    """The records that list releases, among those of a region that hold a link."""
    dated = [record for record in found if record.dates]
    if region.side == "above" or (region.side == "in" and len(dated) >= MOSTLY * len(found)):
        return dated
    return found


def linked_records(
    region: Region, flat: FlatPage, dates: list[DateMark], most: int = MAX_RECORDS
) -> list[Record]:
    """The first records of a region that hold a link; a record reaches as far as its dates do."""
    spans = region.records
    places = [mark.place for mark in dates]
    alone = [mark for mark in dates if mark.alone] if region.side == "above" else []
    alone_places = [mark.place for mark in alone]

    def between(begin: int, end: int) -> list[DateMark]:
        return dates[bisect_left(places, begin) : bisect_left(places, end)]

    found: list[Record] = []
    for index, span in enumerate(islice(spans, most)):
        begin, end = span.begin, max(span.end, span.begin + 1)
        following = spans[index + 1].begin if index + 1 < len(spans) else flat.size
        if region.side == "after":
            end = min(following, end + NEAR)
        own = between(begin, end)
        if region.side == "before":
            own = between(max(spans[index - 1].end if index else 0, begin - NEAR), begin) or own
            if not own and found and _list_of(spans[index - 1].node) is _list_of(span.node):
                own = found[-1].dates  # one date, several releases: <dt> and its <dd>s
            begin = min(begin, own[0].place) if own else begin
            ahead = between(end, min(following, end + NEAR))
            end = ahead[0].place if ahead else min(following, end + NEAR)
        if region.side == "above" and not own:
            last = bisect_left(alone_places, span.begin)
            own = alone[max(0, last - 1) : last]
        floor = spans[index - 1].end if index else 0
        lead = flat.texts_in(max(floor, begin - LEAD), begin) if region.side == "in" else []
        anchors = flat.anchors_in(span.begin, max(span.end, span.begin + 1))
        if anchors:
            found.append(Record(span, anchors, flat.texts_in(begin, end), own, lead))
    return found


def _list_of(node: etree._Element) -> etree._Element | None:
    """The element that holds the row in which a link stands, or that holds a row itself."""
    parent = node.getparent()
    if node.tag == "a" and parent is not None and parent.tag in {"dd", "li", "p", "td", "h3", "h4"}:
        return parent.getparent()
    return parent
