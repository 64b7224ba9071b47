"""Determine the order of day, month and year in all dates of one page."""

import datetime as dt
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from data.dates.address_days import address_days
from data.dates.context import (
    DateContext,
    ListedDate,
    Order,
    order_of_dates,
    order_of_host,
    order_of_list,
)
from data.dates.patterns import NUMERIC
from data.text.folding import fold_date
from data.text.urls import host_of
from spiders.listing.rows.flat_page import FlatPage
from spiders.page.page import Page

MAX_TEXT_LENGTH: Final = 60
"""Number of characters at the start of a text that are searched for numeric dates."""

MAX_DISTANCE: Final = 12
"""Maximum distance, in texts and links, between a date and a link whose URL may contain the same
date."""

YEAR_DIGITS: Final = 2
"""Number of digits in a short year."""

MONTHS: Final = 12
MAX_DAY: Final = 31


@dataclass(frozen=True, slots=True)
class ShownText:
    """A text that may contain a date, with the URLs of nearby links."""

    text: str
    addresses: tuple[str, ...] = ()


def shown_texts(flat: FlatPage) -> Iterator[ShownText]:
    """Yield the texts of a page that contain a numeric date.

    Each text has the URLs of the links right before and after it.
    """
    places = [anchor.place for anchor in flat.anchors]
    for text in flat.texts:
        shown = text.text[:MAX_TEXT_LENGTH]
        if NUMERIC.search(fold_date(shown)):
            after = bisect_left(places, text.place)
            near = flat.anchors[max(0, after - 1) : after + 1]
            yield ShownText(
                text.text,
                tuple(
                    one.url
                    for one in near
                    if one.place - MAX_DISTANCE <= text.place <= one.end + MAX_DISTANCE
                ),
            )


def page_context(texts: Iterable[ShownText], page: Page, context: DateContext) -> DateContext:
    """Complete a date context with the language and the day order of a page.

    All dates of a page have the same order, so a single 24/03/26 in ``texts`` shows how to read
    every 03/04/26. If no date is conclusive, the language and time zone determine the order, then
    the country of the host. An order in ``context`` is kept.
    """
    if not context.languages and (language := page.tree.get("lang")):
        context = replace(context, languages=(language.strip()[:35],))
    if context.order:
        return context
    usual = context.day_order or order_of_host(host_of(page.url))
    order = shown_order(texts, context.now.date(), usual) or usual
    return replace(context, order=order) if order else context


def shown_order(
    texts: Iterable[ShownText], today: dt.date, usual: Order | None = None
) -> Order | None:
    """Return the order of day, month and year that the dates in ``texts`` prove, or None.

    Dates with two-digit years are examined together (`order_of_list`), because 26-03-14 may begin
    with the year. ``usual`` is the usual order in the page's language or country.
    """
    short: list[ListedDate] = []
    pairs: list[tuple[int, int]] = []
    for text in texts:
        for match in NUMERIC.finditer(fold_date(text.text[:MAX_TEXT_LENGTH])):
            first, second, third = int(match["a"]), int(match["b"]), int(match["c"])
            if len(match["c"]) > YEAR_DIGITS:
                pairs.append((first, second))
                continue
            named = (day for address in text.addresses for day in address_days(address))
            short.append(ListedDate((first, second, third), tuple(named)))
    if len(short) >= len(pairs) and (order := order_of_list(short, today, usual)):
        return order
    # If the first number may be the year, the date does not show the order of day and month.
    pairs += [one.numbers[:2] for one in short if usual != "YMD" or one.numbers[0] <= MONTHS]
    return order_of_dates(pair for pair in pairs if max(pair) <= MAX_DAY)
