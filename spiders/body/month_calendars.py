"""Calendars of a month, as sidebars show them: tables of the days from 1 on, and no text."""

from __future__ import annotations

from itertools import islice

from lxml import etree

FEWEST, MOST = 28, 31
"""Days of a month."""

MOST_CELLS = 80
"""Cells of a month in weeks, with its weekdays, the numbers of its weeks and its neighbours."""

TEXTS = 5
"""Texts of a cell that may be a day: the number, and blanks around it and its link."""


def month_calendars(root: etree._Element) -> list[etree._Element]:
    """The tables in an element that count the days of a month, one a cell."""
    return [table for table in root.iter("table") if is_month(table)]


def is_month(table: etree._Element) -> bool:
    """Whether a table counts up from 1 to the last day of a month."""
    due = 1
    for number, cell in enumerate(table.iter("td", "th")):
        if number >= MOST_CELLS:
            return False
        if "".join(map(str, islice(cell.itertext(), TEXTS))).strip() == str(due):
            due += 1
    return FEWEST < due <= MOST + 1
