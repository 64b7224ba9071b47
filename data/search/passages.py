"""Selection of a passage that shows why a release matches a query."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final, TypeAlias

from data.models import Content
from data.search.expression import Term
from data.search.highlights import highlights
from data.search.query import Query
from data.text.folding import fold_search

PASSAGE_LENGTH: Final = 240
"""Maximum length in characters of a passage."""

MAX_SEARCHED_CHARACTERS: Final = 200_000
"""Maximum number of characters of a body that are searched for a passage."""

MAX_LEADING_CHARACTERS: Final = PASSAGE_LENGTH // 3
"""Maximum number of characters in a passage before the first match."""

MAX_CUT_WORD: Final = 40
"""Maximum number of characters removed from the end of a passage to end it at a space."""

Piece: TypeAlias = tuple[int, str]
"""A piece of a text: its start, and its folded words with spaces around them."""


def passage(content: Content, query: Query) -> str:
    """Return the passage of a body with the most terms of a query, on one line.

    Returns the beginning of the body if it contains none of them.
    """
    text, pieces = _in_pieces(content.body_text[:MAX_SEARCHED_CHARACTERS])
    wanted = query.wanted_in("body")
    start = _best(pieces, wanted)
    if start is None:
        start = 0
    else:
        # A piece may begin within a word, so the position is searched in the text itself.
        found = highlights(text[start : start + 2 * PASSAGE_LENGTH], wanted)
        first = start + (found[0][0] if found else 0)
        start = max(0, text.rfind(" ", 0, max(0, first - MAX_LEADING_CHARACTERS)) + 1)
        # In scripts without spaces, no space may be near.
        start = max(start, first - 2 * MAX_LEADING_CHARACTERS)
    end = start + PASSAGE_LENGTH
    if end < len(text):
        space = text.rfind(" ", end - MAX_CUT_WORD, end)
        end = space if space >= 0 else end
    cut = text[start:end]
    return ("… " if start else "") + cut + (" …" if start + len(cut) < len(text) else "")


def _best(pieces: Sequence[Piece], wanted: Sequence[Term]) -> int | None:
    """Return the start of the first piece with the most terms, or None if no piece matches."""
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
    """Return a text as one line, and overlapping pieces of it.

    The pieces overlap so that each phrase is completely in one of them. The result is cached,
    because many watches check the same release.
    """
    line = " ".join(text.split())
    pieces: list[Piece] = []
    start = 0
    while start < len(line):
        pieces.append((start, f" {fold_search(line[start : start + 2 * PASSAGE_LENGTH])} "))
        start = line.rfind(" ", start + 1, start + PASSAGE_LENGTH) + 1 or start + PASSAGE_LENGTH
    return line, pieces
