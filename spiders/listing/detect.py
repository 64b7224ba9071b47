"""Choose the region of a page that lists its releases."""

import re
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import replace
from math import inf
from typing import Final
from urllib.parse import urlsplit

from data.network.hosts import is_elsewhere
from spiders.items import ListingItem
from spiders.listing.region_candidates import (
    MAJORITY,
    MIN_UNDATED_LIKENESS,
    Candidates,
    RankedRegion,
    RegionCandidate,
)
from spiders.listing.region_features import RegionPage
from spiders.listing.rows.dates import DateMark
from spiders.listing.rows.featured import common_shape, shape_of
from spiders.listing.rows.flat_page import ElementSpan, FlatPage
from spiders.listing.rows.list_rows import RowMake, ancestor, list_level, without_foreign_rows
from spiders.listing.rows.record_fields import RecordFields
from spiders.listing.rows.records import Record, records_of
from spiders.listing.rows.regions import Region, encloses, says_words
from spiders.listing.rows.side_lists import is_in_narrow_column, lead_to_events
from spiders.listing.rows.single_rows import is_headline
from spiders.listing.rows.titles import generic_text
from spiders.page.class_hints import post_mark

MIN_RECORDS: Final = 3
"""Minimum number of records in a region that may replace a hidden list or a side list."""

MIN_RIVAL_SCORE: Final = 0.5
"""Minimum score of a region that may replace another one, as a share of that region's score."""

MIN_MAIN_LIST_SCORE: Final = 2.5
"""Minimum score of a list that may replace the best list if the best list is in a side column or
unrelated to the page."""

MIN_MAJORITY_SHARE: Final = 0.8
"""A list counts as having a property if at least this share of its items has it."""

_FILE: Final = re.compile(r"(?:/(?:index|default|home))?\.\w{2,5}$")


def choose_region(flat: FlatPage, dates: list[DateMark], page: RegionPage) -> RankedRegion | None:
    """Return the region of a page that lists its releases, or None."""
    candidates = Candidates(flat, dates, page)
    best = candidates.best(candidates.found, 0.0)
    if best is None:
        return None
    best = _within(best, candidates)
    best = _beside_hidden(best, candidates, flat)
    if is_side_list(best, page.url):
        best = _main_list(best, candidates, flat, page.url) or best
    elif best.is_dated:
        best = _own_list(best, candidates, flat, page.url) or best
    if best.region.side in {"before", "after"}:
        # If the dates are outside the records, the actual records are larger and contain the dates.
        inner = best.region
        whole = [
            one
            for one in candidates.found
            if one.region.side == "in" and encloses(one.region, inner) and _are_dated(one, inner)
        ]
        best = candidates.best(whole, -inf) or best
    best = _without_strays(_with_siblings(candidates.whole(best), flat, dates))
    region = without_foreign_rows(best.region, flat, dates)
    if region is best.region:
        return best
    items = RecordFields(records_of(region, flat, dates), flat, strict=region.strict).items
    return replace(best, items=items, region=region)


def _within(best: RankedRegion, candidates: Candidates) -> RankedRegion:
    """Return a region with the whole list if the best region covers only a part of it.

    - If each record is a blog section with several titles, the rows inside the sections replace the
      region.
    - If the region has only some of the posts marked with schema.org or microformats, all marked
      posts replace the region.
    - Otherwise, the best region is returned.
    """
    marked = [
        one
        for one in candidates.found
        if len(one.records) > 1
        and (mark := post_mark(one.region.records[0].node))
        and all(post_mark(span.node) == mark for span in one.region.records)
        and (
            (len(one.records) >= len(best.items) and _overlap(best.region, one.region))
            or (best.said["crowded"] > 0 and _holds(best.region, one.region))
        )
    ]
    posts = max(marked, key=lambda one: len(one.records), default=None)
    if posts and posts.region is not best.region:
        choice = candidates.choice(posts)
        if choice and choice.score >= MIN_RIVAL_SCORE * best.score:
            return choice
    if best.said["crowded"] < MAJORITY or best.is_dated:
        return best
    rows = (
        candidates.choice(one)
        for one in candidates.found
        if len(one.records) > len(best.items) and one.most >= MIN_RIVAL_SCORE * best.score
    )
    inner = [
        one
        for one in rows
        if one
        and one.score >= MIN_RIVAL_SCORE * best.score
        and one.said["headed"] > MAJORITY
        and one.said["likeness"] >= MIN_UNDATED_LIKENESS
        and one.said["crowded"] == 0
        and _holds(best.region, one.region)
    ]
    return max(inner, key=lambda one: one.score, default=best)


def _overlap(some: Region, posts: Region) -> bool:
    """Whether each record of ``some`` contains, or is inside, a record of ``posts``."""
    begins = [span.begin for span in posts.records]
    for span in some.records:
        end = max(span.end, span.begin + 1)
        index = bisect_left(begins, end) - 1
        if index < 0 or posts.records[index].end <= span.begin:
            return False
    return True


def _holds(outer: Region, inner: Region) -> bool:
    """Whether each record of ``inner`` is inside a record of ``outer``."""
    begins = [span.begin for span in outer.records]
    owners = ((bisect_left(begins, span.begin + 1) - 1, span.end) for span in inner.records)
    return all(index >= 0 and outer.records[index].end >= end for index, end in owners)


def _are_dated(candidate: RegionCandidate, inner: Region) -> bool:
    """Whether most records of a region that contain records of ``inner`` have dates.

    If not, the dated and the undated parts of the same releases alternate.
    """
    begins = [span.begin for span in inner.records]
    own = [
        record
        for record in candidate.records
        if bisect_left(begins, record.span.begin)
        < bisect_left(begins, max(record.span.end, record.span.begin + 1))
    ]
    return sum(bool(record.dates) for record in own) >= MAJORITY * len(own)


def _beside_hidden(best: RankedRegion, candidates: Candidates, flat: FlatPage) -> RankedRegion:
    """Return a visible region with a similar score if the best region is hidden.

    Otherwise, the best region is returned.
    """
    if not is_hidden(best.region, flat):
        return best
    shown = [
        one
        for one in candidates.apart_from(best.region)
        if len(one.records) >= MIN_RECORDS and not is_hidden(one.region, flat)
    ]
    return candidates.best(shown, MIN_RIVAL_SCORE * best.score) or best


def _main_list(
    best: RankedRegion, candidates: Candidates, flat: FlatPage, url: str
) -> RankedRegion | None:
    """Return the list in the main column if the best region is a side list, or None.

    The main list has headlines or dates, or it is below the page's first heading and at least as
    long as the side list. Returns None if ``best`` is not a side list or no such list exists.
    """
    rivals = (
        candidates.choice(one)
        for one in candidates.apart_from(best.region)
        if len(one.records) >= MIN_RECORDS
        and one.most >= max(MIN_MAIN_LIST_SCORE, MIN_RIVAL_SCORE * best.score)
        and not _is_beside(one)
    )
    main = [
        one
        for one in rivals
        if one
        and one.score >= max(MIN_MAIN_LIST_SCORE, MIN_RIVAL_SCORE * best.score)
        and not is_hidden(one.region, flat)
        and not is_side_list(one, url)
        and _is_main(one, best)
    ]
    return max(main, key=lambda one: one.score, default=None)


def _own_list(
    best: RankedRegion, candidates: Candidates, flat: FlatPage, url: str
) -> RankedRegion | None:
    """Return the undated list that should replace the dated list ``best``, or None.

    ``best`` is replaced only if it is unrelated to the page. A list is related to the page if a
    pager follows it, or if its releases are below the page's URL. The undated list must be at least
    as long as the dated list, and its titles must be headlines. Short titles are topics, not
    releases.
    """
    if best.said["pager"] or any(_is_below(item.url, url) for item in best.items):
        return None
    rivals = (
        candidates.choice(one)
        for one in candidates.apart_from(best.region)
        if len(one.records) >= max(MIN_RECORDS, len(best.items))
        and one.most >= MIN_MAIN_LIST_SCORE
        and not _is_beside(one)
        and (
            one.placed["pager"]
            or _are_mostly(
                any(_is_below(link.url, url) for link in record.anchors) for record in one.records
            )
        )
    )
    own = [
        one
        for one in rivals
        if one
        and one.score >= MIN_MAIN_LIST_SCORE
        and _links_are_headlines(one, flat)
        and not is_hidden(one.region, flat)
        and not is_side_list(one, url)
        and _is_main(one, best)
        and (one.said["pager"] or _are_mostly(_is_below(item.url, url) for item in one.items))
    ]
    return max(own, key=lambda one: one.score, default=None)


def _links_are_headlines(choice: RankedRegion, flat: FlatPage) -> bool:
    """Whether the titles of most items are link texts that are long enough for headlines."""
    links = {(anchor.url, flat.text_of(anchor)) for anchor in flat.anchors}
    return _are_mostly(
        (item.url, item.title) in links and is_headline(item.title) for item in choice.items
    )


def _are_mostly(values: Iterable[bool]) -> bool:
    found = list(values)
    return sum(found) >= MIN_MAJORITY_SHARE * len(found)


def _is_beside(candidate: RegionCandidate) -> bool:
    """Whether a region is in a sidebar, or below a heading that does not announce releases."""
    return candidate.placed["aside"] > MAJORITY or candidate.placed["other_heading"] > MAJORITY


def _is_below(address: str, url: str) -> bool:
    """Whether a URL is below the page's URL. Always false if the page is a home page."""
    mine = urlsplit(url)
    folder = _FILE.sub("", mine.path).rstrip("/")
    if not folder:
        return False
    other = urlsplit(address)
    return other.netloc == mine.netloc and other.path.startswith(f"{folder}/")


def _is_main(choice: RankedRegion, side: RankedRegion) -> bool:
    """Whether the region ``choice`` looks more like the page's main list than ``side``."""
    features = choice.said
    if features["likeness"] < MIN_UNDATED_LIKENESS or features["one_shape"] < MAJORITY:
        return False
    longer = len(choice.items) >= len(side.items)
    return (
        features["headed"] > MAJORITY
        or choice.is_dated
        or (features["first_heading"] > MAJORITY and longer)
    )


def is_side_list(choice: RankedRegion, url: str) -> bool:
    """Whether a region is in a sidebar, lists events, or links to another site."""
    features = choice.said
    return (
        features["aside"] > MAJORITY
        or features["other_heading"] > MAJORITY
        or (
            features["elsewhere"] > MIN_MAJORITY_SHARE
            and all(is_elsewhere(one.url, [url]) for one in choice.items)
        )
        or lead_to_events((item.url for item in choice.items), url)
        or is_in_narrow_column(choice.region.records[0].node)
    )


def is_hidden(region: Region, flat: FlatPage) -> bool:
    """Whether all records of a region are hidden from readers."""
    return all(flat.is_hidden(span.begin) for span in region.records)


def _with_siblings(best: RankedRegion, flat: FlatPage, dates: list[DateMark]) -> RankedRegion:
    """Return the best region, extended by rows of its list that have a different class.

    Examples are the first row and rows marked as new. An added row has the same tag and parents as
    the region's records. Its link has the same URL shape, or its markup is similar to the other
    rows. In a list with dates, it has a date. In other lists, it has a long title, or it is between
    other rows and has a headline.
    """
    shape = common_shape(best.items)
    own = {span.begin for span in best.region.records}
    nodes = [span.node for span in best.region.records]
    level = list_level(nodes) - 1
    if level < 0 or (level and nodes[0].tag != "a"):
        return best
    lists = {ancestor(node, level + 1) for node in nodes}
    others = [
        span
        for span in flat.spans
        if span.node.tag == nodes[0].tag
        and span.begin not in own
        and ancestor(span.node, level + 1) in lists
    ]
    if not others:
        return best
    make = RowMake(row for node in nodes if (row := ancestor(node, level)) is not None)
    dated = sum(item.published is not None for item in best.items) >= MAJORITY * len(best.items)
    inner = range(min(own), max(own))

    def is_like(span: ElementSpan, item: ListingItem) -> bool:
        row = ancestor(span.node, level)
        if row is None or not make.fits(row) or generic_text().fullmatch(item.title):
            return False
        if dated:
            # A date outside the records may belong to another link above.
            inside = best.region.side == "in" or is_headline(item.title)
            return inside and item.published is not None
        headed = span.begin in inner and is_headline(item.title)
        return headed or make.fits_undated(row, item)

    more = [
        record.span
        for record, item in _read(best.region, others, flat, dates)
        if record.span.begin not in own
        and says_words(item.title)
        and (shape_of(item.url) == shape or is_like(record.span, item))
    ]
    if not more:
        return best
    read = _read(best.region, more, flat, dates)
    records = [record.span for record, _ in read]
    region = replace(best.region, records=records, strict=False)
    return replace(best, items=[item for _, item in read], region=region)


def _read(
    region: Region, more: list[ElementSpan], flat: FlatPage, dates: list[DateMark]
) -> list[tuple[Record, ListingItem]]:
    """Extract the records and items of a region.

    ``more`` contains additional rows of the region.
    """
    spans = sorted([*region.records, *more], key=lambda span: span.begin)
    records = records_of(replace(region, records=spans, strict=False), flat, dates)
    return list(zip(records, RecordFields(records, flat, strict=False).items, strict=True))


def _without_strays(choice: RankedRegion) -> RankedRegion:
    """Return the region without boxes that share only their tag with its records.

    A record is kept if any record with the same tags and classes links to the most common URL
    shape. Dated rows of the same list with similar markup are also kept.
    """
    shape = common_shape(choice.items)
    records = choice.region.records
    if choice.region.strict or shape is None or len(records) != len(choice.items):
        return choice
    read = list(zip(records, choice.items, strict=True))
    known = {span.sign for span, item in read if shape_of(item.url) == shape}
    lists = {span.node.getparent() for span, _ in read if span.sign in known}
    make = RowMake(span.node for span, _ in read if span.sign in known)
    kept = [
        (span, item)
        for span, item in read
        if span.sign in known
        or (item.published and span.node.getparent() in lists and make.fits(span.node))
    ]
    if len(kept) == len(read):
        return choice
    region = replace(choice.region, records=[span for span, _ in kept])
    return replace(choice, items=[item for _, item in kept], region=region)
