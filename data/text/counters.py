"""Recognize view counters and relative times, which change with every request."""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from data.languages.vocabulary import alternatives, words

COUNT: Final = r"\d[\d.,\s]*(?:k|m|тыс\.?)?"
MAX_COUNTER_LENGTH: Final = 80
"""Maximum length in characters of a line with a counter."""

MAX_COUNTER_SPACES: Final = 8
"""Maximum number of spaces in a line with a counter."""

DIGIT: Final = re.compile("[0-9٠-٩۰-۹०-९০-৯]")
"""Digits used in counters. Searching for any Unicode digit takes twice the time."""


AGO: Final = re.compile("ago")
"""A word in relative times without digits ("an hour ago")."""


@cache
def _counter() -> re.Pattern[str]:
    """Return the pattern of a view counter or relative time, as a whole line or between bars."""
    labels = alternatives(words("counters.labels"))
    return re.compile(
        rf"(?:^|(?<=[|·•—–\-/\s])){labels}\s*[:：\-–—]?\s*{COUNT}(?=\W*$|\s*[|·•—–\-/])"
        rf"|(?:^|(?<=[|·•—–\-/]))\s*{COUNT}\s*{labels}(?=\W*$|\s*[|·•—–\-/])"
        r"|^\W*(?:updated |posted |published )?(?:\d+|an?) "
        r"(?:second|minute|hour|day|week|month|year)s? ago\W*$",
        re.IGNORECASE,
    )


@cache
def _sign() -> re.Pattern[str]:
    """Return the pattern of words that every counter contains.

    This test takes a third of the time of the full pattern.
    """
    return re.compile(f"{alternatives(words('counters.labels'))}|{AGO.pattern}")


def without_counters(text: str) -> str:
    """Remove view counters and relative times from a text, as lines or parts of lines."""
    lines = text.split("\n")
    kept = map(uncounted, lines)
    return "\n".join(a if b is None else b for a, b in zip(lines, kept, strict=True))


def uncounted(line: str) -> str | None:
    """Return a line without its counter, or None if it has none."""
    if len(line) > MAX_COUNTER_LENGTH or line.count(" ") > MAX_COUNTER_SPACES:
        return None
    if not _sign().search(line.casefold()):
        return None
    kept = _counter().sub("", line)
    return None if kept == line else kept
