"""Whether a site shows the name of an institution. If not, it may belong to somebody else now."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from typing import Final

from data.text.folding import fold_search
from data.text.words import tokens
from spiders.discovery.proposal import SMALL
from spiders.page.page import Page

MIN_WORD_SHARE: Final = 0.6
"""Minimum share of the words of a name that the pages must contain."""

MAX_PAGE_CHARS: Final = 300_000
"""Maximum number of characters of a page that are searched for a name."""

UNSPACED: Final = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")
"""Pattern of letters of scripts without spaces between words."""

TEXT_ATTRIBUTES: Final = ("alt", "title", "aria-label", "content")
"""Attributes that may contain the name of a site."""


def shows_name(pages: Iterable[Page], names: Sequence[str]) -> bool:
    """Return whether the pages together show most words of one of the names."""
    texts = [_text_of(page) for page in pages]
    words = {word for text in texts for word in tokens(text)}
    compact = ["".join(text.split()) for text in texts]
    return any(_is_shown(fold_search(name), words, compact) for name in names)


def _is_shown(name: str, words: set[str], compact: Sequence[str]) -> bool:
    if UNSPACED.search(name):
        return any("".join(name.split()) in text for text in compact)
    wanted = {word for word in tokens(name) if len(word) > 1 and word not in SMALL}
    wanted = wanted or {*tokens(name)}
    return bool(wanted) and len(wanted & words) >= math.ceil(len(wanted) * MIN_WORD_SHARE)


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
