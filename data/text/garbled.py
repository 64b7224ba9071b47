"""Detect text that lost letters because it was decoded with a wrong character set.

Lost letters leave U+FFFD, question marks inside words, or pairs such as ``Ã¼`` for ``ü``.
"""

from __future__ import annotations

import re
from typing import Final

from data.text.clean import CONFUSED

LOST_LETTERS: Final = re.compile(r"\ufffd|(?<=\w)\?+(?=\w)|\?{3,}")
"""Characters that replace lost letters."""

ADDRESS: Final = re.compile(r"(?<!\S)[^\s/=&@]*+[/=&@]\S*")
"""A word that may contain question marks, such as an address."""

MIN_LOST_LETTERS: Final = 5
"""Minimum number of lost letters in a garbled text; a quotation may contain one."""

MAX_CHARACTERS_PER_LOSS: Final = 100
"""Maximum characters of a garbled text per lost letter."""


def is_garbled(text: str) -> bool:
    """Whether more than a few letters of a text are lost.

    ftfy recognizes the pairs of letters that a wrong character set produces.
    """
    words = ADDRESS.sub(" ", text) if "?" in text else text
    lost = sum(len(match[0]) for match in LOST_LETTERS.finditer(words))
    if not _is_much(lost, text) and CONFUSED.search(text):
        from ftfy.badness import badness  # noqa: PLC0415 - loads tables that few texts need

        lost = badness(text)
    return _is_much(lost, text)


def _is_much(lost: int, text: str) -> bool:
    return lost >= MIN_LOST_LETTERS and lost * MAX_CHARACTERS_PER_LOSS >= len(text)
