"""Parsing of days without a year, such as "Nov 24" in a list below the heading "2022"."""

import datetime as dt
import re

from data.dates.calendars import ERAS
from data.dates.context import DateContext
from data.dates.months import month_of
from data.dates.parse import on_day
from data.models import Published
from data.text.folding import fold_date

_WORD = r"(?P<w>(?:[^\W\d_]|[\u0900-\u109f]){3,20})\.?"
_DAY = r"(?P<d>\d{1,2})(?:st|nd|rd|th|er|[oa°.])?"
_WEEKDAY = r"(?:[^\W\d_]{2,14}\.?,?\s)?"
_SHAPES = (
    re.compile(rf"{_WEEKDAY}{_DAY}[\s-]?(?:de\s|of\s)?{_WORD}"),
    re.compile(rf"{_WEEKDAY}{_WORD}[\s-]?{_DAY}"),
    re.compile(r"(?P<n>\d{1,2})[月월]\s?(?P<d>\d{1,2})[日일](?:\s?\(.{1,4})?"),
)
_MONTH_IN_FIGURES = re.compile(
    r"(?:(?:19|20)\d\d\s?[年년/.-]\s?\d{1,2}\s?[月월]?|\d{1,2}[/.-](?:19|20)\d\d)"
)
_MONTH_IN_WORDS = re.compile(
    rf"(?:{_WORD}[\s,]{{1,2}}(?:de\s|del\s|of\s)?(?:19|20)\d\d|(?:19|20)\d\d[\s.]{{1,2}}"
    rf"{_WORD.replace('<w>', '<v>')})"
)
_YEAR = re.compile(r"(?<!\d)((?:19|20)\d\d)(?!\d)")
_ERA_YEAR = re.compile(rf"({'|'.join(ERAS)})\s?(\d{{1,2}}|元)年")
_EDGES = " \t,;:|()[]-–—·•"
_MAX_TEXT_LENGTH = 32
_HEADING = 60
# These abbreviations are words in other languages, so they need a page in the right language.
_DOUBTFUL = frozenset(("set", "out", "pro", "ara", "ago", "mag", "sen", "dic", "dis", "lis", "lip"))


def month_and_day(text: str, context: DateContext) -> tuple[int, int] | None:
    """Return the month and day if a short text contains nothing else, or None."""
    text = text.strip(_EDGES)
    if not text or len(text) > _MAX_TEXT_LENGTH:
        return None
    folded = fold_date(text)
    for shape in _SHAPES:
        match = shape.fullmatch(folded)
        if not match:
            continue
        if "n" in match.re.groupindex:
            month: int | None = int(match["n"])
        elif match["w"] in _DOUBTFUL and not context.languages:
            month = None
        else:
            month = month_of(match["w"], context.languages)
        if month and _exists(2024, month, int(match["d"])):
            return month, int(match["d"])
    return None


def is_month(text: str, context: DateContext) -> bool:
    """Return whether a short text consists of a month and a year."""
    text = text.strip(_EDGES)
    if not text or len(text) > _MAX_TEXT_LENGTH:
        return False
    folded = fold_date(text)
    if _MONTH_IN_FIGURES.fullmatch(folded):
        return True
    match = _MONTH_IN_WORDS.fullmatch(folded)
    return bool(match and month_of(match["w"] or match["v"], context.languages))


def year_in(text: str) -> int | None:
    """Return the year in a heading ("2019 Meetings"), or None if it has no year or several."""
    if len(text) > _HEADING:
        return None
    years = {int(year) for year in _YEAR.findall(text)}
    years |= {
        ERAS[era] + (1 if year == "元" else int(year)) for era, year in _ERA_YEAR.findall(text)
    }
    return years.pop() if len(years) == 1 else None


def is_fiscal_year(text: str, context: DateContext) -> bool:
    """Return whether the year in a heading is a Japanese fiscal year, which begins in April."""
    return "年度" in text and (context.speaks("ja") or _ERA_YEAR.search(text) is not None)


def day_in_year(
    year: int, day: tuple[int, int], zone: str, raw: str, rule: str
) -> Published | None:
    """Return a date with the precision ``day``, or None if the day does not exist in ``year``.

    ``day`` is a month and a day.
    """
    if not _exists(year, *day):
        return None
    return on_day(dt.date(year, *day), zone, raw, rule)


def _exists(year: int, month: int, day: int) -> bool:
    try:
        dt.date(year, month, day)
    except ValueError:
        return False
    return True
