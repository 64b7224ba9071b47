"""Find releases among rows without a date, in a list in which most rows have one."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from spiders.items import ListingItem
from spiders.listing.rows.dates import DateMark
from spiders.listing.rows.featured import common_shape, shape_of
from spiders.listing.rows.flat_page import FlatPage
from spiders.listing.rows.like_rows import RowMake
from spiders.listing.rows.record_fields import RecordFields
from spiders.listing.rows.records import linked_records, releases_among
from spiders.listing.rows.regions import Region
from spiders.listing.rows.titles import GENERIC, title_likeness

TITLED: Final = 0.5
"""Minimum title likeness (0 to 1) of a row without a date, reached with two words."""


@dataclass(frozen=True, slots=True)
class Rows:
    """The items of a region in page order, and the skipped rows.

    ``passed`` are the addresses of skipped rows that may be releases too.
    """

    items: list[ListingItem]
    passed: list[str]


def with_undated(
    items: list[ListingItem], region: Region, flat: FlatPage, dates: list[DateMark]
) -> Rows:
    """Return the items of a region, with releases whose rows have no date.

    Rows without a date may be headings, notes or buttons. Such a row is a release if its link has a
    signature as in dated rows and looks like a title. In addition, one of these must be true:

    - its address has the common shape of the items
    - its markup is similar to the dated rows
    - it is between dated rows of the same markup, and leads to a page of another site

    The date of such a release must be found on its own page. Other rows are skipped.
    """
    if region.side != "in" or len(items) == len(region.records):
        return Rows(items, [])
    every = linked_records(region, flat, dates)
    dated = releases_among(every, region)
    if len(dated) == len(every):
        return Rows(items, [])
    shape = common_shape(items)
    like = RecordFields(dated, flat, strict=region.strict)
    make = RowMake(record.span.node for record in dated)
    known = {item.url for item in items}
    hosts = {urlsplit(item.url).netloc for item in items}
    signs = {record.span.sign for record in dated}
    last = dated[-1].span.begin
    places = {id(record.anchors[0].node) for record in dated}
    rest = iter(items)
    rows = Rows([], [])
    for record in every:
        if id(record.anchors[0].node) in places:
            rows.items.append(next(rest))
            continue
        item = like.like_these(record)
        if item is None or item.url in known or not _is_titled(item):
            continue
        is_amid = bool(rows.items) and record.span.begin < last and record.span.sign in signs
        is_like = shape_of(item.url) == shape or make.fits_undated(record.span.node, item)
        if is_like or (is_amid and _is_on_another_site(item.url, hosts)):
            rows.items.append(item)
        else:
            rows.passed.append(item.url)
    return rows


def _is_on_another_site(url: str, hosts: Container[str]) -> bool:
    """Whether an address is on another host and is not its home page."""
    parts = urlsplit(url)
    return parts.netloc not in hosts and bool(parts.path.strip("/") or parts.query)


def _is_titled(item: ListingItem) -> bool:
    return not GENERIC.fullmatch(item.title) and title_likeness([item.title]) >= TITLED
