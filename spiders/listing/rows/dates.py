"""The dates of a page, each at its place in the flat page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from urllib.parse import urlsplit

from lxml import etree

from data.dates.context import DateContext
from data.dates.months import month_of
from data.dates.parse import DateReader, Found, plausible, scan
from data.dates.partial import day_in_year, month_and_day, year_in
from data.dates.relative import is_relative
from data.models import Published
from data.text.folding import fold_date
from spiders.listing.rows.flat_page import FlatPage, TextMark
from spiders.page.date_labels import CHANGED, MAX_LABEL, is_label, is_of_event

MAX_DATES = 20_000
"""Dates of one page that are read, and texts with figures in which none was found; a page with more
is no listing that a person could read."""

_MAY_BE_DATE = re.compile(
    r"\d.{0,40}(?:\d{4}|\d[./-]\d|['’]\d\d|-\d\d\b|\d\d$)|\d{4}.{0,12}\d|\d[年년月월]|年|ago\b|\d{4}$"
)
_DIGIT = re.compile(r"\d")
_YEAR_DIGIT = re.compile(r"\d|元")
"""What each year that `year_in` finds contains; most texts contain neither."""

_PART = re.compile(r"\W{0,2}(?:\d{1,4}(?:st|nd|rd|th|\.)?|[^\W\d]{3,12}\.?(?:\s\d{4})?)\W{0,2}")
_LONGEST_PART = 16
_HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6", "th", "caption", "legend", "summary"))
_LABELS = frozenset(("dt", "th", "label"))
_BARE_YEAR = 12
_SHORT = 60
_RELATIVE = 32

MAX_CACHED_PARTS = 16_384
"""Maximum number of cached texts of at most 16 characters that may be parts of dates."""


@dataclass(frozen=True, slots=True)
class DateMark:
    """A date at a place; ``alone`` where its text says little else.

    ``published`` is None where the page names a month and day but no year. ``last`` is the place of
    its last text: a calendar leaf has day, month and year in texts of their own. ``other`` where
    the words before it call it the date of an event or of a change.
    """

    place: int
    last: int
    published: Published | None
    alone: bool
    sign: int
    other: bool = False


def date_marks(flat: FlatPage, url: str, reader: DateReader) -> list[DateMark]:
    """All plausible dates, in page order.

    A month and day take the year of the nearest heading above, else the one that the address names.
    """
    marks: list[DateMark] = []
    heads = ColumnHeads()
    reading = reader.reading
    dates = _TextDates(reader)
    parts = urlsplit(url)
    year = year_in(" ".join(re.findall(r"\d+", f"{parts.path} {parts.query}")))
    vain = 0
    for index, text in enumerate(flat.texts):
        if max(len(marks), vain) > MAX_DATES:
            break
        if marks and text.place <= marks[-1].last:
            continue
        likely = bool(_MAY_BE_DATE.search(text.text))
        found = list(_marks_of(flat.texts, index, heads, dates, likely=likely))
        if found:
            marks.extend(mark for mark in found if _is_plausible(mark, reading))
            continue
        vain += likely
        if len(text.text) <= _SHORT:
            if _YEAR_DIGIT.search(text.text):
                year = (_heads(text) and year_in(text.text)) or year
            mark = _without_year(flat.texts, index, year, reading)
            if mark:
                marks.append(mark)
            elif len(text.text) <= _RELATIVE and is_relative(text.text):
                published = reader.date(text.text, "listing:relative")
                if published:
                    at = text.place
                    marks.append(DateMark(at, at, published, alone=True, sign=text.sign))
    return marks


def _heads(text: TextMark) -> bool:
    """Whether a text heads what follows: in a heading, or little more than a year; no link does."""
    heading = len(text.text) <= _BARE_YEAR
    node: etree._Element | None = text.parent
    for _ in range(3):
        if node is None or node.tag == "a":
            break
        heading = heading or node.tag in _HEADINGS
        node = node.getparent()
    return heading and (node is None or node.tag != "a")


def _is_plausible(mark: DateMark, reading: DateContext) -> bool:
    return mark.published is None or plausible(mark.published, reading.now)


class _TextDates:
    """Finds the dates in texts of one page, and reads each different text once."""

    def __init__(self, reader: DateReader) -> None:
        self.reader = reader
        self._found: dict[tuple[str, str], tuple[Found, ...]] = {}

    def of(self, text: str, rule: str) -> tuple[Found, ...]:
        """The dates in a text, in order; none overlaps another."""
        key = text, rule
        if key not in self._found:
            self._found[key] = tuple(scan(text, self.reader.reading, rule))
        return self._found[key]


def _marks_of(
    texts: list[TextMark], index: int, heads: ColumnHeads, dates: _TextDates, *, likely: bool
) -> Iterator[DateMark]:
    """The dates that begin in a text; ``likely`` if the figures in it look like a date."""
    text = texts[index]
    stated = text.parent.get("datetime") if text.parent.tag == "time" else None
    if stated and (published := dates.reader.stated(stated, text.text, "listing:time")):
        other = _is_other(texts, index, heads, "")
        yield DateMark(text.place, text.place, published, alone=True, sign=text.sign, other=other)
        return
    end = 0
    if likely:
        for found in dates.of(text.text, "listing:text"):
            alone = len(text.text) - (found.end - found.start) <= _SHORT // 2
            other = _is_other(texts, index, heads, text.text[end : found.start])
            end = found.end
            yield DateMark(text.place, text.place, found.published, alone, text.sign, other)
    if not end:
        parts = _parts(texts, index, 3)
        if not parts:
            return
        other = _is_other(texts, index, heads, "")
        for found in dates.of(" ".join(parts), "listing:parts"):
            last = texts[index + len(parts) - 1].place
            yield DateMark(text.place, last, found.published, True, text.sign, other)  # noqa: FBT003


def _is_other(texts: list[TextMark], index: int, heads: ColumnHeads, before: str) -> bool:
    """Whether the words before a date, its label or its column call it an event's or a change's."""
    if not before.strip(" \t(|-–—") and index:
        label = texts[index - 1]
        named = label.parent.tag in _LABELS or "label" in (label.parent.get("class") or "")
        labelled = named or is_label(label.text)
        before = heads.over(texts[index].parent) or (label.text if labelled else "")
    return bool(before) and (is_of_event(before) or bool(CHANGED.search(before[-MAX_LABEL:])))


def _without_year(
    texts: list[TextMark], index: int, year: int | None, reading: DateContext
) -> DateMark | None:
    text = texts[index]
    for raw, last in ((text.text, index), (" ".join(_parts(texts, index, 2)), index + 1)):
        day = month_and_day(raw, reading) if _DIGIT.search(raw) else None
        if day:
            rule = "listing:no-year"
            dated = day_in_year(year, day, reading.zone, raw, rule) if year else None
            return DateMark(text.place, texts[last].place, dated, alone=True, sign=text.sign)
    return None


def _parts(texts: list[TextMark], index: int, most: int) -> list[str]:
    """A day, month and year in elements of their own, as on a calendar leaf; else empty."""
    parts: list[str] = []
    for text in texts[index : index + most]:
        if len(text.text) > _LONGEST_PART or not _is_part(text.text):
            break
        parts.append(text.text)
    if len(parts) > 1 and any(map(_DIGIT.search, parts)) and any(map(_names_month, parts)):
        return parts
    return []


@lru_cache(maxsize=MAX_CACHED_PARTS)
def _is_part(text: str) -> bool:
    """Whether a text may be the day, the month or the year of a date."""
    return bool(_PART.fullmatch(text))


@lru_cache(maxsize=MAX_CACHED_PARTS)
def _names_month(text: str) -> bool:
    """Whether a word of a text is the name of a month."""
    return any(map(month_of, re.findall(r"[^\W\d_]+", fold_date(text))))


MAX_COLUMNS = 50
_DEEP = 4
"""Elements within a cell that a text of it may stand in."""


class ColumnHeads:
    """The heads of the columns of a page's tables; each table is looked at once."""

    def __init__(self) -> None:
        self._heads: dict[etree._Element, tuple[str, ...]] = {}

    def over(self, node: etree._Element) -> str:
        """The head of the column that a node stands in, empty where it has none."""
        cell: etree._Element | None = node
        for _ in range(_DEEP):
            if cell is None or cell.tag == "td":
                break
            cell = cell.getparent()
        if cell is None or cell.tag != "td":
            return ""
        table = next(cell.iterancestors("table"), None)
        if table is None:
            return ""
        if table not in self._heads:
            self._heads[table] = _heads_of(table)
        heads = self._heads[table]
        before = sum(1 for _ in islice(cell.itersiblings(preceding=True), MAX_COLUMNS))
        return heads[before] if before < len(heads) else ""


def _heads_of(table: etree._Element) -> tuple[str, ...]:
    """What the cells of a table's first row say, where they are heads."""
    row = next(table.iter("tr"), None)
    if row is None:
        return ()
    cells = list(islice(row.iterchildren("th", "td"), MAX_COLUMNS))
    within = row.getparent()
    headed = within is not None and within.tag == "thead"
    if not headed and not all(cell.tag == "th" for cell in cells):
        return ()
    return tuple(" ".join("".join(map(str, cell.itertext())).split())[:100] for cell in cells)
