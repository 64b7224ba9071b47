"""Recognize view counters and relative times, which change with every request."""

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
"""A view counter or relative time, as a whole line or as a part between bars."""

MAX_COUNTER_LENGTH: Final = 80
"""Maximum characters, and spaces, of a line with a counter."""
MAX_COUNTER_SPACES: Final = 8
"""Characters, and spaces, of a line up to which it may hold a counter."""

DIGIT: Final = re.compile("[0-9٠-٩۰-۹०-९০-৯]")
"""Digits used in counters. Searching for any Unicode digit takes twice the time."""


AGO: Final = re.compile("ago")
"""A word in relative times without digits ("an hour ago")."""

SIGN: Final = re.compile(f"{LABELS}|{AGO.pattern}")
"""Words that every counter contains; this test takes a third of the time of COUNTER."""


def without_counters(text: str) -> str:
    """Remove view counters and relative times from a text, as lines or parts of lines."""
    lines = text.split("\n")
    kept = map(uncounted, lines)
    return "\n".join(a if b is None else b for a, b in zip(lines, kept, strict=True))


def uncounted(line: str) -> str | None:
    """Return a line without its counter, or None if it has none."""
    if len(line) > MAX_COUNTER_LENGTH or line.count(" ") > MAX_COUNTER_SPACES:
        return None
    if not SIGN.search(line.casefold()):
        return None
    kept = COUNTER.sub("", line)
    return None if kept == line else kept
