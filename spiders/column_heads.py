"""What the columns of a page's tables are called."""

from __future__ import annotations

from itertools import islice

from lxml import etree

MAX_COLUMNS = 50
_DEEP = 4
"""Elements within a cell that a text of it may stand in."""


class ColumnHeads:
    """The heads of the columns of a page's tables; each table is looked at once."""

    def __init__(self) -> None:
        self._heads: dict[etree._Element, tuple[str, ...]] = {}

    def over(self, node: etree._Element) -> str:
        """The head of the column that a node stands in, empty where it has none."""
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
    """What the cells of a table's first row say, where they are heads."""
    row = next(table.iter("tr"), None)
    if row is None:
        return ()
    cells = list(islice(row.iterchildren("th", "td"), MAX_COLUMNS))
    within = row.getparent()
    headed = within is not None and within.tag == "thead"
    if not headed and not all(cell.tag == "th" for cell in cells):
        return ()
    return tuple(" ".join("".join(map(str, cell.itertext())).split())[:100] for cell in cells)
