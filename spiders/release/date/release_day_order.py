"""Determine whether numeric dates on a release page begin with the day or the month.

The dates of the whole page are compared.
"""

import datetime as dt
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Final

from data.dates.address_days import AddressDay, address_days
from data.dates.context import (
    MAX_AHEAD,
    DateContext,
    ListedDate,
    Order,
    order_of_dates,
    order_of_host,
    order_of_list,
)
from data.dates.patterns import NUMERIC
from data.languages.detection import MAX_SAMPLE, language_of_words
from data.text.folding import fold_date
from data.text.urls import host_of
from spiders.body.text_blocks import BlockTree
from spiders.page.embedded_metadata import EmbeddedMetadata
from spiders.page.page import Page
from spiders.release.date.metadata_dates import metadata_dates
from spiders.release.date.places import BLOCKS_AFTER_BODY, MAX_LINE, DatePlace, orders_around

NUMERIC_DATE_HINT: Final = re.compile(r"\d\s?([-/.])\s?\d{1,2}\s?\1\s?\d\d")
"""Pattern of a part of every numeric date, for a quick first check."""

YEAR_DIGITS: Final = 2
ISO_DAY: Final = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?!\d)")

Numbers = tuple[int, int, str]


def release_context(
    context: DateContext,
    page: Page,
    meta: EmbeddedMetadata,
    seen: BlockTree,
    place: DatePlace,
) -> DateContext:
    """Complete a date context with the language and the order of day and month of a page.

    An order in ``context`` is kept. A missing language is detected from the text. The order is
    determined from the days in the page's URL and metadata, or else from the usual order of the
    language, time zone or host, or else from the page's other dates.
    """
    if not context.languages:
        text = " ".join(block.text for block in seen.blocks[place.start : place.end])[:MAX_SAMPLE]
        if language := language_of_words(text):
            context = replace(context, languages=(language,))
    top, bottom = orders_around(place, place.end - BLOCKS_AFTER_BODY)
    own = [*_numbers(seen, top), *_numbers(seen, bottom)]
    if context.order or not own:
        return context
    usual = context.day_order or order_of_host(host_of(page.url))
    stated = filter(None, (ISO_DAY.match(text) for text, _ in metadata_dates(meta, page)))
    days = (AddressDay(int(one[1]), int(one[2]), int(one[3])) for one in stated)
    named = [*address_days(page.url), *days]
    order = _own_order(own, named, context.now.date(), usual) or usual
    if order is None:
        others = _numbers(seen, range(len(seen.blocks)))
        pairs = [(a, b) for a, b, year in others if len(year) > YEAR_DIGITS]
        order = order_of_dates(pairs) or _past_order(own, context.now.date())
    return replace(context, order=order) if order else context


def _own_order(
    own: Sequence[Numbers], named: Sequence[AddressDay], today: dt.date, usual: Order | None
) -> Order | None:
    """Return the day order in which a date near the release equals a known day, or None.

    ``own`` contains the numeric dates near the release, and ``named`` the known days from the URL
    and metadata. ``usual`` is the usual order for the source.
    """
    for first, second, year in own:
        if len(year) > YEAR_DIGITS:
            days = _days(first, second, int(year))
            fit = [order for order, day in days if any(one.agrees(day) for one in named)]
            if len(fit) == 1 and len(days) > 1:
                return fit[0]
        else:
            row = ListedDate((first, second, int(year)), tuple(named))
            if order := order_of_list([row], today, usual):
                return order
    return None


def _past_order(own: Sequence[Numbers], today: dt.date) -> Order | None:
    """Return the order of day and month in which no date near the release is in the future.

    Returns None if this is true for both orders or for neither.
    """
    future = {
        order
        for first, second, year in own
        if len(year) > YEAR_DIGITS
        for order, day in _days(first, second, int(year))
        if day > today + MAX_AHEAD
    }
    orders: tuple[Order, ...] = ("DMY", "MDY")
    past = [order for order in orders if order not in future]
    return past[0] if len(past) == 1 else None


def _days(first: int, second: int, year: int) -> list[tuple[Order, dt.date]]:
    """Return the two days that an ambiguous numeric date may mean, each with its day order."""
    found: list[tuple[Order, dt.date]] = []
    with suppress(ValueError):
        found.append(("DMY", dt.date(year, second, first)))
    with suppress(ValueError):
        found.append(("MDY", dt.date(year, first, second)))
    return found if first != second else []


def _numbers(seen: BlockTree, orders: range) -> Iterator[Numbers]:
    """Yield the three numbers of each numeric date in a range of blocks, in written order."""
    for block in seen.blocks[orders.start : orders.stop]:
        if len(block.text) <= MAX_LINE and NUMERIC_DATE_HINT.search(block.text):
            for match in NUMERIC.finditer(fold_date(block.text)):
                if match["s"] != "." or len(match["c"]) == YEAR_DIGITS:
                    yield int(match["a"]), int(match["b"]), match["c"]
