"""Find releases directly above or below the rows of a list: featured and older releases."""

import re
from collections import Counter
from functools import lru_cache
from typing import TypeAlias
from urllib.parse import parse_qsl, urlsplit

from spiders.items import ListingItem
from spiders.listing.rows.dates import DateMark
from spiders.listing.rows.flat_page import ElementSpan, FlatPage
from spiders.listing.rows.record_fields import RecordFields
from spiders.listing.rows.records import MAX_RATED, records_of
from spiders.listing.rows.regions import Region
from spiders.listing.rows.side_lists import announces_box
from spiders.listing.rows.titles import in_heading
from spiders.page.class_hints import class_and_id, is_post
from spiders.page.links import MAX_CACHED_LENGTH, MAX_CACHED_LINKS
from spiders.page.regions import CHROME

Shape: TypeAlias = tuple[str, str, tuple[str, ...]]
"""Shape of a URL: its host, its folders without numbers, and the names of its parameters."""

_MAX_FEATURED_DISTANCE = 60
"""Maximum distance between a region and a release above it, in marks (texts and links)."""

_MAX_FEATURED_MARKS = 60
"""Maximum length of a release above a region, in marks (texts and links)."""

_MAX_ENCLOSING_ELEMENTS = 3
"""Maximum number of elements around a date that are considered as the element of a release."""

_MAX_LIST_DISTANCE = 4
"""Maximum distance between a region and the list below it, in marks (texts and links)."""

_MIN_MORE_LINKS = 3
"""Minimum number of links in a list beside the last record of a region."""

_MIN_LIST_LIKENESS = 0.5
"""Minimum title likeness (0 to 1) of the link texts in a list below a region."""

_MORE_CLASS = re.compile(r"(?:^|[\s_-])(?:items?|articles?|posts?|news)-(?:more|older)(?:$|[\s_-])")
_LISTS = frozenset(("ul", "ol"))
_MIN_COMMON_SHARE = 0.8
"""Minimum share of items with the most common URL shape for it to count as the shape of release
URLs."""

_DIGITS = re.compile(r"\d+")
_INDEX = re.compile(r"(?<=/)(?:index|default)\.\w{2,5}$", re.IGNORECASE)


def featured(
    items: list[ListingItem], region: Region, flat: FlatPage, dates: list[DateMark]
) -> list[ListingItem]:
    """Return the releases directly above a region whose URLs have the shape of its item URLs.

    Such a release needs a date, or a heading if the region has no dates. Older releases in a box of
    popular releases are skipped.
    """
    shape = common_shape(items)
    if shape is None:
        return []
    first = min(span.begin for span in region.records)
    found: list[ListingItem] = []
    newest = max((item.published.day for item in items if item.published), default=None)
    for spans in _above(first, flat, dates):
        is_boxed = announces_box(flat.heading_above(spans[0].begin))
        for span in spans:
            one = Region([span], strict=True, side="in", score=0.0)
            read = RecordFields(records_of(one, flat, dates), flat, strict=True).items
            like = [
                item
                for item in read
                if item.published
                and shape_of(item.url) == shape
                and not (is_boxed and newest and item.published.day < newest)
            ]
            if like:
                found.extend(like)
                break
    if any(item.published for item in items):
        return found
    return found + _undated(shape, first, flat, dates)


def continued(
    items: list[ListingItem], region: Region, flat: FlatPage, dates: list[DateMark]
) -> list[ListingItem]:
    """Return releases from a list of titles right below a region, such as older posts of a blog.

    All links of that list have the same URL shape as the items, and none leads to an item. In
    addition, one of these must be true:

    - the list has a class for more links
    - a pager follows the list
    - the list is a sibling of the last record and has its own heading

    Other lists are rejected, because they may contain popular releases or years.
    """
    shape = common_shape(items)
    last = region.records[-1]
    known = {item.url for item in items}
    if shape is None or not shape[1]:
        return []
    headings = [h for h in flat.headings if last.end <= h.begin <= last.end + _MAX_LIST_DISTANCE]
    for span in flat.spans:
        if (
            span.node.tag not in _LISTS
            or not last.end <= span.begin <= last.end + _MAX_LIST_DISTANCE
        ):
            continue
        links = flat.anchors_in(span.begin, span.end)
        if known & {link.url for link in links} or any(
            shape_of(link.url) != shape for link in links
        ):
            continue
        around = (class_and_id(span.node), class_and_id(span.node.getparent()))
        more = any(map(_MORE_CLASS.search, around))
        if flat.is_chrome(span.begin, span.end) and not more:
            continue
        headed = any(head.end <= span.begin for head in headings)
        beside = span.node.getparent() is last.node.getparent() and len(links) >= _MIN_MORE_LINKS
        paged = any(span.end <= place <= span.end + _MAX_LIST_DISTANCE for place in flat.pagers)
        if not ((headed and beside) or paged or more):
            continue
        rows = [one for one in flat.spans if one.node.getparent() is span.node]
        one = Region(sorted(rows, key=lambda row: row.begin), strict=True, side="in", score=0.0)
        read = RecordFields(records_of(one, flat, dates), flat, strict=True)
        return read.items if read.likeness >= _MIN_LIST_LIKENESS else []
    return []


def _undated(shape: Shape, first: int, flat: FlatPage, dates: list[DateMark]) -> list[ListingItem]:
    """Return the posts right above position ``first`` whose headings link to URLs of this shape."""
    found: list[ListingItem] = []
    for span in flat.spans:
        if (
            not is_post(span.node)
            or not first - _MAX_FEATURED_DISTANCE <= span.begin < span.end <= first
            or flat.is_chrome(span.begin, span.end)
        ):
            continue
        links = flat.anchors_in(span.begin, span.end)
        headed = [link for link in links if in_heading(link.node) and shape_of(link.url) == shape]
        records = records_of(Region([span], strict=True, side="", score=0.0), flat, dates)
        read = RecordFields(records, flat, strict=True).items if headed else []
        found += [item for item in read if item.url == headed[0].url]
    return found


def common_shape(items: list[ListingItem]) -> Shape | None:
    """Return the URL shape that nearly all items share, or None.

    Links with this shape lead to releases. Only the first MAX_RATED items are counted.
    """
    shapes = Counter(shape_of(item.url) for item in items[:MAX_RATED])
    shape, count = shapes.most_common(1)[0]
    return shape if count >= _MIN_COMMON_SHARE * shapes.total() else None


def shape_of(url: str) -> Shape:
    """Return a URL's shape: its host, its folders without numbers, and its parameter names.

    Pages of the same type have URLs of the same shape.
    """
    return _cached_shape(url) if len(url) <= MAX_CACHED_LENGTH else _shape(url)


def _shape(url: str) -> Shape:
    parts = urlsplit(url)
    path = _INDEX.sub("", parts.path).rstrip("/")
    folders = _DIGITS.sub("0", path.rpartition("/")[0])
    return parts.netloc, folders, tuple(sorted(name for name, _ in parse_qsl(parts.query)))


# Cached because the shapes of a listing's items are compared several times.
_cached_shape = lru_cache(maxsize=MAX_CACHED_LINKS)(_shape)


def _above(first: int, flat: FlatPage, dates: list[DateMark]) -> list[list[ElementSpan]]:
    """Return the elements around each separate date above position ``first`` that contain links.

    For each date, the smallest element comes first. It may contain only a link to the author, so
    larger elements are returned, too.
    """
    marks = [
        mark
        for mark in dates
        if mark.alone and first - _MAX_FEATURED_DISTANCE <= mark.place < first
    ]
    near = [
        span
        for span in flat.spans
        if first - _MAX_FEATURED_DISTANCE - _MAX_FEATURED_MARKS <= span.begin
        and span.end <= first
        and span.end - span.begin <= _MAX_FEATURED_MARKS
    ]
    chosen: dict[int, list[ElementSpan]] = {}
    for mark in marks:
        if flat.regions.at(mark.place) & CHROME:
            continue
        around = [span for span in near if span.begin <= mark.place < span.end]
        around.sort(key=lambda span: span.end - span.begin)
        if around:
            chosen.setdefault(around[0].begin, around[:_MAX_ENCLOSING_ELEMENTS])
    return list(chosen.values())
