"""The passage of a release that shows why a query finds it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Final, TypeAlias

from data.models import Content
from data.search.highlights import highlights
from data.search.query import Query, Term, terms_of
from data.text.folding import fold_search

PASSAGE: Final = 240
"""Characters of a body that are shown with a hit."""

LOOKED_THROUGH: Final = 200_000
"""Characters of a body that are looked through for a passage; it may have millions."""

BEFORE: Final = PASSAGE // 3
"""Characters that are shown before the first word that is found."""

LONGEST_WORD: Final = 40
"""Characters at the end of a passage among which it is cut at a space."""

Piece: TypeAlias = tuple[int, str]
"""Where a piece of a text begins, and its words as they are searched for, with spaces around."""


def passage(content: Content, query: Query) -> str:
    """The part of a body where most of the terms stand, or its beginning; one line."""
    text, pieces = _in_pieces(content.body_text[:LOOKED_THROUGH])
    wanted = [term for term in terms_of(query.text) if term.wanted]
    start = _best(pieces, wanted)
    if start is None:
        start = 0
    else:
        # The pieces may overlap a word; where it stands is looked for in the text itself.
        found = highlights(text[start : start + 2 * PASSAGE], wanted)
        first = start + (found[0][0] if found else 0)
        start = max(0, text.rfind(" ", 0, max(0, first - BEFORE)) + 1)
        # In scripts without spaces there may be none near.
        start = max(start, first - 2 * BEFORE)
    end = start + PASSAGE
    if end < len(text):
        space = text.rfind(" ", end - LONGEST_WORD, end)
        end = space if space >= 0 else end
    cut = text[start:end]
    return ("… " if start else "") + cut + (" …" if start + len(cut) < len(text) else "")


def _best(pieces: Sequence[Piece], wanted: Sequence[Term]) -> int | None:
    """Where the piece begins that holds most of the terms, the first of these; None for none."""
    needles = [f" {term.words}" + ("" if term.prefix else " ") for term in wanted]
    best, most = None, 0
    for start, words in pieces:
        count = sum(needle in words for needle in needles)
        if count > most:
            best, most = start, count
            if count == len(needles):
                break
    return best


@lru_cache(maxsize=1)
def _in_pieces(text: str) -> tuple[str, Sequence[Piece]]:
    """A text in one line, and its pieces; thousands of watches may ask it of one release.

    Each piece reaches into the next, so that no phrase of some words falls between two.
    """
    line = " ".join(text.split())
    pieces: list[Piece] = []
    start = 0
    while start < len(line):
        pieces.append((start, f" {fold_search(line[start : start + 2 * PASSAGE])} "))
        start = line.rfind(" ", start + 1, start + PASSAGE) + 1 or start + PASSAGE
    return line, pieces
