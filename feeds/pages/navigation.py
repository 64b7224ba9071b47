"""What a page lists beside its releases: its neighbours, from the counts of all facets."""

from __future__ import annotations

import calendar
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias
from urllib.parse import urlencode

from data.models import Facet
from data.text.urls import web_address
from feeds.catalog import Catalog
from feeds.urls import page_file

Item: TypeAlias = tuple[str, str, int]
"""A name, the file of its page or the query of its search, and its number of releases."""

TOP = ("All releases", "index.html")


class Navigation:
    """The neighbours of every facet, in a fixed order."""

    def __init__(self, catalog: Catalog, counts: Mapping[Facet, int]) -> None:
        self.catalog = catalog
        self.counts = counts
        self._sources: list[Facet] = []
        self._topics: list[Facet] = []
        self._languages: list[Facet] = []
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
                    self._sources.append(facet)
                case Facet(None, str()):
                    self._topics.append(facet)
                case Facet(str(source), None, None, str()):
                    self._sections.setdefault(source, []).append(facet)
                case Facet(None, None, None, None, str()):
                    self._languages.append(facet)
                case Facet(None, None, str(period)):
                    self._within.setdefault(period.rpartition("-")[0], []).append(facet)

    def around(self, facet: Facet) -> dict[str, Any]:
        """What the page of a facet shows beside its releases."""
        shown: dict[str, Any] = {
            "total": self.counts.get(facet, 0),
            "crumbs": [TOP],
            "within": [],
            "within_name": "",
            "selections": [],
            "sections": [],
            "home": None,
            "home_text": "",
            "ended": self.catalog.ended(facet.source),
        }
        match facet:
            case Facet(None, None, None, None, None):
                shown |= self._home()
            case Facet(None, None, str(period)):
                shown |= self._period(period)
            case Facet(str(source), None, None, None):
                url = web_address(self.catalog.source(source).url)
                selections = self._selections(self._of_source.get(source, []), self._topic_name)
                shown |= {"selections": selections, "within_name": "Topics", "home": url}
                shown["home_text"] = "Their press room"
                shown["sections"] = self._items(self._sections.get(source, []), self._section_name)
            case Facet(None, str(topic)):
                selections = self._selections(self._of_topic.get(topic, []), self._source_name)
                shown |= {"selections": selections, "within_name": "Sources"}
            case Facet(str(source)):
                name, file = self._source_name(facet), page_file(Facet(source=source))
                shown |= {"crumbs": [TOP, (name, file)]}
        return shown

    def choices(self) -> dict[str, list[tuple[str, str]]]:
        """The sources and topics that a search may be limited to: what they are called, and ids."""
        sources = [(self.catalog.name(one), one.source or "") for one in self._sources]
        topics = [(self.catalog.name(one), one.topic or "") for one in self._topics]
        return {
            "sources": sorted(sources, key=lambda one: (one[0].casefold(), one[1])),
            "topics": sorted(topics, key=lambda one: (one[0].casefold(), one[1])),
        }

    def _home(self) -> dict[str, Any]:
        return {
            "sources": self._items(self._sources, self.catalog.name),
            "topics": self._items(self._topics, self.catalog.name),
            "languages": self._items(self._languages, self.catalog.name),
            "years": [
                (*year, self._months(facet))
                for facet in newest_first(self._within.get("", []))
                for year in self._items([facet], self.catalog.name)
            ],
        }

    def _months(self, year: Facet) -> list[Item]:
        months = sorted(self._within.get(year.period or "", []), key=str)
        return [
            (
                calendar.month_abbr[int((month.period or "")[5:7])],
                page_file(month),
                self.counts[month],
            )
            for month in months
        ]

    def _period(self, period: str) -> dict[str, Any]:
        above = period.split("-")[:-1]
        crumbs = ["-".join(above[: count + 1]) for count in range(len(above))]
        days = len(period) == len("2022-11")
        within = newest_first(self._within.get(period, []))
        return {
            "crumbs": [
                TOP,
                *((self.catalog.texts.spoken(up), page_file(Facet(period=up))) for up in crumbs),
            ],
            "within": [
                (
                    self.catalog.texts.spoken(facet.period or ""),
                    page_file(facet),
                    self.counts[facet],
                )
                for facet in within
            ],
            "within_name": "Days" if days else "Months",
        }

    def _items(self, facets: list[Facet], name: Callable[[Facet], str]) -> list[Item]:
        items = [(name(facet), page_file(facet), self.counts[facet]) for facet in facets]
        return sorted(items, key=lambda item: (item[0].casefold(), item[1]))

    def _selections(self, facets: list[Facet], name: Callable[[Facet], str]) -> list[Item]:
        """Topics of a source, or sources of a topic: each a search, as no file holds it."""
        items = [
            (name(one), urlencode({"source": one.source, "topic": one.topic}), self.counts[one])
            for one in facets
        ]
        return sorted(items, key=lambda item: (item[0].casefold(), item[1]))

    def _topic_name(self, facet: Facet) -> str:
        return self.catalog.topic(facet.topic or "")

    def _section_name(self, facet: Facet) -> str:
        return self.catalog.section(facet.source or "", facet.section or "")

    def _source_name(self, facet: Facet) -> str:
        return self.catalog.name(Facet(source=facet.source))


def newest_first(facets: list[Facet]) -> list[Facet]:
    """Facets of periods, the latest first."""
    return sorted(facets, key=lambda facet: facet.period or "", reverse=True)
