"""The newest release where a listing shows it larger than the rest, in a markup of its own."""

from __future__ import annotations

import re
from collections import Counter
from typing import TypeAlias
from urllib.parse import parse_qsl, urlsplit

from spiders.dated_marks import DateMark
from spiders.listing_blocks import Block
from spiders.listing_items import Items
from spiders.listing_records import records_of
from spiders.outline import Outline, Span
from spiders.page_regions import CHROME
from spiders.pages import ListingItem

Shape: TypeAlias = tuple[str, str, tuple[str, ...]]

_NEAR = 60
_LARGEST = 60
_SHARE = 0.8
_DIGITS = re.compile(r"\d+")


def featured(
    items: list[ListingItem], block: Block, outline: Outline, dates: list[DateMark]
) -> list[ListingItem]:
    """Dated releases right above a block that lead where its own items lead."""
    shape = common_shape(items)
    if shape is None:
        return []
    first = min(span.begin for span in block.records)
    found: list[ListingItem] = []
    for span in _above(first, outline, dates):
        records = records_of(Block([span], strict=True, side="in", score=0.0), outline, dates)
        found.extend(
            item
            for item in Items(records, outline, strict=True).items
            if item.published and shape_of(item.url) == shape
        )
    return found


def common_shape(items: list[ListingItem]) -> Shape | None:
    """The shape that most addresses of a listing share: what leads there is a release's too."""
    shapes = Counter(shape_of(item.url) for item in items)
    shape, count = shapes.most_common(1)[0]
    return shape if count >= _SHARE * len(items) else None


def shape_of(url: str) -> Shape:
    """What the addresses of one kind of page share: host, folders without numbers, parameters."""
    parts = urlsplit(url)
    folders = _DIGITS.sub("0", parts.path.rpartition("/")[0])
    return parts.netloc, folders, tuple(sorted(name for name, _ in parse_qsl(parts.query)))


def _above(first: int, outline: Outline, dates: list[DateMark]) -> list[Span]:
    """The smallest elements with a link around each date that stands alone above ``first``."""
    marks = [mark for mark in dates if mark.alone and first - _NEAR <= mark.place < first]
    near = [
        span
        for span in outline.spans
        if first - _NEAR - _LARGEST <= span.begin
        and span.end <= first
        and span.end - span.begin <= _LARGEST
    ]
    chosen: dict[int, Span] = {}
    for mark in marks:
        shown = not outline.regions.at(mark.place) & CHROME
        around = [span for span in near if shown and span.begin <= mark.place < span.end]
        smallest = min(around, key=lambda span: span.end - span.begin, default=None)
        if smallest:
            chosen.setdefault(smallest.begin, smallest)
    return list(chosen.values())
