"""Check whether a site shows the name of an institution. Otherwise, it may have a new owner."""

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

from data.text.folding import fold_search
from data.text.words import tokens
from spiders.discovery.proposal import SMALL
from spiders.page.page import Page

MIN_WORD_SHARE: Final = 0.6
"""Minimum share of the words of a name that a page must contain close together."""

WINDOW_WORDS: Final = 3
"""Length of the part of a page that must contain the words of a name: page words per word of the
name."""

MAX_PAGE_CHARS: Final = 300_000
"""Maximum number of characters of a page that are searched for a name."""

UNSPACED_LETTER: Final = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]"
)
"""Pattern of letters of scripts without spaces between words."""

TEXT_ATTRIBUTES: Final = ("alt", "title", "aria-label", "content")
"""Attributes that may contain the name of a site."""


def shows_name(pages: Iterable[Page], names: Sequence[str]) -> bool:
    """Return whether one of the pages shows most words of one of the names close together."""
    folded = [fold_search(name) for name in names]
    return any(_shows_any(_text_of(page), folded) for page in pages)


def _shows_any(text: str, names: Sequence[str]) -> bool:
    words, compact = tokens(text), "".join(text.split())
    return any(
        "".join(name.split()) in compact if UNSPACED_LETTER.search(name) else _is_shown(name, words)
        for name in names
    )


def _is_shown(name: str, words: Sequence[str]) -> bool:
    every = {*tokens(name)}
    wanted = {word for word in every if len(word) > 1 and word not in SMALL} or every
    if not wanted:
        return False
    needed = math.ceil(len(wanted) * MIN_WORD_SHARE)
    width = WINDOW_WORDS * len(wanted)
    near = Counter[str]()
    for at, word in enumerate(words):
        if at >= width and (left := words[at - width]) in wanted:
            near[left] -= 1
            if not near[left]:
                del near[left]
        if word in wanted:
            near[word] += 1
            if len(near) >= needed:
                return True
    return False


def _text_of(page: Page) -> str:
    """Return the texts and text attributes of a page, folded for comparison."""
    parts: list[str] = []
    length = 0
    for node in page.tree.iter("*"):
        found = [] if node.tag in {"script", "style"} else [node.text or ""]
        found += [node.tail or ""]
        found += [value for key in TEXT_ATTRIBUTES if (value := node.get(key))]
        parts += found
        length += sum(map(len, found))
        if length > MAX_PAGE_CHARS:
            break
    return fold_search(" ".join(parts)[:MAX_PAGE_CHARS])
