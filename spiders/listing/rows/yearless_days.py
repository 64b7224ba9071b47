"""Find the year of dates in a list that omits it, from headings or because the dates are recent.

Below the heading of a year, a list may write its days in digits: *12/3* or *12.3.*. Other systems
omit the year of recent days: *Nov 24* above *Dec 3, 2025*, or in the "time ago" of a weblog.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Final

from lxml import etree

from data.dates.context import DateContext, order_of_dates
from data.dates.parse import plausible
from data.dates.partial import day_in_year
from data.models import Published
from spiders.listing.rows.flat_page import TextMark

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
