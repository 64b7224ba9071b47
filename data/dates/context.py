"""Context for parsing the dates of a page, above all the order of day and month.

The orders in language files (data.languages.vocabulary) and in this module follow the short date
formats of the Unicode CLDR; tests/data/dates/test_cldr.py checks them. English alone implies no
order: its region, the time zone, or the country of the host name does.

The first known order is used:

1. The order in the source file's ``date_order``. ``communique add`` writes it if the dates of the
   whole site show the order (`spiders.learning.site_day_order.decided_order`).
2. In a visit, the order of the first listing page whose dates show one
   (`site_day_order.listed_order`).
3. The order that the dates of the extracted listing page (`ambiguous_dates.page_context`) or
   release page (`spiders.release.date.release_day_order`) show.
4. The order of the languages of the page or source, else of its time zone, else of the country of
   its host name.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice, pairwise
from typing import Final, Literal, TypeAlias

from data.dates.address_days import AddressDay
from data.languages.vocabulary import DateOrder, vocabulary

Order: TypeAlias = DateOrder

MAX_AHEAD: Final = dt.timedelta(days=2)
"""Maximum time by which a day may be in the future, because of time zones."""

US_HOSTS = (".gov", ".mil", ".us", ".edu")

ORDERS: Final[tuple[Order, ...]] = ("DMY", "MDY", "YMD")
MIN_ROWS: Final = 3
MAX_ROWS: Final = 500
"""Maximum number of a list's dates used to determine the order of day and month."""

DECISIVE: Final = 3
"""The best order of day and month is accepted only if the second-best order has more than this many
times as many contradictions."""

Row: TypeAlias = tuple[int, int, int]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


US_ZONES = _words(
    "New_York Chicago Denver Los_Angeles Phoenix Anchorage Detroit Boise Juneau Nome Adak "
    "Menominee Sitka"
)
NO_DAY_FIRST_ZONES = _words(
    "Toronto Vancouver Edmonton Winnipeg Halifax Regina St_Johns Montreal Manila Tokyo Seoul "
    "Shanghai Taipei Hong_Kong Budapest Vilnius Ulaanbaatar Johannesburg Puerto_Rico Guam "
    "Pyongyang Macau Stockholm Mariehamn Tehran Kabul Kathmandu Thimphu Hovd Urumqi"
)
DAY_FIRST_HOSTS = _words(
    "uk ie au nz in de at fr es pt it nl be lu pl cz sk ru by ua bg rs hr si mk tr az kz uz "
    "kg tj ae sa eg qa kw bh om jo lb ma tn dz il gr cy fi no dk is ro md ee lv ge am bd th "
    "id vn mx ar cl co pe br uy ec ve bo py ke ng gh tz ug mt al me ba sg my lk pk"
)


@lru_cache(maxsize=1024)
def order_of_place(languages: tuple[str, ...], zone: str) -> Order | None:
    """Return the order of day and month in these languages, else in the time zone, or None."""
    implied = {order for order in map(_of_language, languages) if order}
    if len(implied) == 1:
        return implied.pop()
    if implied or any(_regional(tag) for tag in languages):
        return None
    area, _, city = zone.partition("/")
    if city in US_ZONES or area == "US" or city.startswith(("Indiana/", "Kentucky/", "North_Dak")):
        return "MDY"
    if city in NO_DAY_FIRST_ZONES or area not in {"Europe", "Asia", "Africa", "Australia"}:
        return None
    return "DMY"


def full_year(year: int, this_year: int) -> int:
    """Expand a two-digit year to the latest year that is at most 20 years after ``this_year``."""
    if year >= 100:  # noqa: PLR2004 - the year has its century already
        return year
    century = this_year - this_year % 100
    return century + year if century + year <= this_year + 20 else century + year - 100


def order_of_host(host: str) -> Order | None:
    """Return the order of day and month in the country of a host name, or None if unknown."""
    if host.endswith(US_HOSTS):
        return "MDY"
    return "DMY" if host.rpartition(".")[2] in DAY_FIRST_HOSTS else None


def order_of_dates(pairs: Iterable[tuple[int, int]]) -> Order | None:
    """Return the order of day and month in a list of dates, or None if unknown.

    ``pairs`` contains the first two numbers of each date. A number above 12 must be the day.
    """
    day_first = month_first = False
    for first, second in pairs:
        day_first = day_first or first > 12 >= second  # noqa: PLR2004 - months in a year
        month_first = month_first or second > 12 >= first  # noqa: PLR2004 - as above
    if day_first == month_first:
        return None
    return "DMY" if day_first else "MDY"


@dataclass(frozen=True, slots=True)
class ListedDate:
    """A date with a two-digit year in a list: three numbers in their written order.

    ``named`` contains the days in the addresses of the same row.
    """

    numbers: Row
    named: tuple[AddressDay, ...] = ()


def order_of_list(
    rows: Sequence[ListedDate], today: dt.date, usual: Order | None = None
) -> Order | None:
    """Return the order of day, month and year in a list of dates such as 26-03-14.

    In the right order, the days exist, are not in the future, rise or fall from row to row, and
    agree with the days in addresses. They also have fewer different years than days. If several
    orders fit equally well, the ``usual`` order of the page's language or country is preferred,
    then an order in which the days fall. Returns None if no order is clearly the best.
    """
    dates = (row for row in rows if any(_days([row], order, today) for order in ORDERS))
    some = [*islice(dates, MAX_ROWS)]
    if len(some) < (1 if any(row.named for row in some) else MIN_ROWS):
        return None
    apart = {order: _apart(some, order, today) for order in ORDERS}
    # If addresses contradict every order, they contain other dates, such as upload dates.
    apart = {order: count - min(apart.values()) for order, count in apart.items()}
    faults = {order: apart[order] + _faults(some, order, today) for order in ORDERS}
    best, second = sorted(ORDERS, key=lambda order: faults[order])[:2]
    if faults[best] * DECISIVE < faults[second]:
        return best
    equal = [order for order in ORDERS if faults[order] == faults[best]]
    if usual in equal:
        return usual
    # The latest day comes first.
    falling = [
        order
        for order in equal
        if len({*(days := _days(some, order, today))}) > 1 and days == sorted(days, reverse=True)
    ]
    return falling[0] if len(falling) == 1 and len(some) >= MIN_ROWS else None


def _apart(rows: Sequence[ListedDate], order: Order, today: dt.date) -> int:
    """Return the number of rows in which this order contradicts the days in addresses."""
    count = 0
    for row in rows:
        if row.named:
            days = _days([row], order, today)
            count += not any(named.agrees(day) for day in days for named in row.named)
    return count


def _days(rows: Sequence[ListedDate], order: Order, today: dt.date) -> list[dt.date]:
    """Return the days of the rows, read in this order. Days that do not exist are omitted."""
    found: list[dt.date] = []
    for row in rows:
        year, month, day = (row.numbers[order.index(part)] for part in "YMD")
        with suppress(ValueError):
            found.append(dt.date(full_year(year, today.year), month, day))
    return found


def _faults(rows: Sequence[ListedDate], order: Order, today: dt.date) -> int:
    """Return the number of contradictions between these rows and an order."""
    years, _, days = ([row.numbers[order.index(part)] for row in rows] for part in "YMD")
    found = _days(rows, order, today)
    missing = len(rows) - len(found)
    future = sum(day > today + MAX_AHEAD for day in found)
    rises = sum(before < after for before, after in pairwise(found))
    falls = sum(before > after for before, after in pairwise(found))
    return missing + future + min(rises, falls) + max(0, len({*years}) - len({*days}))


def _of_language(tag: str) -> Order | None:
    """Return the order of day, month and year for a language tag, or None if it is uncertain.

    The order of the tag's region is used if known, else the order of its language.
    """
    if regional := _regional(tag):
        return None if regional == "uncertain" else regional
    one = vocabulary().get(tag.lower().replace("_", "-").partition("-")[0])
    return one.dates.order if one else None


def _regional(tag: str) -> Order | Literal["uncertain"] | None:
    """Return the order for a tag such as ``en-US`` from its language file, or None."""
    language, _, region = tag.lower().replace("_", "-").partition("-")
    one = vocabulary().get(language)
    return one.dates.region_orders.get(region.upper()) if one else None


@dataclass(frozen=True, slots=True)
class DateContext:
    """Context for parsing the dates of a page.

    ``zone`` is the IANA name of the source's time zone. ``order`` is the order of the numbers in
    dates such as 03/04/26. ``languages`` are the page's language tags. ``now`` (aware UTC) is the
    current time, for words such as "yesterday".
    """

    zone: str
    order: Order | None = None
    languages: tuple[str, ...] = ()
    now: dt.datetime = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)

    @property
    def day_order(self) -> Order | None:
        """Return the given order, or else the order that the languages or the time zone imply."""
        return self.order or order_of_place(self.languages, self.zone)

    def speaks(self, *languages: str) -> bool:
        """Return whether the page is in one of these languages (such as ``fa``), in any region."""
        return any(tag.lower().startswith(languages) for tag in self.languages)
