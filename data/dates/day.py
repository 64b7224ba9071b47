"""Conversion of a match of a date pattern to a calendar day."""

import datetime as dt
import re

from data.dates import patterns as shapes
from data.dates.calendars import (
    BIKRAM_YEARS_IN_DIGITS,
    BUDDHIST_YEARS,
    ERAS,
    JALALI_YEARS,
    from_bikram,
    from_buddhist,
    from_ethiopian,
    from_jalali,
    full_year,
)
from data.dates.context import DateContext
from data.dates.months import month_in, month_of

_NUMERALS = {char: value for value, char in enumerate("〇一二三四五六七八九")} | {"零": 0, "○": 0}
_THAI = re.compile("[\u0e01-\u0e5b]")
_BIKRAM_ERA = re.compile(r"(?:वि|बि)\s?\.?\s?(?:सं|स)\b|गते|(?<![a-z.])b\.?\s?s\.?(?![a-z])")
_EUROPEAN = re.compile(r"እ\s?[.፡]\s?ኤ\s?[.፡]\s?አ")
_REPUBLIC_YEARS = range(80, 200)
_MONTHS = 12
_SHORT = 2


def day_of(match: re.Match[str], context: DateContext) -> dt.date | None:
    """Return the day of a date match, or None if it does not exist or its order is unknown."""
    try:
        if match.re is shapes.NUMERIC:
            return _numeric(match, context)
        if match.re is shapes.HAN_NUMERALS:
            return _han_numerals(match)
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
    if match.re is shapes.MINGUO and not _counts_minguo(context):
        return None
    year = 1 if match["y"] == "元" else int(match["y"])
    if match.re is shapes.HAN and match["era"]:
        year += ERAS[match["era"]]
    elif year in _REPUBLIC_YEARS:
        year += ERAS["民國"]
    return _gregorian(match, year, int(match["n"]), int(match["d"]), context)


def _counts_minguo(context: DateContext) -> bool:
    """Return whether years may count from the founding of the Republic of China, as in Taiwan."""
    return context.zone == "Asia/Taipei" or context.speaks("zh-tw", "zh-hant")


def _han_numerals(match: re.Match[str]) -> dt.date:
    year = int("".join(str(_NUMERALS[char]) for char in match["y"]))
    return dt.date(year, _below_hundred(match["n"]), _below_hundred(match["d"]))


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
        year = full_year(year, context.now.year + 543 * thai)
    if year in BUDDHIST_YEARS and thai:
        year = from_buddhist(year)
    elif year in JALALI_YEARS:
        # Lunar Hijri years on Arabic pages have similar numbers, but depend on the moon.
        if not (context.speaks("fa", "ps") or context.zone in {"Asia/Tehran", "Asia/Kabul"}):
            return None
        return from_jalali(year, month, day)
    elif year in BIKRAM_YEARS_IN_DIGITS and _counts_bikram(match, context):
        return from_bikram(year, month, day)
    return dt.date(year, month, day)
