"""Extraction of days from web addresses.

Examples are /2020/10/01/plan.html, 202010/t20201001_580.html and /2020/1001/c580.html.
"""

import datetime as dt
import re
from dataclasses import dataclass
from itertools import islice
from typing import Final

MAX_ADDRESS_LENGTH: Final = 500
"""Maximum length in characters of the part of an address that is searched for days."""

MAX_DAYS: Final = 8
"""Maximum number of dates read from one address."""

_MONTH: Final = r"0[1-9]|1[0-2]"
_DAY: Final = r"0[1-9]|[12]\d|3[01]"
_DAYS: Final = re.compile(
    rf"(?<!\d)(?P<y>(?:19[6-9]|20\d)\d)(?:"
    rf"(?P<m>{_MONTH})(?:(?P<d>{_DAY})\d{{0,9}}|/(?P<dd>{_DAY}))?|"
    rf"/(?P<fm>{_MONTH})(?P<fd>{_DAY})(?=/)|"
    rf"(?P<s>[-_/.])(?P<sm>{_MONTH}|[1-9](?!\d))(?:(?P=s)(?P<sd>{_DAY}|[1-9](?!\d)))?"
    r")?(?!\d)"
)

_YEAR_FOLDER: Final = re.compile(r"/((?:19|20)\d\d)(?=/)")


@dataclass(frozen=True, slots=True)
class AddressDay:
    """A date in an address: a year, with a month and day that are 0 if missing."""

    year: int
    month: int = 0
    day: int = 0

    def agrees(self, day: dt.date) -> bool:
        """Return whether a day has the same year and, if known, the same month and day."""
        return (
            self.year == day.year
            and self.month in {0, day.month}
            and (not self.month or self.day in {0, day.day})
        )


def year_of_day(url: str, month: int, day: int) -> int | None:
    """Return the year of a month and day, judging by the address of their page, or None.

    The address must contain the same month and no other date, or only a folder for a year
    (``/news/2026/``).
    """
    stated = [one for one in address_days(url) if one.month]
    if stated:
        years = {one.year for one in stated if one.month == month and one.day in {0, day}}
    else:
        years = {int(year) for year in _YEAR_FOLDER.findall(url[:MAX_ADDRESS_LENGTH])}
    return years.pop() if len(years) == 1 else None


def address_days(url: str) -> tuple[AddressDay, ...]:
    """Return the days, months and years in the path and query of an address, in text order."""
    path = url[:MAX_ADDRESS_LENGTH].partition("://")[2].partition("/")[2]
    found = []
    for match in islice(_DAYS.finditer(path), MAX_DAYS):
        month = match["m"] or match["sm"] or match["fm"] or 0
        day = match["d"] or match["dd"] or match["sd"] or match["fd"] or 0
        found.append(AddressDay(int(match["y"]), int(month), int(day)))
    return tuple(found)
