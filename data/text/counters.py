"""What pages say of their visitors and of the time gone by: it changes at every look."""

from __future__ import annotations

import re
from typing import Final

LABELS: Final = (
    r"views?|page ?views|visits?(?: today)?|hits|reads?|read|downloads?|shares|comments|aufrufe|"
    r"gelesen|vues|lectures|vistas|visitas|visualizações|visualizzazioni|просмотр\w*|прочитано|"
    r"переглядів|okunma|görüntülenme|baxış\w*|oxunub|المشاهدات|عدد المشاهدات|مشاهدة|بازدید|צפיות|"
    r"阅读|浏览\w*|閲覧数|조회수?"
)
COUNT: Final = r"\d[\d.,\s]*(?:k|m|тыс\.?)?"
COUNTER: Final = re.compile(
    rf"(?:^|(?<=[|·•—–\-/\s]))(?:{LABELS})\s*[:：\-–—]?\s*{COUNT}(?=\W*$|\s*[|·•—–\-/])"
    rf"|(?:^|(?<=[|·•—–\-/]))\s*{COUNT}\s*(?:{LABELS})(?=\W*$|\s*[|·•—–\-/])"
    r"|^\W*(?:updated |posted |published )?(?:\d+|an?) "
    r"(?:second|minute|hour|day|week|month|year)s? ago\W*$",
    re.IGNORECASE,
)
"""What counts visitors or the time gone by, as a whole line or a part of one between bars."""

COUNTER_LINE: Final = 80
COUNTER_WORDS: Final = 8
"""Characters, and spaces, of a line up to which it may hold a counter."""

DIGIT: Final = re.compile("[0-9٠-٩۰-۹०-९০-৯]")
"""The figures of counters; to look for any figure of Unicode takes twice the time."""


AGO: Final = re.compile("ago")
"""What stands in a line that tells of the time gone by without a figure ("an hour ago")."""

SIGN: Final = re.compile(f"{LABELS}|{AGO.pattern}")
"""What a counter has: in a line of small letters it is found in a third of the time."""


def without_counters(text: str) -> str:
    """A text without the lines, or parts of lines, that count visitors."""
    lines = text.split("\n")
    kept = map(uncounted, lines)
    return "\n".join(a if b is None else b for a, b in zip(lines, kept, strict=True))


def uncounted(line: str) -> str | None:
    """A line without what counts visitors in it, or None where nothing does."""
    if len(line) > COUNTER_LINE or line.count(" ") > COUNTER_WORDS:
        return None
    if not SIGN.search(line.casefold()):
        return None
    kept = COUNTER.sub("", line)
    return None if kept == line else kept
