"""Find the dates on a page and their positions in its sequence of texts and links."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import islice, takewhile
from urllib.parse import urlsplit

from lxml import etree

from data.dates.address_days import address_days, year_of_day
from data.dates.months import month_of
from data.dates.parse import DateReader, Found, plausible, scan
from data.dates.partial import day_in_year, is_fiscal_year, month_and_day, year_in
from data.dates.relative import is_relative
from data.models import Published
from data.text.folding import fold_date
from spiders.listing.rows.ambiguous_dates import (
    RULE,
    DaysInDigits,
    is_time_ago,
    recent_day,
    recent_signs,
)
from spiders.listing.rows.flat_page import FlatPage, TextMark
from spiders.page.date_labels import MAX_LABEL, is_date_label, is_of_change, is_of_event
from spiders.page.html_tree import element_line
from spiders.page.links import link_target

MAX_COLUMNS = 50
"""Maximum number of columns read per table."""

_MAX_CELL_LEVELS = 4
"""Maximum number of levels from a text up to its table cell."""


MAX_DATES = 20_000
"""Maximum number of dates per page, and of texts that look like dates but contain none. Readable
listings have fewer."""

_MAY_BE_DATE = re.compile(
    r"\d.{0,40}(?:\d{4}|\d[./-]\d|['’]\d\d|-\d\d\b|\d\d$)|\d{4}.{0,12}\d|\d[年년月월]|年|ago\b|\d{4}$"
    # A year of two digits before further text: "20 มี.ค. 67 | 1,234".
    r"|\d{1,2}\s(?:[^\W\d_]|[\u0900-\u109f.]){2,12}\s\d\d\s"
)
_DIGIT = re.compile(r"\d")
_YEAR_DIGIT = re.compile(r"\d|元")
"""Pattern of a digit or 元. Every text with a year contains one of these, so this is a quick first
check."""

_PART = re.compile(r"\W{0,2}(?:\d{1,4}(?:st|nd|rd|th|\.)?|[^\W\d]{3,12}\.?(?:\s\d{4})?)\W{0,2}")
_MAX_PART_LENGTH = 16
"""Maximum length of a day, month or year in a separate element, in characters."""

_DAY_AT_END = re.compile(r"(?<=.{6})[（(]\d{1,2}月\d{1,2}日[）)]$")
"""Pattern that matches a month and day in brackets after a title."""

_MONTH_AND_DAY = re.compile(r"[\[(（【]?(0[1-9]|1[0-2])[-/.](0[1-9]|[12]\d|3[01])[\])）】]?")
"""Pattern that matches a month and day in digits, as on Chinese pages."""

_ROW_LEVELS = 5
"""Maximum number of levels from a date's element up to the row with its link."""

_ROW_ELEMENTS = 40
"""Maximum number of a row's elements that are searched for its link."""

FISCAL_START = 4
"""First month of a fiscal year (年度) in Japan."""

_HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6", "th", "caption", "legend", "summary"))
_LABELS = frozenset(("dt", "th", "label"))
_MAX_YEAR_LENGTH = 12
"""Maximum length in characters of a text that is mainly a year."""

_MAX_DATE_TEXT_LENGTH = 60
"""Maximum length of a text with a year or with a month and day, in characters."""

_MAX_RELATIVE_LENGTH = 32
"""Maximum length of a relative date ("3 days ago"), in characters."""

MAX_CACHED_PARTS = 16_384
"""Maximum number of cached texts (of up to 16 characters) that may be parts of dates."""


@dataclass(frozen=True, slots=True)
class DateMark:
    """A date at a position in a flat page (a sequence of texts and links).

    - ``published`` is None if the page shows only a month and day.
    - ``place`` and ``last`` are the positions of the first and last text of the date. They differ
      if day, month and year are separate texts.
    - ``alone`` is true if the text contains little besides the date.
    - ``other`` is true if a label marks it as the date of an event or a change.
    - ``month_and_day`` contains the month and the day of a date without a year.
    """

    place: int
    last: int
    published: Published | None
    alone: bool
    sign: int
    other: bool = False
    month_and_day: tuple[int, int] | None = None


def date_marks(flat: FlatPage, url: str, reader: DateReader) -> list[DateMark]:
    """Return all plausible dates of a page, in page order.

    If a date has no year, the year comes from the nearest heading above it or from ``url``. In some
    lists, such dates are recognized as recent.
    """
    marks = _PageDates(flat, url, reader).marks()
    context = reader.context
    years = ((one.sign, one.published.day.year if one.published else None) for one in marks)
    recent = recent_signs(years, context.now.year)
    for index, mark in enumerate(marks):
        if mark.published is None and mark.month_and_day:
            text = flat.texts_in(mark.place, mark.place + 1)[0]
            if mark.sign in recent or is_time_ago(text.parent):
                day = recent_day(mark.month_and_day, text.text, context)
                marks[index] = replace(mark, published=day)
    return marks


class _PageDates:
    """Finds the dates in the texts of a page. Dates of texts and headings of tables are cached.

    ``_year`` is the year for dates without a year, or None if it is unknown.
    """

    def __init__(self, flat: FlatPage, url: str, reader: DateReader) -> None:
        self._texts = flat.texts
        self._url = url
        self._reader = reader
        self._context = reader.context
        self._digits = DaysInDigits(flat.texts, reader.context)
        parts = urlsplit(url)
        self._year = year_in(" ".join(re.findall(r"\d+", f"{parts.path} {parts.query}")))
        self._is_fiscal = False
        self._heads: dict[etree._Element, tuple[str, ...]] = {}
        self._found: dict[tuple[str, str], tuple[Found, ...]] = {}

    def marks(self) -> list[DateMark]:
        marks: list[DateMark] = []
        vain = 0
        for index, text in enumerate(self._texts):
            if max(len(marks), vain) > MAX_DATES:
                break
            if marks and text.place <= marks[-1].last:
                continue
            # A quick check first, because most texts have neither digits nor these words.
            has_sign = _DIGIT.search(text.text) or "年" in text.text or "ago" in text.text
            likely = bool(has_sign and _MAY_BE_DATE.search(text.text))
            if found := list(self._with_year(index, likely=likely)):
                marks += (one for one in found if one.published and self._may_be(one.published))
                continue
            vain += likely
            if len(text.text) <= _MAX_DATE_TEXT_LENGTH and (mark := self._other(index)):
                marks.append(mark)
        return marks

    def _other(self, index: int) -> DateMark | None:
        """Return the date without a year, or relative to today, in a short text, or None."""
        text = self._texts[index]
        if _YEAR_DIGIT.search(text.text) and _heads(text) and (found := year_in(text.text)):
            self._year, self._is_fiscal = found, is_fiscal_year(text.text, self._context)
        mark = self._without_year(index)
        if not (mark and mark.published):
            mark = self._by_address(text, mark)
        if mark := mark or self._in_digits(text):
            return mark
        if len(text.text) > _MAX_RELATIVE_LENGTH or not is_relative(text.text):
            return None
        published = self._reader.date(text.text, "listing:relative")
        return self._mark(text, published) if published else None

    @staticmethod
    def _mark(text: TextMark, published: Published) -> DateMark:
        return DateMark(text.place, text.place, published, alone=True, sign=text.sign)

    def _may_be(self, published: Published) -> bool:
        return plausible(published, self._context.now)

    def _year_of(self, month: int) -> int | None:
        """Return the calendar year of a month below the current year's heading, or None.

        The heading may show a fiscal year, which covers parts of two calendar years.
        """
        return self._year and self._year + (self._is_fiscal and month < FISCAL_START)

    def _dates_in(self, text: str, rule: str) -> tuple[Found, ...]:
        """Return the dates in a text, in text order and without overlaps."""
        key = text, rule
        if key not in self._found:
            self._found[key] = tuple(scan(text, self._context, rule))
        return self._found[key]

    def _with_year(self, index: int, *, likely: bool) -> Iterator[DateMark]:
        """Yield the dates that begin in the text at the index ``index``.

        ``likely`` is true if the digits of the text look like a date.
        """
        text = self._texts[index]
        stated = text.parent.get("datetime") if text.parent.tag == "time" else None
        if stated and (published := self._reader.stated(stated, text.text, "listing:time")):
            yield replace(self._mark(text, published), other=self._is_other(index, ""))
            return
        end = 0
        for found in self._dates_in(text.text, "listing:text") if likely else ():
            alone = len(text.text) - (found.end - found.start) <= _MAX_DATE_TEXT_LENGTH // 2
            other = self._is_other(index, text.text[end : found.start])
            end = found.end
            yield replace(self._mark(text, found.published), alone=alone, other=other)
        if not end and (parts := self._parts(index, 3)):
            other = self._is_other(index, "")
            last = self._texts[index + len(parts) - 1].place
            for found in self._dates_in(" ".join(parts), "listing:parts"):
                yield replace(self._mark(text, found.published), last=last, other=other)

    def _is_other(self, index: int, before: str) -> bool:
        """Whether a date's own text, label or column heading describes an event or a change."""
        if not before.strip(" \t(|-–—") and index:
            label = self._texts[index - 1]
            named = label.parent.tag in _LABELS or "label" in (label.parent.get("class") or "")
            labelled = named or is_date_label(label.text)
            before = self._head_over(self._texts[index].parent) or (label.text if labelled else "")
        return bool(before) and (is_of_event(before) or is_of_change(before[-MAX_LABEL:]))

    def _head_over(self, node: etree._Element) -> str:
        """Return the heading of the table column that contains a node, or an empty string."""
        around = (node, *islice(node.iterancestors(), _MAX_CELL_LEVELS))
        cell = next((one for one in around if one.tag == "td"), None)
        table = None if cell is None else next(cell.iterancestors("table"), None)
        if cell is None or table is None:
            return ""
        if table not in self._heads:
            self._heads[table] = _heads_of(table)
        heads = self._heads[table]
        before = sum(1 for _ in islice(cell.itersiblings(preceding=True), MAX_COLUMNS))
        return heads[before] if before < len(heads) else ""

    def _without_year(self, index: int) -> DateMark | None:
        """Return the date at the start of a text that contains only a month and day, or None.

        In Japan, the month and day may also be in brackets after a title.
        """
        text = self._texts[index]
        ended = _DAY_AT_END.search(text.text)
        for raw, last in (
            (text.text, index),
            (ended[0] if ended else "", index),
            (" ".join(self._parts(index, 2)), index + 1),
        ):
            day = month_and_day(raw.strip("（）"), self._context) if _DIGIT.search(raw) else None
            if day:
                own = self._year_of(day[0])
                dated = day_in_year(own, day, self._context.zone, raw, RULE) if own else None
                is_alone = not (ended and raw == ended[0])
                place, end = text.place, self._texts[last].place
                return DateMark(place, end, dated, is_alone, text.sign, month_and_day=day)
        return None

    def _in_digits(self, text: TextMark) -> DateMark | None:
        """Return the date of a text that contains only a day and month in digits, or None.

        The year must be known from a heading or the URL.
        """
        day = self._digits.month_and_day(text.text)
        own = self._year_of(day[0]) if day else None
        if not day or not own:
            return None
        dated = day_in_year(own, day, self._context.zone, text.text, RULE)
        return self._mark(text, dated) if dated and self._may_be(dated) else None

    def _by_address(self, text: TextMark, known: DateMark | None) -> DateMark | None:
        """Return a date with the year from the URL of its row's link.

        ``known`` is the date as shown in the text, if its month is a word. It is returned if the
        URL does not contain this date. Digits alone, such as ``06-25``, count as a date only if the
        URL has the same month and day.
        """
        figures = None if known else _MONTH_AND_DAY.fullmatch(text.text)
        day = (int(figures[1]), int(figures[2])) if figures else known and known.month_and_day
        if not day or not (address := _row_address(text.parent, self._url)):
            return known
        year = year_of_day(address, *day)
        if figures and not any((one.month, one.day) == day for one in address_days(address)):
            return known
        zone = self._context.zone
        dated = year and day_in_year(year, day, zone, text.text, "listing:address")
        if not dated or not self._may_be(dated):
            return known
        return replace(known, published=dated) if known else self._mark(text, dated)

    def _parts(self, index: int, most: int) -> list[str]:
        """Return the day, month and year of a date whose parts are in separate elements.

        Returns an empty list if the texts are not such parts. ``most`` is the maximum number of
        parts.
        """
        near = (text.text for text in self._texts[index : index + most])
        parts = [*takewhile(lambda text: len(text) <= _MAX_PART_LENGTH and _is_part(text), near)]
        if len(parts) > 1 and any(map(_DIGIT.search, parts)) and any(map(_names_month, parts)):
            return parts
        return []


def _heads(text: TextMark) -> bool:
    """Whether a text may be a heading with a year.

    Such a text is in a heading element or is mainly a year, and is not in a link.
    """
    heading = len(text.text) <= _MAX_YEAR_LENGTH
    node: etree._Element | None = text.parent
    for _ in range(3):
        if node is None or node.tag == "a":
            break
        heading = heading or node.tag in _HEADINGS
        node = node.getparent()
    return heading and (node is None or node.tag != "a")


def _heads_of(table: etree._Element) -> tuple[str, ...]:
    """Return the texts of a table's first row if it contains headings, otherwise an empty tuple."""
    row = next(table.iter("tr"), None)
    if row is None:
        return ()
    cells = list(islice(row.iterchildren("th", "td"), MAX_COLUMNS))
    within = row.getparent()
    headed = within is not None and within.tag == "thead"
    if not headed and not all(cell.tag == "th" for cell in cells):
        return ()
    return tuple(element_line(cell)[:100] for cell in cells)


def _row_address(node: etree._Element, url: str) -> str | None:
    """Return the URL of the link in a text's row, or None.

    The row is the smallest element around the text that contains a link.
    """
    for around in (node, *islice(node.iterancestors(), _ROW_LEVELS)):
        near = islice(around.iter("*"), _ROW_ELEMENTS)
        if (link := next((one for one in near if one.tag == "a"), None)) is not None:
            return link_target(link, url)
    return None


@lru_cache(maxsize=MAX_CACHED_PARTS)
def _is_part(text: str) -> bool:
    """Whether a text may be the day, month or year of a date."""
    return bool(_PART.fullmatch(text))


@lru_cache(maxsize=MAX_CACHED_PARTS)
def _names_month(text: str) -> bool:
    """Whether a text contains the name of a month."""
    return any(map(month_of, re.findall(r"[^\W\d_]+", fold_date(text))))
