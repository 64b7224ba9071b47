"""The weeks of a month, as a calendar shows them."""

from __future__ import annotations

import calendar
from collections.abc import Mapping
from dataclasses import dataclass

from data.models import Facet
from feeds.translations import Texts
from feeds.urls import page_file


@dataclass(frozen=True, slots=True)
class Day:
    """A day of a month: its number, how people say it, its page and its releases; 0 is no day.

    The page is empty where nothing was published.
    """

    number: int
    name: str = ""
    file: str = ""
    releases: int = 0


@dataclass(frozen=True, slots=True)
class Month:
    """A month: the short and the whole names of the days of a week, and its weeks."""

    names: tuple[tuple[str, str], ...]
    weeks: tuple[tuple[Day, ...], ...]


def month_of(period: str, counts: Mapping[Facet, int], texts: Texts) -> Month:
    """A month such as ``2022-11``, in weeks that begin as the language has them."""
    year, month = int(period[:4]), int(period[5:])
    first = texts.locale.first_week_day
    order = [(first + day) % 7 for day in range(7)]
    short, whole = (texts.locale.days["stand-alone"][width] for width in ("abbreviated", "wide"))

    def day(number: int) -> Day:
        if not number:
            return Day(0)
        name = f"{period}-{number:02}"
        facet = Facet(period=name)
        count = counts.get(facet, 0)
        return Day(number, texts.spoken(name), page_file(facet) if count else "", count)

    weeks = calendar.Calendar(first).monthdayscalendar(year, month)
    return Month(
        tuple((short[number], whole[number]) for number in order),
        tuple(tuple(map(day, week)) for week in weeks),
    )
