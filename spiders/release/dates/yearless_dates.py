"""Complete a visible day without a year by the year in the page's address or markup."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from lxml import etree

from data.dates.context import DateContext
from data.dates.parse import plausible
from data.dates.partial import day_in_year, month_and_day
from data.models import Published
from spiders.body.text_blocks import BlockTree
from spiders.release.dates.visible_dates import NEXT, DatePlace, is_own

MAX_CHARACTERS: Final = 40
"""Maximum length of a line that is a day without its year (characters)."""

CLOCK: Final = re.compile(
    r"[\s,]{0,3}\d{1,2}\s?[:時时시]\s?\d{2}\s?[分분]?\s?(?:[ap]\.?m\.?)?[\s\])]{0,3}$"
)
"""The time at the end of a line with a day and a month."""

YEAR: Final = re.compile(r"(?<!\d)((?:19|20)\d\d)(?:[/_-]?(0[1-9]|1[0-2])(?:[/_-]?\d\d)?)?(?!\d)")
"""A year in an address or class name, with or without month and day."""

MAX_NAME: Final = 400
"""Maximum length of an address or class name that is searched for years (characters)."""


def yearless_date(
    root: etree._Element, url: str, seen: BlockTree, place: DatePlace, reading: DateContext
) -> Published | None:
    """Return the date of a short line near the headline with only day and month, or None.

    The year comes from the page's address, or from the id or class of its ``<body>``.
    """
    years = list(_years(root, url))
    first = place.start if place.title is None else min(place.title, place.start)
    for block in seen.blocks[max(0, first - NEXT) : place.start + NEXT] if years else ():
        if len(block.text) > MAX_CHARACTERS or not is_own(block, seen, place):
            continue
        day = month_and_day(CLOCK.sub("", block.text), reading)
        for year, month in years:
            if day is None or month not in {None, day[0]}:
                continue
            found = day_in_year(year, day, reading.zone, block.text, "line")
            if found and plausible(found, reading.now):
                return found
    return None


def _years(root: etree._Element, url: str) -> Iterator[tuple[int, int | None]]:
    """Yield the years in a page's address and in the id and class of its ``<body>``.

    Each year comes with its month, or with None.
    """
    path = url.partition("://")[2].partition("/")[2].partition("?")[0]
    for match in YEAR.finditer(path[:MAX_NAME]):
        yield int(match[1]), int(match[2]) if match[2] else None
    body = root.find("body")
    names = f"{body.get('id', '')} {body.get('class', '')}" if body is not None else ""
    for match in YEAR.finditer(names[:MAX_NAME]):
        # A year without a month may be the year of the site's design.
        if match[2]:
            yield int(match[1]), int(match[2])
