"""The text of a headline: its length in any script, and texts beside a release that are not one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from itertools import islice
from typing import Final

from data.text.words import UNSPACED
from spiders.page.phrases import is_box_heading, letters, lines, phrases

DENSE: Final = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
LATIN_LETTERS, LATIN_WORD = 3, 6
"""Latin letters that say as much as one Chinese, Japanese or Korean one, and those of a word with
its space."""

MAX_LINE, MAX_LABEL, MAX_COLONS = 200, 30, 8
"""Maximum characters of a credit line and of one label, and maximum colons of a line."""

MAX_BESIDE_LABEL, MAX_BESIDE_LABELS, MAX_BESIDE_DATE = 30, 40, 24
"""Maximum Latin letters of a credit line beside its only label, per label if it has several, and
beside a date."""

COLON: Final = re.compile(r"(?<!\d)[:：]|[:：](?!\d)")
DATE: Final = re.compile(
    r"\d{1,4}\s?[./年-]\s?\d{1,2}(?:\s?[./月-]\s?\d{1,4}日?)?(?:\s*\d{1,2}:\d\d(?::\d\d)?)?"
    r"|\d{1,2}\.?,?\s+(?:[^\s\d]{1,14}\s+){0,3}\d{4}"
)
DATE_OR_LABEL: Final = re.compile(r"[\d:：]")
"""A part of every date, and of every label of a credit line."""

OPENING: Final = re.compile(rf"[\W_]*(?:{DATE.pattern})?[\W_]*")
"""What may stand before the first label of a credit line: signs and a date."""


def latin_lengths(text: str) -> tuple[int, int]:
    """The characters and spaces that a text would have in a Latin script.

    Limits of length are given for Latin scripts. Other scripts need fewer letters, or no spaces.
    """
    if text.isascii():
        return len(text), text.count(" ")
    size = len(text) + len(DENSE.findall(text)) * (LATIN_LETTERS - 1)
    if len(UNSPACED.findall(text)) * 2 > len(text):
        return size, max(text.count(" "), size // LATIN_WORD - 1)
    return size, text.count(" ")


def is_no_headline(text: str) -> bool:
    """Whether a line is surely not a headline: a credit line, or the heading of a box."""
    return is_box_heading(text) or is_credit_line(text)


def is_credit_line(text: str) -> bool:
    """Whether a line only has the source, author, date or counter of a text, with their labels."""
    if len(text) > MAX_LINE or not DATE_OR_LABEL.search(text):
        return False
    folded = text.casefold()
    if dated := _dated().match(folded):
        return _size(folded[dated.end() :]) <= MAX_BESIDE_DATE
    spans = [*islice(_labels(folded), MAX_COLONS)]
    if not spans:
        return False
    parts, at = [], 0
    for low, high in spans:
        parts.append(folded[at:low])
        at = high
    size = _size(" ".join((*parts, folded[at:])))
    opening = OPENING.match(folded)
    first = opening is not None and spans[0][0] <= opening.end()
    if len(spans) == 1:
        low, high = spans[0]
        needs_date = letters(folded[low:high]) in phrases("dated")
        has_date = not needs_date or DATE.search(folded) is not None
        return first and has_date and size <= MAX_BESIDE_LABEL
    return (first or len(spans) > 2) and size <= MAX_BESIDE_LABELS * len(spans)  # noqa: PLR2004


def is_dated_line(text: str) -> bool:
    """Whether a line has a date and little else."""
    date = DATE.search(text) if len(text) <= MAX_LINE else None
    return date is not None and _size(text[: date.start()] + text[date.end() :]) <= MAX_BESIDE_DATE


def _size(text: str) -> int:
    return latin_lengths(letters(text))[0]


def _labels(text: str) -> Iterator[tuple[int, int]]:
    """Where each label begins, and where its colon ends."""
    known = phrases("labels")
    for colon in islice(COLON.finditer(text), MAX_COLONS):
        low = max(0, colon.start() - MAX_LABEL)
        for start in range(low, colon.start()):
            if _begins_word(text, start) and letters(text[start : colon.start()]) in known:
                yield start, colon.end()
                break


def _begins_word(text: str, place: int) -> bool:
    if not text[place].isalpha():
        return False
    return place == 0 or not text[place - 1].isalpha() or UNSPACED.match(text[place]) is not None


@cache
def _dated() -> re.Pattern[str]:
    """The beginning of a line such as "Published on Monday, 3 March 2021"."""
    known = sorted(lines("dated"), key=len, reverse=True)
    said = "|".join(map(re.escape, known))
    words = r"[\W_]{0,4}(?:[^\s\d]{1,14}\s+){0,2}"
    return re.compile(rf"[\W_]*(?:{said}){words}(?:{DATE.pattern})")
