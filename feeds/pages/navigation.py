"""Navigation links of pages: related facets with counts, calendars, and neighbouring pages."""

import calendar
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias
from urllib.parse import urlencode

from data.models import Facet, Release
from data.text.urls import web_address
from data.topics.facets import section_of
from feeds.catalog import Catalog
from feeds.translations import Texts
from feeds.urls import MONTH, YEAR, page_file, release_file

Item: TypeAlias = tuple[str, str, int]
"""A name, its link (a file, or the query string of a search), and its number of releases."""

MAX_YEARS = 12
"""Maximum number of years with links on the home page."""


@dataclass(frozen=True, slots=True)
class Paging:
    """Files of the other pages to which a page of a list links. A missing page is None."""

    newest: str | None = None
    newer: str | None = None
    older: str | None = None
    oldest: str | None = None


SINGLE_PAGE: Final = Paging()
"""Paging links of a list that has only one page."""


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """A cell in the calendar of a month: the number of a day, or 0 for an empty cell.

    ``file`` is the page of the day, or empty if the day has no releases.
    """

    number: int
    name: str = ""
    file: str = ""
    releases: int = 0


@dataclass(frozen=True, slots=True)
class CalendarMonth:
    """Calendar of a month: short and full names of weekdays, and the weeks."""

    names: tuple[tuple[str, str], ...]
    weeks: tuple[tuple[CalendarDay, ...], ...]


def month_of(period: str, counts: Mapping[Facet, int], texts: Texts) -> CalendarMonth:
    """Return the calendar of an ISO month, starting weeks with the language's first weekday."""
    year, month = int(period[:4]), int(period[5:])
    first = texts.locale.first_week_day
    order = [(first + day) % 7 for day in range(7)]
    short, whole = (texts.locale.days["stand-alone"][width] for width in ("abbreviated", "wide"))

    def day(number: int) -> CalendarDay:
        if not number:
            return CalendarDay(0)
        name = f"{period}-{number:02}"
        facet = Facet(period=name)
        count = counts.get(facet, 0)
        return CalendarDay(
            number, texts.format_period(name), page_file(facet) if count else "", count
        )

    weeks = calendar.Calendar(first).monthdayscalendar(year, month)
    return CalendarMonth(
        tuple((short[number], whole[number]) for number in order),
        tuple(tuple(map(day, week)) for week in weeks),
    )


class Navigation:
    """Navigation links to the facets that are related to each facet, in a fixed order.

    ``counts`` maps facets to numbers of releases. ``sources`` are the facets of sources with
    releases, ``topics`` of topics and ``languages`` of languages. ``institutions`` is the number of
    sources without ``single_pages``, the ids of sources that are a single page.
    """

    def __init__(
        self,
        catalog: Catalog,
        counts: Mapping[Facet, int],
        single_pages: Collection[str] = (),
    ) -> None:
        self.catalog = catalog
        self.counts = counts
        self.sources: list[Facet] = []
        self.topics: list[Facet] = []
        self.languages: list[Facet] = []
        self._sections: dict[str, list[Facet]] = {}
        self._of_source: dict[str, list[Facet]] = {}
        self._of_topic: dict[str, list[Facet]] = {}
        self._within: dict[str, list[Facet]] = {}
        for facet in counts:
            match facet:
                case Facet(str(source), str(topic)):
                    self._of_source.setdefault(source, []).append(facet)
                    self._of_topic.setdefault(topic, []).append(facet)
                case Facet(str(), None, None, None):
                    self.sources.append(facet)
                case Facet(None, str()):
                    self.topics.append(facet)
                case Facet(str(source), None, None, str()):
                    self._sections.setdefault(source, []).append(facet)
                case Facet(None, None, None, None, str()):
                    self.languages.append(facet)
                case Facet(None, None, str(period)):
                    self._within.setdefault(period.rpartition("-")[0], []).append(facet)
        self.institutions = len(self.sources) - len(single_pages)
        self._texts = catalog.texts
        self._top = (self._texts.gettext("All releases"), "index.html")

    def around(self, facet: Facet) -> dict[str, Any]:
        """Return the template values for the navigation on a facet's page."""
        shown: dict[str, Any] = {
            "total": self.counts.get(facet, 0),
            "crumbs": [self._top],
            "within": [],
            "within_name": "",
            "month": None,
            "selections": [],
            "sections": [],
            "home": None,
            "home_text": "",
            "ended": self.catalog.ended(facet.source),
            "opml": opml_query(facet),
        }
        match facet:
            case Facet(None, None, None, None, None):
                shown |= self._home()
            case Facet(None, None, str(period)):
                shown |= self._period(period)
            case Facet(str(source), None, None, None):
                url = web_address(self.catalog.source(source).url)
                selections = self._selections(self._of_source.get(source, []), self._topic_name)
                named = self._texts.gettext("Topics")
                shown |= {"selections": selections, "within_name": named, "home": url}
                shown["home_text"] = self._texts.gettext("The original website")
                shown["sections"] = self._items(self._sections.get(source, []), self._section_name)
            case Facet(None, str(topic)):
                selections = self._selections(self._of_topic.get(topic, []), self._source_name)
                shown |= {"selections": selections, "within_name": self._texts.gettext("Sources")}
            case Facet(str(source)):
                name, file = self._source_name(facet), page_file(Facet(source=source))
                shown |= {"crumbs": [self._top, (name, file)]}
        return shown

    def _home(self) -> dict[str, Any]:
        years = newest_first(self._within.get("", []))
        recent = (self._within.get(year.period or "", []) for year in years[:2])
        months = newest_first([month for months in recent for month in months])
        return {
            "sources": self._largest(self.sources, 8),
            "source_count": len(self.sources),
            "topics": self._largest(self.topics, 12),
            "topic_count": len(self.topics),
            "languages": self._largest(self.languages, 6),
            "language_count": len(self.languages),
            "months": [self._item(one) for one in months[:6]],
            "years": [self._item(one) for one in years[:MAX_YEARS]],
        }

    def _item(self, period: Facet) -> Item:
        name = self._texts.format_period(period.period or "")
        return name, page_file(period), self.counts[period]

    def _largest(self, facets: list[Facet], number: int) -> list[Item]:
        """Return the ``number`` facets with the most releases."""
        return sorted(self._items(facets, self.catalog.name), key=lambda item: -item[2])[:number]

    def _period(self, period: str) -> dict[str, Any]:
        days = len(period) == MONTH
        crumbs = [period[:length] for length in (YEAR, MONTH) if length < len(period)]
        above = [(self._texts.format_period(up), page_file(Facet(period=up))) for up in crumbs]
        return {
            "crumbs": [self._top, *above],
            "within": [self._item(one) for one in newest_first(self._within.get(period, []))],
            "within_name": self._texts.gettext("Days") if days else self._texts.gettext("Months"),
            "month": month_of(period, self.counts, self._texts) if days else None,
        }

    def _items(self, facets: list[Facet], name: Callable[[Facet], str]) -> list[Item]:
        items = [(name(facet), page_file(facet), self.counts[facet]) for facet in facets]
        return sorted(items, key=lambda item: (self._texts.collation_key(item[0]), item[1]))

    def _selections(self, facets: list[Facet], name: Callable[[Facet], str]) -> list[Item]:
        """Return links to searches for a source's topics or a topic's sources.

        The most frequent topics or sources come first. The links lead to searches, because pages
        for a topic of one source are not published as files.
        """
        items = [
            (name(one), urlencode({"source": one.source, "topic": one.topic}), self.counts[one])
            for one in facets
        ]
        key = self._texts.collation_key
        return sorted(items, key=lambda item: (-item[2], key(item[0]), item[1]))

    def _topic_name(self, facet: Facet) -> str:
        return self.catalog.topic(facet.topic or "")

    def _section_name(self, facet: Facet) -> str:
        return self.catalog.section(facet.source or "", facet.section or "")

    def _source_name(self, facet: Facet) -> str:
        return self.catalog.name(Facet(source=facet.source))


def opml_query(facet: Facet) -> str | None:
    """Return the query string of /opml.xml that selects a facet's feeds.

    Returns None if OPML can't select the facet.
    """
    if facet == Facet():
        return ""
    asked = {name: getattr(facet, name) for name in ("source", "topic") if getattr(facet, name)}
    return f"?{urlencode(asked)}" if asked and facet == Facet(**asked) else None


def newest_first(facets: list[Facet]) -> list[Facet]:
    """Return facets of periods in order, the latest period first."""
    return sorted(facets, key=lambda facet: facet.period or "", reverse=True)


def release_crumbs(catalog: Catalog, release: Release, title: str = "") -> list[tuple[str, str]]:
    """Return the breadcrumbs on the page of a release: its source and section.

    With the release's ``title``, return the breadcrumbs on a page that belongs to the release.
    """
    source = Facet(source=release.source)
    first = catalog.texts.gettext("All")
    crumbs = [(first, "index.html"), (catalog.name(source), page_file(source))]
    if section := section_of(release.content.section):
        file = page_file(Facet(source=release.source, section=section.slug))
        crumbs.append((catalog.section(release.source, section.slug), file))
    return [*crumbs, (title, release_file(release.id))] if title else crumbs
