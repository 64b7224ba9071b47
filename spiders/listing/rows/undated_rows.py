"""Rows of a listing that lack the date that most of its rows have, and yet are of releases."""

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
"""How much the title of a row without a date is like one, 0 to 1, at the least: two words."""


@dataclass(frozen=True, slots=True)
class Rows:
    """The items of a region in page order, and the addresses of rows that may be releases too."""

    items: list[ListingItem]
    passed: list[str]


def with_undated(
    items: list[ListingItem], region: Region, flat: FlatPage, dates: list[DateMark]
) -> Rows:
    """The items of a region with those that lack a date among them.

    Where most rows have a date, one without is a head, a note or a button, or its date was
    forgotten or can't be. It is a release if its link stands where theirs stand, leads where theirs
    lead or is in a row made like theirs, and reads like a title; its date is then to be looked for
    on its own page. So it is, too, if its row is one of the list's between two others and leads to
    a page of another site. Another one is passed over.
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
    """Whether an address is that of a page of another host, and not of its front page."""
    parts = urlsplit(url)
    return parts.netloc not in hosts and bool(parts.path.strip("/") or parts.query)


def _is_titled(item: ListingItem) -> bool:
    return not GENERIC.fullmatch(item.title) and title_likeness([item.title]) >= TITLED
