"""Column headings of tables, which may show that a date is the date of an event or a change."""

from itertools import islice

from lxml import etree

from spiders.page.html_tree import line_of

MAX_COLUMNS = 50
"""Maximum number of columns read per table."""

_DEEP = 4
"""Maximum number of levels from a text up to its table cell, including the cell."""


class ColumnHeads:
    """Column headings of a page's tables, cached per table."""

    def __init__(self) -> None:
        self._heads: dict[etree._Element, tuple[str, ...]] = {}

    def over(self, node: etree._Element) -> str:
        """Return the heading of the table column that contains a node, or an empty string."""
        cell: etree._Element | None = node
        for _ in range(_DEEP):
            if cell is None or cell.tag == "td":
                break
            cell = cell.getparent()
        if cell is None or cell.tag != "td":
            return ""
        table = next(cell.iterancestors("table"), None)
        if table is None:
            return ""
        if table not in self._heads:
            self._heads[table] = _heads_of(table)
        heads = self._heads[table]
        before = sum(1 for _ in islice(cell.itersiblings(preceding=True), MAX_COLUMNS))
        return heads[before] if before < len(heads) else ""


def _heads_of(table: etree._Element) -> tuple[str, ...]:
    """Return the texts of a table's first row if it contains headings, else an empty tuple."""
    row = next(table.iter("tr"), None)
    if row is None:
        return ()
    cells = list(islice(row.iterchildren("th", "td"), MAX_COLUMNS))
    within = row.getparent()
    headed = within is not None and within.tag == "thead"
    if not headed and not all(cell.tag == "th" for cell in cells):
        return ()
    return tuple(line_of(cell)[:100] for cell in cells)
