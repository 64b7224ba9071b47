"""By what a search can be narrowed, how many matches each way has, and what it is narrowed to."""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, TypeAlias
from urllib.parse import urlencode

from data.models import Facet
from data.search.matches import Matches
from feeds.catalog import Catalog
from feeds.translations import Texts

Asked: TypeAlias = Mapping[str, str]
"""What a search asks for, by the parameters of its address."""

FIRST: Final = 20
"""Values of a facet that are listed at first, the most frequent ones."""

MOST: Final = 500
"""Values that are listed where all are asked for."""

YEAR: Final = len("2026")


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a search is narrowed to: of which kind, called what, and what it asks without it."""

    name: str
    value: str
    rest: Asked


@dataclass(frozen=True, slots=True)
class FacetList:
    """One way to narrow a search: its name, values with how many matches each has, and links."""

    name: str
    values: Sequence[tuple[str, int, str]]
    all: str | None = None


def kinds_of(catalog: Catalog) -> dict[str, tuple[str, Callable[[str], str]]]:
    """By which parameters searches are narrowed: its name, and how values are called."""
    texts = catalog.texts
    states = {"corrected": texts.gettext("Corrected"), "retracted": texts.gettext("Retracted")}
    return {
        "source": (texts.gettext("Source"), lambda one: catalog.name(Facet(source=one))),
        "topic": (texts.gettext("Topic"), catalog.topic),
        "lang": (texts.gettext("Language"), texts.language_name),
        "state": (texts.gettext("Changes"), lambda one: states.get(one, one)),
    }


def chosen_of(catalog: Catalog, asked: Asked) -> list[Chosen]:
    """What a search is narrowed to, each with what it asks without it."""
    found = []
    for key, (name, called) in kinds_of(catalog).items():
        values = [one for one in asked.get(key, "").split(",") if one]
        for value in values:
            others = ",".join(one for one in values if one != value)
            rest = {**without(asked, key), **({key: others} if others else {})}
            found.append(Chosen(name, called(value), rest))
    days = [asked[name] for name in ("since", "until") if name in asked]
    if days:
        rest = without(asked, "since", "until")
        found.append(Chosen(catalog.texts.gettext("Days"), said_days(catalog.texts, asked), rest))
    return found


def said_days(texts: Texts, asked: Asked) -> str:
    """The days that a search is narrowed to, in words."""
    since, until = asked.get("since", ""), asked.get("until", "")
    for period in (since[:4], since[:7]):
        if period and days_of(period) == (since, until):
            return texts.spoken(period)
    if not until:
        return texts.gettext("since %(day)s", day=texts.spoken(since))
    if not since:
        return texts.gettext("until %(day)s", day=texts.spoken(until))
    return since if since == until else f"{texts.spoken(since)} – {texts.spoken(until)}"


def facets_of_matches(
    catalog: Catalog, matches: Matches, asked: Asked, more: str = ""
) -> list[FacetList]:
    """By what a search can be narrowed further, as its matches are; ``more`` is listed in full."""
    counts = {
        "source": matches.sources,
        "topic": matches.topics,
        "lang": matches.languages,
        "state": matches.states,
    }
    found = [
        listed(catalog, key, counts[key], asked, in_full=key == more)
        for key in counts
        if key not in asked and (not more or key == more)
    ]
    if not more:
        found.append(periods(catalog.texts, matches.periods, asked))
    return [one for one in found if one.values]


def facets_of_all(catalog: Catalog, counts: Mapping[Facet, int]) -> list[FacetList]:
    """By what all releases can be chosen, before anything is searched for."""
    sources = {one.source: count for one, count in counts.items() if one == Facet(one.source)}
    topics = {one.topic: count for one, count in counts.items() if one == Facet(topic=one.topic)}
    years = {
        one.period: count
        for one, count in counts.items()
        if one.period and one == Facet(period=one.period) and len(one.period) == YEAR
    }
    found = [
        listed(catalog, "source", {one: count for one, count in sources.items() if one}, {}),
        listed(catalog, "topic", {one: count for one, count in topics.items() if one}, {}),
        periods(catalog.texts, years, {}),
    ]
    return [one for one in found if one.values]


def listed(
    catalog: Catalog, key: str, counts: Mapping[str, int], asked: Asked, *, in_full: bool = False
) -> FacetList:
    """The values of one facet, the most frequent first."""
    name, called = kinds_of(catalog)[key]
    most = MOST if in_full else FIRST
    order = sorted(counts.items(), key=lambda one: (-one[1], one[0]))
    values = [
        (called(value), count, link_of({**asked, key: value})) for value, count in order[:most]
    ]
    rest = None
    if asked and len(order) > most and not in_full:
        rest = link_of({**asked, "more": key})
    return FacetList(name, values, rest)


def periods(texts: Texts, counts: Mapping[str, int], asked: Asked) -> FacetList:
    """The years of the matches, or where they are of one, its months; the latest first."""
    years = [period for period in counts if len(period) == YEAR]
    months = [period for period in counts if len(period) != YEAR]
    found = years if len(years) > 1 else months
    if len(found) == 1 and ("since" in asked or "until" in asked):
        found = []
    values = []
    for period in sorted(found, reverse=True)[:MOST]:
        first, last = days_of(period)
        since = max(first, asked.get("since", first))
        until = min(last, asked.get("until", last))
        link = link_of({**asked, "since": since, "until": until})
        values.append((texts.spoken(period), counts[period], link))
    name = texts.gettext("Year") if found is years else texts.gettext("Month")
    return FacetList(name, values)


def days_of(period: str) -> tuple[str, str]:
    """The first and last day of a year or month as ISO writes it; what is none gives empty ones."""
    year, _, month = period.partition("-")
    with suppress(ValueError, calendar.IllegalMonthError):
        last = calendar.monthrange(int(year), int(month))[1] if month else 31
        return (
            dt.date(int(year), int(month or 1), 1).isoformat(),
            dt.date(int(year), int(month or 12), last).isoformat(),
        )
    return "", ""


def link_of(asked: Asked) -> str:
    """The address of a search as its own page links it."""
    return "?" + urlencode(sorted(asked.items()))


def without(asked: Asked, *names: str) -> dict[str, str]:
    """What is asked for but for some parameters."""
    return {name: value for name, value in asked.items() if name not in names}
