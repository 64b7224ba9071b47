"""Corrected spellings for a search without results, using the words of stored titles."""

import re
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Final

from data.text.folding import fold_search

MIN_WORD_LETTERS: Final = 4
"""Minimum length in letters of a word for which another spelling is suggested."""

MAX_QUERY_WORDS: Final = 8
"""Maximum number of words in a query for which other spellings are looked up."""

MAX_TITLES: Final = 5_000
"""Maximum number of newest titles whose words may be suggested."""

MIN_LIKENESS: Final = 0.75
"""Minimum similarity between a word and the suggested spelling (difflib ratio, 0 to 1)."""

WORD: Final = re.compile(r"[^\W\d_]+")


def respelled(text: str, titles: Iterable[str]) -> str | None:
    """Return a query with unknown words replaced by similar words from titles, or None.

    Only whole words between white space are replaced, not operators, phrases or fields. The first
    letter of a word must be correct, so that few words need to be compared.
    """
    words = text.split()
    if len(words) > MAX_QUERY_WORDS:
        return None
    known = {fold_search(word): word for title in titles for word in WORD.findall(title)}
    found = [_near(word, known) for word in words]
    return " ".join(found) if found != words else None


def _near(word: str, known: dict[str, str]) -> str:
    folded = fold_search(word)
    if len(folded) < MIN_WORD_LETTERS or folded in known or not WORD.fullmatch(word):
        return word
    similar = [
        one
        for one in known
        if one[:1] == folded[0] and len(one) >= MIN_WORD_LETTERS and abs(len(one) - len(folded)) < 3  # noqa: PLR2004 - two letters more or less
    ]
    near = get_close_matches(folded, similar, 1, MIN_LIKENESS)
    return known[near[0]] if near else word
