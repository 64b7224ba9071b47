"""The page of all years and months, with the releases of each."""

from __future__ import annotations

from dataclasses import dataclass

from data.models import Facet
from feeds.pages.renderer import PageRenderer
from feeds.urls import MONTH, page_file

FILE = "days/index.html"


@dataclass(frozen=True, slots=True)
class Period:
    """A year or a month: what it is called, its page and its releases, and what is within."""

    name: str
    file: str
    releases: int
    within: tuple[Period, ...] = ()


def days_page(pages: PageRenderer) -> bytes:
    """The page of all years, the newest first, with their months."""
    counts, texts = pages.navigation.counts, pages.catalog.texts
    months: dict[str, list[Period]] = {}
    for period in sorted(one.period for one in counts if one.period and len(one.period) == MONTH):
        facet = Facet(period=period)
        name = texts.locale.months["stand-alone"]["wide"][int(period[5:])]
        months.setdefault(period[:4], []).append(Period(name, page_file(facet), counts[facet]))
    years = [
        Period(year, page_file(facet), counts[facet], tuple(within))
        for year, within in sorted(months.items(), reverse=True)
        if (facet := Facet(period=year)) in counts
    ]
    title = texts.gettext("Days")
    return pages.render("days.html", FILE, Facet(), title=title, years=years)
