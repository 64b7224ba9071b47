"""Whether a row is made like the rows of a list: then it is an item, wherever its link leads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import islice
from typing import Final

from lxml import etree

from spiders.items import ListingItem
from spiders.listing.rows.titles import GENERIC, title_likeness

MIN_LIKENESS: Final = 0.6
"""Minimum share of their tags that a row and the rows of its list have in common."""

MIN_UNDATED_LIKENESS: Final = 0.5
"""The same for a row that lacks the date of the others, and the element around it."""

MIN_PARTS: Final = 3
"""Minimum number of tags in a row that only a template makes: an image, a heading, a text."""

MIN_WORDS: Final = 5
MIN_UNSPACED_LENGTH: Final = 12
"""Minimum words of a title that no note or button has, and characters without spaces."""

MAX_ELEMENTS: Final = 200
"""Maximum elements of a row that are compared."""


class RowMake:
    """The classes of the rows of a list, and the tags that most rows contain."""

    def __init__(self, rows: Iterable[etree._Element]) -> None:
        counted: Counter[str] = Counter()
        size = 0
        self._classes: set[str] = set()
        for row in rows:
            counted.update(_tags(row))
            self._classes.update(_classes(row))
            size += 1
        self._tags = frozenset(tag for tag, count in counted.items() if count * 2 >= size)

    def fits(self, row: etree._Element) -> bool:
        """Whether a row has a class of the list's rows, most of their tags, and few others."""
        own = _classes(row)
        alike = bool(own & self._classes) if own or self._classes else True
        return alike and self._likeness(row) >= MIN_LIKENESS

    def fits_undated(self, row: etree._Element, item: ListingItem) -> bool:
        """Whether a row without a date is a release: by its template or, in plain lists, its title.

        Notes and buttons in a list have few parts, and few words.
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


def _classes(row: etree._Element) -> frozenset[str]:
    return frozenset((row.get("class") or "").split())
