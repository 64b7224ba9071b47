"""Compare the markup of a row with the rows of a list. A similar row is an item of the list."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import islice
from typing import Final

from lxml import etree

from spiders.items import ListingItem
from spiders.listing.rows.titles import GENERIC, title_likeness

MIN_LIKENESS: Final = 0.6
"""Minimum share of tags that a row has in common with the rows of its list. Also the minimum title
likeness of a row without a date."""

MIN_UNDATED_LIKENESS: Final = 0.5
"""Minimum share of tags that a row without a date has in common with the rows of its list. The
elements around the date are missing from such a row."""

MIN_OTHER_LIKENESS: Final = 0.9
"""Minimum share of tags that a row with other classes has in common with the rows of its list. The
class of such a row may be its category."""

MIN_PARTS: Final = 3
"""Minimum number of different tags in a row from a template, such as an image, a heading and a
text."""

MIN_WORDS: Final = 5
"""Minimum number of words in a title that is too long for a note or button."""

MIN_UNSPACED_LENGTH: Final = 12
"""Minimum length of a title that is too long for a note or button, in scripts without spaces, in
characters."""

MAX_ELEMENTS: Final = 200
"""Maximum number of elements compared per row."""


class RowMake:
    """The markup of a list's rows.

    It consists of the rows' classes and the tags that at least half of the rows contain.
    """

    def __init__(self, rows: Iterable[etree._Element]) -> None:
        counted: Counter[str] = Counter()
        size = 0
        self._classes: set[str] = set()
        self._links = 0
        for row in rows:
            self._links = max(self._links, _links(row))
            counted.update(_tags(row))
            self._classes.update(_classes(row))
            size += 1
        self._tags = frozenset(tag for tag, count in counted.items() if count * 2 >= size)

    def fits(self, row: etree._Element) -> bool:
        """Whether a row has a class of the list's rows and mostly the same tags.

        A row without such a class must have nearly all of the tags, and not more links. A box of
        another list has more.
        """
        own = _classes(row)
        alike = bool(own & self._classes) if own or self._classes else True
        if alike:
            return self._likeness(row) >= MIN_LIKENESS
        return self._likeness(row) >= MIN_OTHER_LIKENESS and _links(row) <= self._links

    def fits_undated(self, row: etree._Element, item: ListingItem) -> bool:
        """Whether a row without a date is a release.

        The row must have similar tags. It must also come from a template or, in plain lists, have a
        long title. Notes and buttons have few tags and few words.
        """
        if self._likeness(row) < MIN_UNDATED_LIKENESS or GENERIC.match(item.title):
            return False
        words = len(item.title.split())
        unspaced = item.title >= "\u0e00" and len(item.title) >= MIN_UNSPACED_LENGTH
        rich = len(_tags(row)) >= MIN_PARTS and title_likeness([item.title]) >= MIN_LIKENESS
        return rich or words >= MIN_WORDS or unspaced

    def _likeness(self, row: etree._Element) -> float:
        tags = _tags(row)
        return len(tags & self._tags) / max(1, len(tags | self._tags))


def _tags(row: etree._Element) -> frozenset[str]:
    return frozenset(str(node.tag) for node in islice(row.iterdescendants("*"), MAX_ELEMENTS))


def _links(row: etree._Element) -> int:
    return sum(1 for _ in islice(row.iterdescendants("a"), MAX_ELEMENTS))


def _classes(row: etree._Element) -> frozenset[str]:
    return frozenset((row.get("class") or "").split())
