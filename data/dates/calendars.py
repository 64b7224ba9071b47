"""Conversion of a match of a date pattern to a Gregorian day, from any calendar."""

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files

from data.dates import patterns as shapes
from data.dates.context import DateContext, full_year
from data.dates.months import month_in, month_of

ERAS = {
    "令和": 2018,
    "平成": 1988,
    "昭和": 1925,
    "大正": 1911,
    "明治": 1867,
    "民國": 1911,
    "民国": 1911,
}
"""Last Gregorian year before each era: Japanese eras since 1868, and the Republic of China."""

BUDDHIST_YEARS = range(2440, 2700)
BUDDHIST_OFFSET = 543
JALALI_YEARS = range(1300, 1500)
BIKRAM_YEARS = range(1975, 2101)
BIKRAM_YEARS_IN_DIGITS = range(2045, 2101)
"""Years in an all-digit date that belong to the Bikram Sambat. Earlier years may be Gregorian."""

_JALALI_EPOCH = 226894  # the proleptic Gregorian ordinal of 1 Farvardin 1, less one
_BIKRAM_EPOCH = dt.date(1918, 4, 12).toordinal()  # the day before 1 Baisakh 1975
_ETHIOPIAN_EPOCH = 2795  # the proleptic Gregorian ordinal of 1 Mäskäräm 1, less one

_NUMERALS = {char: value for value, char in enumerate("〇一二三四五六七八九")} | {"零": 0, "○": 0}

_THAI = re.compile("[\u0e01-\u0e5b]")

_BIKRAM_ERA = re.compile(r"(?:वि|बि)\s?\.?\s?(?:सं|स)\b|गते|(?<![a-z.])b\.?\s?s\.?(?![a-z])")

_EUROPEAN = re.compile(r"እ\s?[.፡]\s?ኤ\s?[.፡]\s?አ")

_REPUBLIC_YEARS = range(80, 200)

_MONTHS = 12

_SHORT = 2


def from_jalali(year: int, month: int, day: int) -> dt.date:
    """Convert a day of the Solar Hijri calendar by the 33-year cycle (exact from 1206 to 1498).

    Raises ValueError if the day does not exist.
    """
    leap = (year * 8 + 29) % 33 < 8  # noqa: PLR2004 - eight leap years in each cycle of 33
    last = 31 if month <= 6 else 30 if month < 12 or leap else 29  # noqa: PLR2004 - lengths of months
    if not (1 <= month <= 12 and 1 <= day <= last):  # noqa: PLR2004 - as above
        raise ValueError(f"no such day in the Solar Hijri calendar: {year}-{month}-{day}")
    before = 365 * (year - 1) + (year * 8 + 21) // 33
    before += (month - 1) * 30 + min(month - 1, 6) + day
    return dt.date.fromordinal(_JALALI_EPOCH + before)


@cache
def _bikram_months() -> Mapping[int, Sequence[int]]:
    """Return the number of days in each month of the Bikram Sambat, by year.

    The months follow the sun, so Nepal publishes their lengths every year.
    """
    text = files("data.dates").joinpath("bikram_sambat.txt").read_text("utf-8")
    lines = (line.split() for line in text.splitlines() if not line.startswith("#"))
    return {int(year): [*map(int, months)] for year, *months in lines}


def from_bikram(year: int, month: int, day: int) -> dt.date:
    """Convert a day of the Bikram Sambat, the calendar of Nepal, from 1975 to 2100.

    Raises ValueError if the day does not exist.
    """
    lengths = _bikram_months()
    months = lengths.get(year, ())
    if not (1 <= month <= len(months) and 1 <= day <= months[month - 1]):
        raise ValueError(f"no such day in the Bikram Sambat: {year}-{month}-{day}")
    before = sum(sum(lengths[earlier]) for earlier in range(BIKRAM_YEARS.start, year))
    return dt.date.fromordinal(_BIKRAM_EPOCH + before + sum(months[: month - 1]) + day)


def from_ethiopian(year: int, month: int, day: int) -> dt.date:
    """Convert an Ethiopian date (N. Dershowitz and E. Reingold, Calendrical Calculations, 4.2).

    The first twelve months have 30 days. The thirteenth has five, or six before a leap year. Raises
    ValueError if the day does not exist.
    """
    last = 30 if month <= 12 else 5 + (year % 4 == 3)  # noqa: PLR2004 - see above
    if not (1 <= month <= 13 and 1 <= day <= last):  # noqa: PLR2004 - as above
        raise ValueError(f"no such day in the Ethiopian calendar: {year}-{month}-{day}")
    before = 365 * (year - 1) + year // 4 + 30 * (month - 1) + day
    return dt.date.fromordinal(_ETHIOPIAN_EPOCH + before)


def day_of(match: re.Match[str], context: DateContext) -> dt.date | None:
    """Return the day of a date match, or None if it does not exist or its order is unknown."""
    try:
        if match.re is shapes.NUMERIC:
            return _numeric(match, context)
        if match.re is shapes.HAN_NUMERALS:
            year = int("".join(str(_NUMERALS[char]) for char in match["y"]))
            return dt.date(year, _below_hundred(match["n"]), _below_hundred(match["d"]))
        if match.re in {shapes.HAN, shapes.MINGUO}:
            return _han(match, context)
        if "w" in match.re.groupindex:
            is_ethiopian = match.re is shapes.ETHIOPIAN
            return _ethiopian(match, context) if is_ethiopian else _worded(match, context)
        return _gregorian(match, int(match["y"]), int(match["n"]), int(match["d"]), context)
    except ValueError:
        return None


def _worded(match: re.Match[str], context: DateContext) -> dt.date | None:
    year, day = int(match["y"]), int(match["d"])
    if not _year_fits(match):
        return None
    if (bikram := month_in("bikram_sambat", match["w"])) and _counts_bikram(match, context):
        return from_bikram(year, bikram, day)
    jalali = month_in("solar_hijri", match["w"])
    if jalali and year in JALALI_YEARS:
        return from_jalali(year, jalali, day)
    month = month_of(match["w"].rstrip("॰"), context.languages)
    return _gregorian(match, year, month, day, context) if month else None


def _ethiopian(match: re.Match[str], context: DateContext) -> dt.date | None:
    """Return the day of an Ethiopian date if the era or the page's language confirms the calendar.

    In Eritrea, the same names mean months of the Gregorian calendar. In Ethiopia, Gregorian years
    are marked "እ.ኤ.አ".
    """
    month = month_in("ethiopian", match["w"])
    near = match.string[max(0, match.start() - 20) : match.end() + 20]
    if month is None or _EUROPEAN.search(near) or not (match["era"] or context.speaks("am")):
        return None
    return from_ethiopian(int(match["y"]), month, int(match["d"]))


def _counts_bikram(match: re.Match[str], context: DateContext) -> bool:
    """Return whether a date belongs to Nepal's calendar (Bikram Sambat).

    The date must contain the era, or its page must be in Nepali. Otherwise the month may be a lunar
    month of India, because both calendars use the same names.
    """
    near = match.string[max(0, match.start() - 20) : match.end() + 20]
    return context.speaks("ne") or _BIKRAM_ERA.search(near) is not None


def _year_fits(match: re.Match[str]) -> bool:
    """Return whether two digits after a month are certainly a year."""
    parts = match.groupdict()
    if len(parts["y"]) > _SHORT or parts.get("q"):
        return True
    joined = (parts.get("s") or "").strip() in {"-", "/", "."} or "." in parts["w"]
    return joined or not match.string[match.end() :].strip(" ,|)")


def _numeric(match: re.Match[str], context: DateContext) -> dt.date | None:
    first, second, year = int(match["a"]), int(match["b"]), int(match["c"])
    order = context.day_order
    if len(match["c"]) == _SHORT and order == "YMD":
        return dt.date(full_year(first, context.now.year), second, year)
    if first > _MONTHS or first == second or (order == "DMY" and second <= _MONTHS):
        return _gregorian(match, year, second, first, context)
    if second > _MONTHS or order == "MDY":
        return _gregorian(match, year, first, second, context)
    return None


def _han(match: re.Match[str], context: DateContext) -> dt.date | None:
    # In Taiwan, years count from the founding of the Republic of China.
    is_taiwanese = context.zone == "Asia/Taipei" or context.speaks("zh-tw", "zh-hant")
    if match.re is shapes.MINGUO and not is_taiwanese:
        return None
    year = 1 if match["y"] == "元" else int(match["y"])
    if match.re is shapes.HAN and match["era"]:
        year += ERAS[match["era"]]
    elif year in _REPUBLIC_YEARS:
        year += ERAS["民國"]
    return _gregorian(match, year, int(match["n"]), int(match["d"]), context)


def _below_hundred(digits: str) -> int:
    """Return the value of a Chinese numeral: 三, 十, 十四, 二十 or 二十四.

    Raises ValueError for any other text.
    """
    tens, ten, ones = digits.rpartition("十")
    if len(tens) > 1 or len(ones) > 1:
        raise ValueError(f"{digits!r} is not a Chinese numeral below 100")
    return 10 * bool(ten) * _NUMERALS.get(tens, 1) + _NUMERALS.get(ones, 0)


def _gregorian(
    match: re.Match[str], year: int, month: int, day: int, context: DateContext
) -> dt.date | None:
    near = match.string[max(0, match.start() - 20) : match.end() + 20]
    thai = context.zone == "Asia/Bangkok" or context.speaks("th") or bool(_THAI.search(near))
    # Some programs write 01/01/0001 or 30 November -0001 if a date is missing.
    written = match.groupdict().get("c") or match["y"]
    if year < 10**_SHORT and len(written) <= _SHORT and match.re is not shapes.ISO:
        year = full_year(year, context.now.year + BUDDHIST_OFFSET * thai)
    if year in BUDDHIST_YEARS and thai:
        # The Buddhist era, as used in Thailand since 1941.
        year -= BUDDHIST_OFFSET
    elif year in JALALI_YEARS:
        # Lunar Hijri years on Arabic pages have similar numbers, but depend on the moon.
        if not (context.speaks("fa", "ps") or context.zone in {"Asia/Tehran", "Asia/Kabul"}):
            return None
        return from_jalali(year, month, day)
    elif year in BIKRAM_YEARS_IN_DIGITS and _counts_bikram(match, context):
        return from_bikram(year, month, day)
    return dt.date(year, month, day)
