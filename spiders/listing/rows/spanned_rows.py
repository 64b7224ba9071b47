"""Read tables in which a cell spans several rows (``rowspan``).

Often a day spans the rows of all its releases. In other tables, the cell with the day or the
picture spans two rows of one release: the headline is in the first row, and the text or a document
in the second.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import islice, takewhile
from typing import Final

from lxml import etree

from spiders.listing.rows.dates import DateMark
from spiders.listing.rows.flat_page import ElementSpan, FlatPage
from spiders.page.html_tree import element_line

PAIR_ROWSPAN: Final = "2"
"""Value of the ``rowspan`` of a cell that spans both rows of a release."""

MIN_PAIRS: Final = 2
"""Rows of a table are joined only if the table has at least this many pairs of rows."""

MAX_DIGITS: Final = 3
"""Maximum length of a ``rowspan``, in characters."""

MAX_CELL_LEVELS: Final = 4
"""Maximum number of levels from a date's element up to its table cell."""

MIN_TEXT: Final = 20
"""Minimum length in characters of the text beside the links of a second row."""


def joined_rows(records: Sequence[ElementSpan]) -> list[ElementSpan]:
    """Join each row of a table with the second row of its release.

    ``records`` are in page order. In such a table, all rows are in pairs, and each second row
    contains text beside its links. Other records are returned unchanged. If a day spans the rows of
    two releases, both rows have only a link, or both have text.
    """
    first = records[0].node
    if first.tag != "tr" or not _is_spanned(first):
        return [*records]
    joined: list[ElementSpan] = []
    texts = [0, 0]
    pairs = 0
    for span in records:
        before = span.node.getprevious()
        if _is_spanned(span.node):
            texts[0] += _has_text(span.node)
            joined.append(span)
        elif joined and before is joined[-1].node and joined[-1].end <= span.begin:
            pairs += 1
            texts[1] += _has_text(span.node)
            joined[-1] = replace(joined[-1], end=span.end)
        else:
            return [*records]
    is_text = texts[1] == pairs >= MIN_PAIRS and not texts[0]
    return joined if is_text else [*records]


def _is_spanned(row: etree._Element) -> bool:
    """Whether a row has a cell that also spans the next row."""
    return any(cell.get("rowspan") == PAIR_ROWSPAN for cell in row.iterchildren("td", "th"))


def _has_text(row: etree._Element) -> bool:
    """Whether any cell of a row has much text outside its links."""
    for cell in row.iterchildren("td"):
        linked = sum(len(element_line(link)) for link in cell.iter("a"))
        if cell.get("rowspan") is None and len(element_line(cell)) - linked >= MIN_TEXT:
            return True
    return False


class SpannedDates:
    """Dates in a cell that spans the current row of a table, for rows without their own date."""

    def __init__(self) -> None:
        self._last: etree._Element | None = None
        self._left = 0
        self._dates: list[DateMark] = []

    def dates(self, span: ElementSpan, own: list[DateMark], flat: FlatPage) -> list[DateMark]:
        """Return a row's own dates (``own``), or else the dates in a cell that spans the row.

        Call this for each row with a link, in page order.
        """
        row = span.node
        if row.tag != "tr":
            return own
        if not own:
            self._left -= self._rows_since(row)
            self._last = row
            return self._dates if self._left >= 0 else own
        self._left, self._last, self._dates = 0, row, own
        for cell in row.iterchildren("td", "th"):
            rows = cell.get("rowspan") or ""
            if rows.isdecimal() and len(rows) <= MAX_DIGITS and _is_inside(own[0], cell, flat):
                self._left = int(rows) - 1
        return own

    def _rows_since(self, row: etree._Element) -> int:
        """Return the number of rows from the previously read row to ``row``."""
        if self._last is None or self._last.getparent() is not row.getparent():
            return self._left + 1
        above = row.itersiblings("tr", preceding=True)
        return 1 + sum(1 for _ in takewhile(lambda one: one is not self._last, above))


def _is_inside(date: DateMark, cell: etree._Element, flat: FlatPage) -> bool:
    """Whether a date is in a cell of a table."""
    texts = flat.texts_in(date.place, date.place + 1)
    return bool(texts) and cell in (
        texts[0].parent,
        *islice(texts[0].parent.iterancestors(), MAX_CELL_LEVELS),
    )
