"""Find the main heading of a listing page, and the heading or label above each record."""

import re
from bisect import bisect_left, bisect_right
from itertools import islice
from typing import Final

from lxml import etree

from spiders.listing.rows.flat_page import ElementSpan, FlatPage
from spiders.listing.rows.side_lists import announces_other
from spiders.listing.rows.titles import HEADINGS
from spiders.page.phrases import comparison_key
from spiders.page.regions import CHROME

MAX_LABEL_DISTANCE: Final = 6
"""Maximum distance, in texts and links, between a region and the label above it."""

MAX_BOXES: Final = 20
"""Maximum number of boxes with their own headings that are skipped above a region."""

MAX_LABEL_LENGTH: Final = 60
"""Maximum length of a text that may be a label above a region, in characters."""

TITLE_PARTS: Final = re.compile(r"\s[-–—|·•:»«]\s|[|｜]")
"""Pattern that matches separators between the page's title and the site's name in ``<title>``."""

MAX_HEADINGS: Final = 20
"""Maximum number of headings compared with ``<title>``."""


class PageHeadings:
    """The headings of a page whose ``<title>`` is ``title``.

    ``main`` is the position of the main heading, or -1. The main heading is the first ``<h1>``, or
    else a heading that is a part of ``<title>``.
    """

    def __init__(self, flat: FlatPage, title: str) -> None:
        self._flat = flat
        self._heads = [head.begin for head in flat.headings]
        firsts = [head for head in flat.headings if head.level == 1]
        self._h1 = firsts[0].begin if firsts else -1
        # The texts of the page's main headings, as comparison keys (letters only).
        self._names = {comparison_key(flat.said(head.begin, head.end)) for head in firsts}
        self.main = self._h1 if firsts else self._named_heading(title)
        # A page may have thousands of records below the same headings.
        self._others: dict[str, bool] = {}
        self._others_at: dict[int, bool] = {}

    def _named_heading(self, title: str) -> int:
        """Return the position of the first heading that is a part of ``<title>``, or -1.

        If ``<title>`` has several parts, the last part is the site's name and does not count.
        """
        named = TITLE_PARTS.split(title)
        parts = set(map(comparison_key, named[:-1] or named)) - {""}
        flat = self._flat
        heads = islice(flat.headings, MAX_HEADINGS) if parts else ()
        shown = (head for head in heads if not flat.regions.at(head.begin) & CHROME)
        said = ((head.begin, flat.said(head.begin, head.end)) for head in shown)
        return next((begin for begin, text in said if comparison_key(text) in parts), -1)

    def other_share(self, records: list[ElementSpan]) -> float:
        """Return the share of records below a heading that does not announce releases."""
        count = verdict = ended = 0
        for index, span in enumerate(records):
            between = bisect_left(self._heads, span.begin) - bisect_left(self._heads, ended)
            if between or not index:
                verdict = self.above(span)
            count += verdict < 0
            ended = span.end
        return count / len(records)

    def above(self, record: ElementSpan) -> int:
        """Classify the heading above a record.

        Returns 1 for the page's first main heading, -1 for a heading or label that announces
        content other than releases, and 0 otherwise.
        """
        flat, first = self._flat, record.begin
        label = flat.texts_in(max(0, first - MAX_LABEL_DISTANCE), first)
        near = [text for text in label[-2:] if len(text.text) <= MAX_LABEL_LENGTH]
        if any(self._is_other(text.text) and not _in_other(text.parent) for text in near):
            return -1
        index = bisect_right(self._heads, first) - 1
        # A heading inside the record does not apply to the record.
        while index >= 0 and self._heads[index] >= first:
            index -= 1
        # A heading applies only to its box, which may end before the record.
        for _ in range(MAX_BOXES):
            if index < 0 or flat.headings[index].scope > first or not self._is_other_at(index):
                break
            index -= 1
        if index < 0:
            return 0
        if flat.headings[index].begin == self._h1:
            return 1
        return -int(self._is_other_at(index))

    def _is_other_at(self, index: int) -> bool:
        known = self._others_at.get(index)
        if known is None:
            head = self._flat.headings[index]
            known = self._others_at[index] = self._is_other(self._flat.said(head.begin, head.end))
        return known

    def _is_other(self, text: str) -> bool:
        """Whether a heading announces content other than releases and is not the main heading."""
        known = self._others.get(text)
        if known is None:
            known = announces_other(text) and comparison_key(text) not in self._names
            self._others[text] = known
        return known


def _in_other(node: etree._Element) -> bool:
    """Whether a text can't be a label, because it is in the main heading or in a link.

    Links in headings don't count.
    """
    tags = {node.tag, *(above.tag for above in node.iterancestors())}
    return "h1" in tags or ("a" in tags and not tags & HEADINGS)
