"""Unicode normal forms in linear time.

`unicodedata.normalize` sorts runs of combining marks in quadratic time. No language has more than
30 of them in a row, so longer runs are split first, as the Stream-Safe Text Format does (UAX #15,
section 13).
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import Final, Literal, TypeAlias

Form: TypeAlias = Literal["NFC", "NFD", "NFKC", "NFKD"]

MAX_MARKS: Final = 30
"""Maximum number of combining marks in a row after one letter."""

JOINER: Final = "\u034f"
"""The invisible character (combining grapheme joiner) that splits a run of marks."""

BECOME_MARKS: Final = frozenset("\u0f73\u0f75\u0f81\uff9e\uff9f")
"""Characters that are not combining marks but decompose into them."""

END_OF_MARKS: Final = 0x20000
"""Code point after the last plane with combining marks."""

LONG_RUN: Final = f"{{{MAX_MARKS + 1},}}"
POSSIBLE_RUN: Final = re.compile(rf"[^\x00-\u02ff\s\w]{LONG_RUN}")
POSSIBLE_RUN_OF_ANY: Final = re.compile(rf"(?:[^\x00-\u02ff\s\w]|[\uff9e\uff9f]){LONG_RUN}")


def normalized(form: Form, text: str) -> str:
    """Return a text in a Unicode normal form, with a joiner after 30 successive combining marks."""
    return unicodedata.normalize(form, stream_safe(text))  # noqa: TID251 - the one place


def stream_safe(text: str) -> str:
    """Insert a joiner after 30 successive combining marks. Most texts are unchanged."""
    if text.isascii():
        return text
    possible = POSSIBLE_RUN_OF_ANY if "\uff9e" in text or "\uff9f" in text else POSSIBLE_RUN
    if not possible.search(text):
        return text
    return _full_run().sub(rf"\g<0>{JOINER}", text)


@cache
def _full_run() -> re.Pattern[str]:
    """Return a pattern for 30 combining marks before another mark.

    Compiling the pattern takes 20 ms.
    """
    found = (chr(code) for code in range(0x300, END_OF_MARKS))
    marks = "".join(char for char in found if unicodedata.combining(char))
    mark = f"[{marks}{''.join(sorted(BECOME_MARKS))}]"
    return re.compile(f"{mark}{{{MAX_MARKS}}}(?={mark})")
