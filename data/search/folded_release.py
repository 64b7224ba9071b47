"""A release with folded texts, in which search expressions are evaluated."""

from __future__ import annotations

import datetime as dt
from bisect import bisect_left
from functools import cached_property
from itertools import pairwise

from data.models import Content
from data.search.expression import Term
from data.text.folding import fold_search


class FoldedRelease:
    """Words of a release, folded like the words in a search index, its labels and its day.

    ``labels`` are those of data.topics.facets.labels_of. ``day`` is None if the release is undated.
    """

    def __init__(
        self,
        content: Content,
        labels: frozenset[tuple[str, str]] = frozenset(),
        day: dt.date | None = None,
    ) -> None:
        self.labels = labels
        self.day = day
        # Title and body are separate, because a phrase does not continue from the title into the
        # body.
        self._title = FoldedText(content.title)
        self._body = FoldedText(content.body_text)
        self.words = self._title.words | self._body.words
        self._asked: dict[Term, bool] = {}

    def contains(self, term: Term) -> bool:
        """Return whether the words of a term are adjacent in the text. Results are cached."""
        known = self._asked.get(term)
        if known is None:
            known = self._asked[term] = self._find(term)
        return known

    def _find(self, term: Term) -> bool:
        *whole, last = term.words.split(" ")
        # Most terms are not in the text, and this check is the fastest.
        if not self.words.issuperset(whole if term.prefix else [*whole, last]):
            return False
        places = (("title", self._title), ("body", self._body))
        texts = [text for place, text in places if term.place in {"", place}]
        return any(text.contains(whole, last, prefix=term.prefix) for text in texts)


class FoldedText:
    """The folded words of a title or body."""

    def __init__(self, text: str) -> None:
        self._text = fold_search(text)
        self._run = self._text.split()
        self.words = frozenset(self._run)

    @cached_property
    def _pairs(self) -> frozenset[tuple[str, str]]:
        """Return all pairs of adjacent words.

        A phrase can be in the text only if all its pairs are.
        """
        return frozenset(pairwise(self._run))

    @cached_property
    def _sorted(self) -> list[str]:
        return sorted(self.words)

    def contains(self, whole: list[str], last: str, *, prefix: bool) -> bool:
        """Return whether whole words, and a last word or ``prefix``, occur in succession."""
        if not self.words.issuperset(whole) or not self._has(last, prefix=prefix):
            return False
        if not whole:
            return True
        if not self._pairs.issuperset(pairwise(whole if prefix else [*whole, last])):
            return False
        return f" {' '.join([*whole, last])}{'' if prefix else ' '}" in f" {self._text} "

    def _has(self, word: str, *, prefix: bool) -> bool:
        if not prefix:
            return word in self.words
        place = bisect_left(self._sorted, word)
        return place < len(self._sorted) and self._sorted[place].startswith(word)
