"""Charts as inline SVG: releases per month, releases per weekday, and other bar charts.

Each chart has a description for screen readers. The style sheet sets the colours.
"""

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

from babel.dates import get_day_names
from markupsafe import Markup

from feeds.translations import Texts

STEP, GAP, HEIGHT, LABEL_HEIGHT = 12, 3, 48, 14
"""Sizes in pixels: distance between the starts of bars, gap between bars, height of the highest
bar, height of labels."""

MIN_BAR_HEIGHT: Final = 1
"""Height in pixels of a bar for zero, so that its position is visible."""

SHOWN_MONTHS: Final = 24
"""Number of months in a chart, ending with the month of the newest release."""

MIN_RELEASES: Final = 5
"""Minimum number of releases for charts. Charts of fewer releases would show no pattern."""


def bar_chart(
    bars: Sequence[tuple[str, int]], description: str, marks: Sequence[str] = ()
) -> Markup:
    """Draw a bar chart. Each bar is a pair of a label and a count.

    ``description`` describes the chart in a sentence. ``marks`` are texts below the bars, one per
    bar, possibly empty.
    """
    width = max(len(bars) * STEP - GAP, 1)
    highest = max((count for _, count in bars), default=0) or 1
    drawn = []
    for place, (label, count) in enumerate(bars):
        height = max(round(HEIGHT * count / highest), MIN_BAR_HEIGHT)
        drawn.append(
            Markup('<rect x="{}" y="{}" width="{}" height="{}"><title>{}</title></rect>').format(
                place * STEP, HEIGHT - height, STEP - GAP, height, f"{label}: {count}"
            )
        )
    for place, mark in enumerate(marks):
        if mark:
            middle = place * STEP + (STEP - GAP) / 2
            base = HEIGHT + LABEL_HEIGHT - 3
            drawn.append(Markup('<text x="{:g}" y="{}">{}</text>').format(middle, base, mark))
    height = HEIGHT + (LABEL_HEIGHT if any(marks) else 0)
    return Markup(
        '<svg class="chart" viewBox="0 0 {} {}" width="{}" height="{}" role="img" aria-label="{}">'
        "{}</svg>"
    ).format(width, height, width, height, description, Markup("").join(drawn))


def months_until(newest: str) -> list[str]:
    """Return the ISO months that the charts cover, given the ISO day of the newest release."""
    end = int(newest[:4]) * 12 + int(newest[5:7])
    return [f"{month // 12:04}-{month % 12 + 1:02}" for month in range(end - SHOWN_MONTHS, end)]


def rhythm_charts(texts: Texts, days: Mapping[str, int]) -> Markup:
    """Draw charts of releases per month and weekday.

    ``days`` maps ISO days to numbers of releases. The result is empty for fewer than MIN_RELEASES
    releases.
    """
    if sum(days.values()) < MIN_RELEASES:
        return Markup()
    return by_month(texts, days) + by_weekday(texts, days)


def by_month(texts: Texts, days: Mapping[str, int]) -> Markup:
    """Draw the number of releases per month, for the last SHOWN_MONTHS months.

    The last month is the month of the newest release.
    """
    counts: Counter[str] = Counter()
    for day, count in days.items():
        counts[day[:7]] += count
    months = months_until(max(counts))
    description = texts.gettext(
        "Releases per month from %(first)s to %(last)s: between %(least)s and %(most)s.",
        first=texts.format_period(months[0]),
        last=texts.format_period(months[-1]),
        least=texts.number(min(counts[month] for month in months)),
        most=texts.number(max(counts[month] for month in months)),
    )
    bars = [(texts.format_period(month), counts[month]) for month in months]
    marks = [month[:4] if month.endswith("-01") else "" for month in months]
    return figure(bar_chart(bars, description, marks), texts.gettext("By month"))


def by_weekday(texts: Texts, days: Mapping[str, int]) -> Markup:
    """Draw the number of releases per weekday, beginning with the language's first weekday."""
    counts: Counter[int] = Counter()
    for day, count in days.items():
        counts[dt.date.fromisoformat(day).weekday()] += count
    names = get_day_names("wide", "stand-alone", texts.locale)
    short = get_day_names("narrow", "stand-alone", texts.locale)
    order = [(texts.locale.first_week_day + place) % 7 for place in range(7)]
    busiest = max(order, key=lambda one: counts[one])
    description = texts.gettext(
        "Releases by day of the week: most on %(day)s, %(count)s of %(all)s.",
        day=names[busiest],
        count=texts.number(counts[busiest]),
        all=texts.number(counts.total()),
    )
    bars = [(names[one], counts[one]) for one in order]
    return figure(
        bar_chart(bars, description, [short[one] for one in order]),
        texts.gettext("By day of the week"),
    )


def figure(chart: Markup, caption: str) -> Markup:
    """Wrap a chart in a figure element with a caption."""
    return Markup("<figure>{}<figcaption>{}</figcaption></figure>").format(chart, caption)
