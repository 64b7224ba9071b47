"""Conversion of years and days from other calendars to the Gregorian calendar."""

import datetime as dt
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files

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
JALALI_YEARS = range(1300, 1500)
BIKRAM_YEARS = range(1975, 2101)
BIKRAM_YEARS_IN_DIGITS = range(2045, 2101)
"""Years in an all-digit date that belong to the Bikram Sambat. Earlier years may be Gregorian."""

_JALALI_EPOCH = 226894  # the proleptic Gregorian ordinal of 1 Farvardin 1, less one
_BIKRAM_EPOCH = dt.date(1918, 4, 12).toordinal()  # the day before 1 Baisakh 1975
_ETHIOPIAN_EPOCH = 2795  # the proleptic Gregorian ordinal of 1 Mäskäräm 1, less one


def from_buddhist(year: int) -> int:
    """Convert a year of the Thai Buddhist era (as used since 1941) to a Gregorian year."""
    return year - 543


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


def full_year(year: int, this_year: int) -> int:
    """Expand a two-digit year to the latest year that is at most 20 years after ``this_year``."""
    if year >= 100:  # noqa: PLR2004 - the year has its century already
        return year
    century = this_year - this_year % 100
    return century + year if century + year <= this_year + 20 else century + year - 100
