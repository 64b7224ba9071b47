"""Whether the letters of a text became others on the way: it went through a wrong character set.

What is left of that are U+FFFD, question marks amid words, or pairs such as ``Ã¼`` for ``ü``.
"""

from __future__ import annotations

import re
from typing import Final

from data.text.clean import CONFUSED

LOST: Final = re.compile(r"\ufffd|(?<=\w)\?+(?=\w)|\?{3,}")
"""What stands in place of letters."""

ADDRESS: Final = re.compile(r"(?<!\S)[^\s/=&@]*+[/=&@]\S*")
"""A word that may contain question marks, such as an address."""

FEWEST: Final = 5
"""Letters that are lost at the least: one may be lost in a quotation."""

OFTEN: Final = 100
"""Characters of a text of which one is lost at the least."""


def is_garbled(text: str) -> bool:
    """Whether letters of a text are lost, more than a few.

    Pairs of letters that a wrong character set makes are told as ftfy tells them.
    """
    words = ADDRESS.sub(" ", text) if "?" in text else text
    lost = sum(len(match[0]) for match in LOST.finditer(words))
    if not _is_much(lost, text) and CONFUSED.search(text):
        from ftfy.badness import badness  # noqa: PLC0415 - loads tables that few texts need

        lost = badness(text)
    return _is_much(lost, text)


def _is_much(lost: int, text: str) -> bool:
    return lost >= FEWEST and lost * OFTEN >= len(text)
