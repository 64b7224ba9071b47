"""The dates of a page, each at its place in the outline."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from data.date_order import order_of_dates, order_of_host
from data.date_patterns import NUMERIC
from data.dates import Reading, parse_date, plausible, scan
from data.models import Published
from data.months import fold, month_of
from spiders.outline import Outline, Text

MAX_DATES = 20_000
"""Dates of one page that are read; a page with more is no listing that a person could read."""

_MAY_BE_DATE = re.compile(
    r"\d.{0,40}(?:\d{4}|\d[./-]\d|['’]\d\d|-\d\d\b|\d\d$)|\d{4}.{0,12}\d|\d[年년月월]|年|ago\b|\d{4}$"
)
_PART = re.compile(r"\W{0,2}(?:\d{1,4}(?:st|nd|rd|th|\.)?|[^\W\d]{3,12}\.?)\W{0,2}")
_LONGEST_PART = 16
_SHORT = 60


@dataclass(frozen=True, slots=True)
class DateMark:
    """A date at a place; ``alone`` where its text says little else."""

    place: int
    published: Published
    alone: bool
    sign: int


def page_reading(outline: Outline, url: str, reading: Reading) -> Reading:
    """``reading`` with the order of day and month that the page itself shows, where none is set.

    A page writes its dates in one way: a single 24/03/26 settles all its 03/04/26. Else the country
    of its host does.
    """
    if reading.order:
        return reading
    pairs = (
        (int(match["a"]), int(match["b"]))
        for text in outline.texts
        for match in NUMERIC.finditer(fold(text.text[:_SHORT]))
    )
    shown = order_of_dates(pairs)
    order = shown or reading.day_order or order_of_host(urlsplit(url).hostname or "")
    return replace(reading, order=order) if order else reading


def date_marks(outline: Outline, reading: Reading) -> list[DateMark]:
    """All plausible dates, in page order."""
    marks: list[DateMark] = []
    for index, text in enumerate(outline.texts):
        if len(marks) > MAX_DATES:
            break
        marks.extend(
            mark
            for mark in _marks_of(outline.texts, index, text, reading)
            if plausible(mark.published, reading.now)
        )
    return marks


def _marks_of(texts: list[Text], index: int, text: Text, reading: Reading) -> Iterator[DateMark]:
    stated = text.parent.get("datetime") if text.parent.tag == "time" else None
    if stated and (published := parse_date(stated, reading, "listing:time")):
        yield DateMark(text.place, published, True, text.sign)
        return
    if _MAY_BE_DATE.search(text.text):
        count = 0
        for found in scan(text.text, reading, "listing:text"):
            count += 1
            rest = len(text.text) - (found.end - found.start)
            yield DateMark(text.place, found.published, rest <= _SHORT // 2, text.sign)
        if count:
            return
    if len(text.text) <= _LONGEST_PART and _PART.fullmatch(text.text):
        joined = _joined(texts, index)
        for found in scan(joined, reading, "listing:parts"):
            yield DateMark(text.place, found.published, True, text.sign)


def _joined(texts: list[Text], index: int) -> str:
    """A day, month and year that stand in elements of their own, as on a calendar leaf."""
    parts = []
    for text in texts[index : index + 4]:
        if len(text.text) > _LONGEST_PART or not _PART.fullmatch(text.text):
            break
        parts.append(text.text)
    words = [word for part in parts for word in re.findall(r"[^\W\d_]+", fold(part))]
    if len(parts) < 2 or not any(month_of(word) for word in words):  # noqa: PLR2004 - day, month
        return ""
    return " ".join(parts[:3])
