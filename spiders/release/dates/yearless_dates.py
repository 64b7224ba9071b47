"""The day that a release shows without its year, where the page names the year elsewhere."""

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
"""Maximum characters of a line that is a day without its year."""

CLOCK: Final = re.compile(
    r"[\s,]{0,3}\d{1,2}\s?[:時时시]\s?\d{2}\s?[分분]?\s?(?:[ap]\.?m\.?)?[\s\])]{0,3}$"
)
"""The hour at the end of such a line."""

YEAR: Final = re.compile(r"(?<!\d)((?:19|20)\d\d)(?:[/_-]?(0[1-9]|1[0-2])(?:[/_-]?\d\d)?)?(?!\d)")
"""A year in an address or a name, with or without the month and the day."""

MAX_NAME: Final = 400
"""Maximum characters of an address or a name that are searched for years."""


def yearless_date(
    root: etree._Element, url: str, seen: BlockTree, place: DatePlace, reading: DateContext
) -> Published | None:
    """The date of a short line near the headline that has a day and a month, or None.

    The year is that of the page's address, or of the id or class of its body.
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
    """The years that a page's address and the names of its body have, each with its month."""
    path = url.partition("://")[2].partition("/")[2].partition("?")[0]
    for match in YEAR.finditer(path[:MAX_NAME]):
        yield int(match[1]), int(match[2]) if match[2] else None
    body = root.find("body")
    names = f"{body.get('id', '')} {body.get('class', '')}" if body is not None else ""
    for match in YEAR.finditer(names[:MAX_NAME]):
        # A year alone may be that of the design.
        if match[2]:
            yield int(match[1]), int(match[2])
