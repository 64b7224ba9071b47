"""Describe the requisites of pages, and decide which of them a page needs."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import msgspec
from lxml import etree

Kind: TypeAlias = Literal["style", "font", "image", "script"]

MAX_CHOICES = 30
"""Maximum number of rules remembered per URL. A URL with more rules is always needed."""


class Requisite(msgspec.Struct, frozen=True, array_like=True):
    """A file that a page or style sheet refers to.

    - ``names``: the classes and ids in each CSS rule that refers to the file. A page needs the file
      if it has all names of one rule, or if ``names`` is empty.
    - ``letters``: ranges of code points. A page needs the font if it contains a letter in one of
      them, or if ``letters`` is empty.
    """

    url: str
    kind: Kind
    names: tuple[tuple[str, ...], ...] = ()
    letters: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True)
class PageWords:
    """The words and characters of a page, which decide which files in style sheets it needs.

    Contains the classes and ids in lower case, and the sorted code points of the characters.
    """

    names: frozenset[str]
    letters: Sequence[int]

    @classmethod
    def of(cls, tree: etree._Element) -> PageWords:
        """Collect the classes, ids and letters of a parsed page."""
        names: set[str] = set()
        letters: set[str] = set()
        for element in tree.iter(etree.Element):
            names.update((element.get("class") or "").lower().split())
            names.add((element.get("id") or "").lower())
            letters.update(element.text or "")
            letters.update(element.tail or "")
        return cls(frozenset(names), sorted(map(ord, letters)))

    def need(self, requisite: Requisite) -> bool:
        """Whether the page needs a requisite of one of its style sheets."""
        if requisite.names and not any(self.names.issuperset(one) for one in requisite.names):
            return False
        return not requisite.letters or any(
            self._has(first, last) for first, last in requisite.letters
        )

    def _has(self, first: int, last: int) -> bool:
        place = bisect_left(self.letters, first)
        return place < len(self.letters) and self.letters[place] <= last
