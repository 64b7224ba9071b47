"""Determine whether a site's dates begin with the day or the month, from all its dates."""

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import chain, islice, pairwise
from typing import Final

from data.dates.context import MAX_AHEAD, DateContext, Order, order_of_dates, order_of_place
from spiders.items import ListingItem
from spiders.listing.read import read_listing
from spiders.listing.rows.ambiguous_dates import shown_order, shown_texts
from spiders.listing.rows.flat_page import flatten
from spiders.page.page import Page
from spiders.release.read import read_release
from spiders.sources.source_file import DateOrder

ORDERS: Final[tuple[DateOrder, DateOrder]] = ("DMY", "MDY")
MAX_DATE_TEXT_LENGTH: Final = 160
"""Maximum length of a text that may be a labelled date or a listing row, in characters."""

MONTHS: Final = 12
MAX_TEXTS: Final = 20_000
"""Maximum number of texts checked per page."""

NUMERIC_DATE: Final = re.compile(r"(?<![\d/-])(\d{1,2})([/-])(\d{1,2})\2(\d{4}|\d{2})(?![\d/-])")
"""Pattern of a numeric date that may begin with the day or the month. Dates with dots always begin
with the day."""

NUMERIC_DATE_HINT: Final = re.compile(r"(?<![\d.,/-])\d{1,2}\s*[^\w\s]\s*\d{1,2}\s*[^\w\s]\s*\d{2}")
"""Pattern of three numbers with any separators, as in a numeric date."""

TWO_WAYS: Final = (
    'date_order: dates such as 03/04/26 can be read in two ways: write date_order = "DMY" or '
    'date_order = "MDY"'
)


def listed_order(page: Page, today: dt.date) -> Order | None:
    """Return the order of day, month and year on a listing page, or None.

    See `spiders.listing.rows.ambiguous_dates`. If several orders fit equally well, YMD is
    chosen if it is usual in the page's language.
    """
    if not _may_have_numeric_dates(page):
        return None
    language = (page.tree.get("lang") or "").strip()[:35]
    implied = order_of_place((language,), "") if language else None
    order = shown_order(shown_texts(flatten(page)), today, implied if implied == "YMD" else None)
    # Dates with dots always begin with the day, or with the year.
    return order if order == "YMD" or _pairs(page) else None


def _may_have_numeric_dates(page: Page) -> bool:
    """Whether a page contains a text such as 3.4.26.

    Most pages don't, and need no further search.
    """
    pictures = (str(image.get("alt") or "") for image in page.tree.iter("img"))
    texts = chain(map(str, page.tree.itertext()), pictures)
    return any(map(NUMERIC_DATE_HINT.search, texts))


def is_two_ways(text: str) -> bool:
    """Whether a text has a numeric date that may begin with day or month, such as 03/04/26."""
    found = NUMERIC_DATE.search(text)
    return (
        found is not None and found[1] != found[3] and max(int(found[1]), int(found[3])) <= MONTHS
    )


def decided_order(
    listings: Sequence[Page],
    releases: Sequence[tuple[ListingItem, Page]],
    context: DateContext,
    *,
    certain: bool,
) -> tuple[DateOrder | None, str]:
    """Return the order of day and month for the source file, and a sentence if it is doubtful.

    The order is None if the source file needs none, and the sentence is "" if the order is clear.
    The listing pages decide first, then unambiguous dates on all pages. Next, the order is chosen
    that agrees with other dates and keeps listings newest first without future days. Otherwise, the
    usual order of the country or language is used, if these are ``certain``.
    """
    pages = [*listings, *(page for _, page in releases)]
    today = context.now.date()
    orders = [listed_order(listing, today) for listing in listings]
    if "YMD" in orders:
        # Source files need no `YMD`, because each listing page shows that order.
        return None, ""
    shown = next((order for order in orders if order in ORDERS), None)
    if shown is None:
        shown = order_of_dates(pair for page in pages for pair in _pairs(page))
    if shown in ORDERS:
        return shown, ""
    listed = {order: _listed(listings, replace(context, order=order)) for order in ORDERS}
    read = {order: _read(releases, replace(context, order=order)) for order in ORDERS}
    if listed["DMY"] == listed["MDY"] and read["DMY"] == read["MDY"]:
        return None, ""
    wrong = {
        order: _disorder(listed[order], today) + _apart(releases, read[order], today)
        for order in ORDERS
    }
    if wrong["DMY"] != wrong["MDY"]:
        best = min(ORDERS, key=lambda order: wrong[order])
        dotted = not any(_pairs(page) for page in pages)
        return None if dotted and listed[best] == _listed(listings, context) else best, ""
    implied = context.day_order
    if certain and implied in ORDERS:
        # The order is written to the file, so that a later correction of the time zone does not
        # swap day and month.
        return implied, ""
    return None, "" if certain else TWO_WAYS


def _pairs(page: Page) -> list[tuple[int, int]]:
    """Return the first two numbers of each numeric date on a page."""
    return [
        (int(found[1]), int(found[3]))
        for text in islice(page.tree.itertext(), MAX_TEXTS + 1)
        if len(text) <= MAX_DATE_TEXT_LENGTH
        for found in NUMERIC_DATE.finditer(str(text))
    ]


def _listed(pages: Sequence[Page], context: DateContext) -> list[dt.date]:
    items = (item for page in pages for item in read_listing(page, context).items)
    return [item.published.day for item in items if item.published]


def _read(
    releases: Sequence[tuple[ListingItem, Page]], context: DateContext
) -> list[dt.date | None]:
    dates = (read_release(page, context).content.published for _, page in releases)
    return [date.day if date else None for date in dates]


def _disorder(days: Sequence[dt.date], today: dt.date) -> int:
    """Return the number of listed days that are in the future or later than the preceding item."""
    future = sum(day > today + MAX_AHEAD for day in days)
    return future + sum(older > newer for newer, older in pairwise(days))


def _apart(
    releases: Sequence[tuple[ListingItem, Page]], days: Sequence[dt.date | None], today: dt.date
) -> int:
    """Return the number of releases whose date is in the future or differs from the listing.

    ``days`` contains the releases' dates.
    """
    found = 0
    for (item, _), day in zip(releases, days, strict=True):
        listed = item.published.day if item.published else None
        found += bool(day and (day > today + MAX_AHEAD or (listed and day != listed)))
    return found
