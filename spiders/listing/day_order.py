"""The order of day, month and year in the dates of one page, decided by the whole page."""

from __future__ import annotations

import datetime as dt
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import urlsplit

from data.dates.address_days import address_days
from data.dates.context import DateContext
from data.dates.day_order import (
    ListedDate,
    Order,
    order_of_dates,
    order_of_host,
    order_of_list,
)
from data.dates.patterns import NUMERIC
from data.text.folding import fold_date
from spiders.listing.rows.flat_page import FlatPage
from spiders.page.page import Page

MAX_TEXT_LENGTH: Final = 60
"""Maximum characters of a text that are searched for dates in numbers."""

MAX_DISTANCE: Final = 12
"""Maximum marks between a date and a link whose address may contain its day."""

YEAR_DIGITS: Final = 2
MONTHS: Final = 12
MAX_DAY: Final = 31


@dataclass(frozen=True, slots=True)
class ShownText:
    """A text that may contain a date, and the addresses of the links beside it."""

    text: str
    addresses: tuple[str, ...] = ()


def shown_texts(flat: FlatPage) -> Iterator[ShownText]:
    """The texts of a page that contain a digit, each with the links right before and after it."""
    places = [anchor.place for anchor in flat.anchors]
    for text in flat.texts:
        if any(map(str.isdigit, text.text[:MAX_TEXT_LENGTH])):
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


def page_reading(texts: Iterable[ShownText], page: Page, reading: DateContext) -> DateContext:
    """``reading`` with the language and the order of day and month that the page itself shows.

    A page writes its dates in one way: a single 24/03/26 among ``texts`` settles all its 03/04/26.
    Otherwise the language and zone decide, then the country of the host. A set order stays.
    """
    if not reading.languages and (language := page.tree.get("lang")):
        reading = replace(reading, languages=(language.strip()[:35],))
    if reading.order:
        return reading
    usual = reading.day_order or order_of_host(urlsplit(page.url).hostname or "")
    order = shown_order(texts, reading.now.date(), usual) or usual
    return replace(reading, order=order) if order else reading


def shown_order(
    texts: Iterable[ShownText], today: dt.date, usual: Order | None = None
) -> Order | None:
    """The order that the dates in some texts show; None if they show none.

    Dates with years of two digits are decided as one list (`order_of_list`); 26-03-14 may begin
    with its year. ``usual`` is the order of the page's language or country.
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
    # The first number may be the year: then it shows nothing about day and month.
    pairs += [one.numbers[:2] for one in short if usual != "YMD" or one.numbers[0] <= MONTHS]
    return order_of_dates(pair for pair in pairs if max(pair) <= MAX_DAY)
