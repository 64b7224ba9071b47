"""When a source publishes, as charts: its releases by month and by day of the week."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping
from typing import Final

from babel.dates import get_day_names
from markupsafe import Markup

from feeds.pages.charts import bar_chart
from feeds.translations import Texts

MONTHS: Final = 24
"""Months that are shown, up to that of the newest release."""

LEAST: Final = 5
"""Releases below which nothing is drawn: they say nothing of a rhythm."""


def first_day(newest: str) -> str:
    """The first of the days that are counted, by the day of the newest release."""
    year, month = int(newest[:4]), int(newest[5:7])
    months = year * 12 + month - MONTHS
    return f"{months // 12:04}-{months % 12 + 1:02}-01"


def rhythm_charts(texts: Texts, days: Mapping[str, int]) -> Markup:
    """Two charts of releases by day of publication, as ISO writes it; empty where they are few."""
    if sum(days.values()) < LEAST:
        return Markup()
    return by_month(texts, days) + by_weekday(texts, days)


def by_month(texts: Texts, days: Mapping[str, int]) -> Markup:
    """Releases of each month from the first of `MONTHS` to the last that has any."""
    counts: Counter[str] = Counter()
    for day, count in days.items():
        counts[day[:7]] += count
    last = max(counts)
    first = first_day(last)[:7]
    months = list(months_between(first, last))
    said = texts.gettext(
        "Releases by month, from %(first)s to %(last)s: %(least)s to %(most)s.",
        first=texts.spoken(first),
        last=texts.spoken(last),
        least=texts.number(min(counts[month] for month in months)),
        most=texts.number(max(counts[month] for month in months)),
    )
    bars = [(texts.spoken(month), counts[month]) for month in months]
    marks = [month[:4] if month.endswith("-01") else "" for month in months]
    return figure(bar_chart(bars, said, marks), texts.gettext("By month"))


def by_weekday(texts: Texts, days: Mapping[str, int]) -> Markup:
    """Releases of each day of the week, as it is counted in the language of the site."""
    counts: Counter[int] = Counter()
    for day, count in days.items():
        counts[dt.date.fromisoformat(day).weekday()] += count
    names = get_day_names("wide", "stand-alone", texts.locale)
    short = get_day_names("narrow", "stand-alone", texts.locale)
    order = [(texts.locale.first_week_day + place) % 7 for place in range(7)]
    busiest = max(order, key=lambda one: counts[one])
    said = texts.gettext(
        "Releases by day of the week: most on %(day)s, %(count)s of %(all)s.",
        day=names[busiest],
        count=texts.number(counts[busiest]),
        all=texts.number(counts.total()),
    )
    bars = [(names[one], counts[one]) for one in order]
    return figure(
        bar_chart(bars, said, [short[one] for one in order]), texts.gettext("By day of the week")
    )


def months_between(first: str, last: str) -> list[str]:
    """All months from one to another."""
    start, end = (int(month[:4]) * 12 + int(month[5:7]) - 1 for month in (first, last))
    return [f"{month // 12:04}-{month % 12 + 1:02}" for month in range(start, end + 1)]


def figure(chart: Markup, caption: str) -> Markup:
    """A chart with what it is called."""
    return Markup("<figure>{}<figcaption>{}</figcaption></figure>").format(chart, caption)
