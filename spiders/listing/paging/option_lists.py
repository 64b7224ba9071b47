"""Lists of options that show another part of a listing: pages by number, or years."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from lxml import etree

MIN_OPTIONS: Final = 2
"""Minimum number of pages or years that a list offers."""

MAX_OPTIONS: Final = 2_000
"""Maximum number of options that are read of a list."""

MAX_OTHERS: Final = 2
"""Maximum number of options that are not a year: *All*, *Choose a year*."""

_PAGE = re.compile(r"\D{0,20}?(\d{1,4})(?:\D.{0,40})?")
_YEAR = re.compile(r"((?:19|20)\d\d|1[34]\d\d|25\d\d)\s?(?:年|년|г\.?|й?|жыл|m\.?)?")
"""A year, also of the calendars of Iran and Thailand."""


class NextOption(NamedTuple):
    """The option that shows the next part; ``is_page`` unless it is a year."""

    option: etree._Element
    is_page: bool


def next_option(options: Sequence[etree._Element]) -> NextOption | None:
    """The option that shows the part after the present one; None after the last part.

    Pages count up by one from 1. Years are followed from the newest to the oldest; a list in which
    no year is selected goes on with the newest.
    """
    if not MIN_OPTIONS <= len(options) <= MAX_OPTIONS:
        return None
    labels = [" ".join("".join(map(str, one.itertext())).split()) for one in options]
    selected = [place for place, one in enumerate(options) if one.get("selected") is not None]
    current = selected[-1] if selected else 0
    years = {
        place: int(found[1])
        for place, label in enumerate(labels)
        if (found := _YEAR.fullmatch(label))
    }
    if len(years) >= MIN_OPTIONS and len(options) - len(years) <= MAX_OTHERS:
        limit = years.get(current, max(years.values()) + 1)
        older = [place for place, year in years.items() if year < limit]
        if not older:
            return None
        return NextOption(options[max(older, key=years.__getitem__)], is_page=False)
    pages = [int(found[1]) for label in labels if (found := _PAGE.fullmatch(label))]
    if pages != [*range(1, len(options) + 1)] or current + 1 >= len(options):
        return None
    return NextOption(options[current + 1], is_page=True)
