"""Option lists that select another part of a listing: a page number or a year."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from lxml import etree

from spiders.page.html_tree import line_of

MIN_OPTIONS: Final = 2
"""Minimum number of pages or years in an option list."""

MAX_OPTIONS: Final = 2_000
"""Maximum number of options in a list. Longer lists are skipped."""

MAX_OTHERS: Final = 2
"""Maximum number of options in a list of years that are not years: *All*, *Choose a year*."""

_PAGE = re.compile(r"\D{0,20}?(\d{1,4})(?:\D.{0,40})?")
_YEAR = re.compile(r"((?:19|20)\d\d|1[34]\d\d|25\d\d)\s?(?:年|년|г\.?|й?|жыл|m\.?)?")
"""A Gregorian, Iranian or Thai year."""


class NextOption(NamedTuple):
    """The option that selects the next part of a listing; ``is_page`` is false for a year."""

    option: etree._Element
    is_page: bool


def next_option(options: Sequence[etree._Element]) -> NextOption | None:
    """Return the option after the selected one, or None after the last part.

    Options are either page numbers that count up from 1, or years. The year after the selected one
    is the next older year. If no year is selected, the newest year is next.
    """
    if not MIN_OPTIONS <= len(options) <= MAX_OPTIONS:
        return None
    labels = [line_of(one) for one in options]
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
