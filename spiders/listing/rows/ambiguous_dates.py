"""Resolve ambiguous dates of a page: the order of day, month and year, and years that are omitted.

All dates of a page have the same order. Below the heading of a year, a list may write its days in
digits: *12/3* or *12.3.*. Other systems omit the year of recent days: *Nov 24* above *Dec 3, 2025*,
or in the "time ago" of a weblog.
"""

import datetime as dt
import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from lxml import etree

from data.dates.address_days import address_days
from data.dates.context import (
    DateContext,
    ListedDate,
    Order,
    order_of_dates,
    order_of_host,
    order_of_list,
)
from data.dates.parse import plausible
from data.dates.partial import day_in_year
from data.dates.patterns import NUMERIC
from data.models import Published
from data.text.folding import fold_date
from data.text.urls import host_of
from spiders.listing.rows.flat_page import FlatPage, TextMark
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


RULE: Final = "listing:no-year"

MIN_DAYS: Final = 3
"""Minimum number of different dates such as 03/04 on a page. A single such text may be a page
number or a fraction."""

MAX_LENGTH: Final = 8
"""Maximum length in characters of a numeric date without a year."""

_DAY: Final = re.compile(r"[\[(（]?(\d{1,2})(?:/(\d{1,2})|\.(\d{1,2})\.|(?<=\d\d)\.(\d\d))[\])）]?")
_TIME_AGO: Final = re.compile(r"(?<![^\W_])time-?ago(?![^\W_])", re.IGNORECASE)


class DaysInDigits:
    """The dates such as 03/04 on a page, and the order of their day and month.

    Contains no dates if the order is unknown, or if the page has too few such dates.
    """

    def __init__(self, texts: Sequence[TextMark], context: DateContext) -> None:
        pairs = {pair for text in texts if (pair := _pair(text.text))}
        order = order_of_dates(pairs) or context.day_order
        self._order = order if len(pairs) >= MIN_DAYS and order in {"DMY", "MDY"} else None

    def month_and_day(self, text: str) -> tuple[int, int] | None:
        """Return the month and day if a text contains nothing else, or None."""
        pair = _pair(text) if self._order else None
        return pair and (pair if self._order == "MDY" else (pair[1], pair[0]))


def _pair(text: str) -> tuple[int, int] | None:
    found = _DAY.fullmatch(text) if len(text) <= MAX_LENGTH else None
    return (int(found[1]), int(found[2] or found[3] or found[4])) if found else None


def recent_day(day: tuple[int, int], raw: str, context: DateContext) -> Published | None:
    """Return the most recent date with this month and day, or None if it does not exist."""
    this_year = context.now.year
    days = (day_in_year(year, day, context.zone, raw, RULE) for year in (this_year, this_year - 1))
    return next((one for one in days if one and plausible(one, context.now)), None)


def is_time_ago(node: etree._Element) -> bool:
    """Whether an element contains the age of a post, such as "3 hours ago", or its recent day."""
    return bool(_TIME_AGO.search(f"{node.get('class', '')} {node.get('data-hook', '')}"[:200]))


def recent_signs(dates: Iterable[tuple[int, int | None]], this_year: int) -> set[int]:
    """Return the signatures of elements whose days without a year are recent days.

    ``dates`` contains the signature and year of each date, in page order. In these elements, days
    without a year come first, and all other dates are from earlier years.
    """
    bare: set[int] = set()
    dated: set[int] = set()
    other: set[int] = set()
    for sign, year in dates:
        if year is None:
            (other if sign in dated else bare).add(sign)
        else:
            (other if year >= this_year else dated).add(sign)
    return (bare & dated) - other
