"""Read lists with irregular markup: unclosed containers, and table cells that span several rows.

In `<div class=post>…<div class=entry>…<div class=post>…`, each post is nested more deeply, so no
two posts have the same path. In the repaired tree, the posts are siblings.

In tables with ``rowspan``, often a day spans the rows of all its releases. In other tables, the
cell with the day or the picture spans two rows of one release: the headline is in the first row,
and the text or a document in the second.
"""

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from itertools import islice, pairwise, takewhile
from typing import Final

from lxml import etree

from spiders.listing.rows.dates import DateMark
from spiders.listing.rows.flat_page import ElementSpan, FlatPage, element_word
from spiders.page.html_tree import element_line

MIN_ENDS: Final = 2
"""Minimum number of unclosed containers in a chain of nested containers. Shorter chains are
ignored."""

MAX_PAGE_ENDS: Final = 5
"""Maximum number of unclosed containers that the page's own end tags close after the list."""

MAX_STEPS: Final = 6
"""Maximum number of levels between a container and the next container nested in it."""

MAX_FOLLOWED: Final = 2
"""Maximum number of levels between two nested containers at which another element may follow."""

MAX_ELEMENTS: Final = 20_000
"""Maximum number of containers compared per page."""

_CONTAINERS: Final = ("div", "section", "article", "table", "dl")


@dataclass(slots=True)
class _Chain:
    """A chain of containers, each nested in the previous one.

    ``followed`` is the number of containers that are followed by another element. ``is_ending`` is
    true if an element follows the last container.
    """

    containers: list[etree._Element]
    followed: int = 0
    is_ending: bool = False

    @property
    def is_unclosed(self) -> bool:
        """Whether the containers of the chain are unclosed.

        The page's end tags close only a few of them in this case.
        """
        ends = len(self.containers) - 1 - self.followed
        return ends >= MIN_ENDS and ends > self.followed

    def continues(self, *, is_followed: bool) -> bool:
        """Whether another container may be nested in the last container of the chain.

        The page's end tags close only the innermost containers, one after the other.
        """
        if is_followed and self.followed:
            return self.is_ending and self.followed < MAX_PAGE_ENDS
        return self.followed <= 1


def closed(tree: etree._Element) -> etree._Element:
    """Return a page's tree, or a repaired copy if its containers are unclosed."""
    if not _chains(tree):
        return tree
    tree = deepcopy(tree)
    for chain in _chains(tree):
        for outer, inner in pairwise(chain.containers):
            # The texts after the posts are moved together with the posts.
            if outer in islice(inner.iterancestors(), MAX_STEPS):
                _move_behind(outer, inner)
    return tree


def _move_behind(outer: etree._Element, inner: etree._Element) -> None:
    """Move ``inner``, and all elements after it inside ``outer``, behind ``outer``."""
    after, node = outer, inner
    while node is not outer:
        above, following = node.getparent(), [*node.itersiblings()]
        for one in [inner, *following] if node is inner else following:
            after.addnext(one)
            after = one
        node = outer if above is None else above


def _chains(tree: etree._Element) -> list[_Chain]:
    """Return the chains of nested containers that should be siblings: posts or sections of a list.

    All containers of a chain have the same type of first child. Each has a link before the next
    container.
    """
    chains: dict[etree._Element, _Chain] = {}
    """The chains found so far, by their last container."""
    for element in islice(tree.iter(*_CONTAINERS), MAX_ELEMENTS):
        outer, is_followed = _outer(element)
        if outer is not None and _has_own_link(outer, element):
            chain = chains.get(outer) or _Chain([outer])
            if not chain.continues(is_followed=is_followed):
                continue
            chains.pop(outer, None)
            chain.containers.append(element)
            chain.followed += is_followed
            chain.is_ending = is_followed
            chains[element] = chain
    return [chain for chain in chains.values() if chain.is_unclosed]


def _outer(element: etree._Element) -> tuple[etree._Element | None, bool]:
    """Return the nearest container of the same type around an element, or None.

    The second value is whether another element follows inside that container.
    """
    node, followed, word = element, 0, element_word(element)
    for _ in range(MAX_STEPS):
        above = node.getparent()
        followed += node.getnext() is not None
        # On normal pages, most elements are followed by others at several levels.
        if above is None or followed > MAX_FOLLOWED:
            break
        if above.tag == element.tag and element_word(above) == word:
            return above if _first_word(above) == _first_word(element) else None, followed > 0
        node = above
    return None, False


def _first_word(element: etree._Element) -> str:
    """Return the tag and classes of an element's first child."""
    first = next(element.iterchildren("*"), None)
    return "" if first is None else element_word(first)


def _has_own_link(outer: etree._Element, inner: etree._Element) -> bool:
    """Whether ``outer`` has a link before the nested container ``inner``."""
    for link in outer.iter("a", inner.tag):
        if link is inner:
            return False
        if link.get("href"):
            return True
    return False


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
