"""Charts show their counts and describe them for screen readers."""

from __future__ import annotations

import re

from lxml import html

from feeds.pages.charts import (
    HEIGHT,
    SHOWN_MONTHS,
    bar_chart,
    months_until,
    rhythm_charts,
)
from feeds.translations import texts_of

EN, AZ = texts_of("en"), texts_of("az")
DAYS = {"2024-12-31": 2, "2026-01-05": 1, "2026-11-02": 4, "2026-11-24": 1}


def test_bars_are_as_high_as_their_counts() -> None:
    chart = html.fromstring(str(bar_chart([("a", 10), ("<b>", 5), ("c", 0)], "Said & done")))
    heights = [int(one.get("height", "")) for one in chart.iter("rect")]
    assert heights == [HEIGHT, HEIGHT // 2, 1]
    assert [one.text for one in chart.iter("title")] == ["a: 10", "<b>: 5", "c: 0"]
    assert chart.get("aria-label") == "Said & done"


def test_months_end_with_the_month_of_the_newest_release() -> None:
    months = months_until("2026-11-24")
    assert (months[0], months[-1], len(months)) == ("2024-12", "2026-11", SHOWN_MONTHS)
    assert months_until("2026-12-01")[0] == "2025-01"


def test_each_chart_has_a_sentence_for_screen_readers() -> None:
    page = html.fromstring(f"<div>{rhythm_charts(EN, DAYS)}</div>")
    said = [one.get("aria-label") for one in page.iter("svg")]
    period, week = (re.findall(r"[A-Z][a-z]+ \d{4}|Monday|\d+", one or "") for one in said)
    assert period == ["December 2024", "November 2026", "0", "5"]
    assert week == ["Monday", "5", "8"]
    months, weekdays = page.iter("svg")
    assert len(list(months.iter("rect"))) == SHOWN_MONTHS
    assert len(list(weekdays.iter("rect"))) == 7


def test_names_of_months_are_in_the_language_of_the_site() -> None:
    first = next(html.fromstring(f"<div>{rhythm_charts(AZ, DAYS)}</div>").iter("svg"))
    assert "noyabr 2026: 5" in [one.text for one in first.iter("title")]


def test_few_releases_have_no_charts() -> None:
    assert not rhythm_charts(EN, {})
    assert not rhythm_charts(EN, {"2026-11-02": 4})
