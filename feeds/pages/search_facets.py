"""Filters of a search: the active ones, and further ones with their counts of matches."""

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
"""The parameters of a search by name."""

MAX_VALUES: Final = 20
"""Maximum number of values of a filter, the most frequent ones, in the short list."""

MAX_ALL_VALUES: Final = 500
"""Maximum number of values of a filter in the full list."""

YEAR_LENGTH: Final = len("2026")


@dataclass(frozen=True, slots=True)
class ActiveFilter:
    """An active filter: its name, its value in words, and the search parameters without it."""

    name: str
    value: str
    rest: Asked


@dataclass(frozen=True, slots=True)
class FilterList:
    """A filter and its possible values, as tuples of label, count and link.

    ``all`` links to the full list, if this one is shortened.
    """

    name: str
    values: Sequence[tuple[str, int, str]]
    all: str | None = None


def filter_names(catalog: Catalog) -> dict[str, tuple[str, Callable[[str], str]]]:
    """Return filters by parameter: the name, and a function that gives the label of a value."""
    texts = catalog.texts
    states = {"corrected": texts.gettext("Corrected"), "retracted": texts.gettext("Retracted")}
    return {
        "source": (texts.gettext("Source"), lambda one: catalog.name(Facet(source=one))),
        "topic": (texts.gettext("Topic"), catalog.topic),
        "lang": (texts.gettext("Language"), texts.language_name),
        "state": (texts.gettext("Changes"), lambda one: states.get(one, one)),
    }


def active_filters(catalog: Catalog, asked: Asked) -> list[ActiveFilter]:
    """Return the active filters of a search."""
    found = []
    for key, (name, called) in filter_names(catalog).items():
        values = [one for one in asked.get(key, "").split(",") if one]
        for value in values:
            others = ",".join(one for one in values if one != value)
            rest = {**without(asked, key), **({key: others} if others else {})}
            found.append(ActiveFilter(name, called(value), rest))
    days = [asked[name] for name in ("since", "until") if name in asked]
    if days:
        rest = without(asked, "since", "until")
        found.append(
            ActiveFilter(catalog.texts.gettext("Days"), days_in_words(catalog.texts, asked), rest)
        )
    return found


def days_in_words(texts: Texts, asked: Asked) -> str:
    """Return the date range of a search in words."""
    since, until = asked.get("since", ""), asked.get("until", "")
    for period in (since[:4], since[:7]):
        if period and days_of(period) == (since, until):
            return texts.spoken(period)
    if not until:
        return texts.gettext("since %(day)s", day=texts.spoken(since))
    if not since:
        return texts.gettext("until %(day)s", day=texts.spoken(until))
    return since if since == until else f"{texts.spoken(since)} – {texts.spoken(until)}"


def filters_of_matches(
    catalog: Catalog, matches: Matches, asked: Asked, more: str = ""
) -> list[FilterList]:
    """Return the filters that can narrow a search further, with counts of its matches.

    ``more`` is a parameter whose values are listed in full, as the only filter.
    """
    counts = {
        "source": matches.sources,
        "topic": matches.topics,
        "lang": matches.languages,
        "state": matches.states,
    }
    found = [
        filter_list(catalog, key, counts[key], asked, in_full=key == more)
        for key in counts
        if key not in asked and (not more or key == more)
    ]
    if not more:
        found.append(periods(catalog.texts, matches.periods, asked))
    return [one for one in found if one.values]


def filters_of_all(catalog: Catalog, counts: Mapping[Facet, int]) -> list[FilterList]:
    """Return the filters of all releases, for a page without a search."""
    sources = {one.source: count for one, count in counts.items() if one == Facet(one.source)}
    topics = {one.topic: count for one, count in counts.items() if one == Facet(topic=one.topic)}
    years = {
        one.period: count
        for one, count in counts.items()
        if one.period and one == Facet(period=one.period) and len(one.period) == YEAR_LENGTH
    }
    found = [
        filter_list(catalog, "source", {one: count for one, count in sources.items() if one}, {}),
        filter_list(catalog, "topic", {one: count for one, count in topics.items() if one}, {}),
        periods(catalog.texts, years, {}),
    ]
    return [one for one in found if one.values]


def filter_list(
    catalog: Catalog, key: str, counts: Mapping[str, int], asked: Asked, *, in_full: bool = False
) -> FilterList:
    """Return one filter with its values, the most frequent first."""
    name, called = filter_names(catalog)[key]
    limit = MAX_ALL_VALUES if in_full else MAX_VALUES
    order = sorted(counts.items(), key=lambda one: (-one[1], one[0]))
    values = [
        (called(value), count, link_of({**asked, key: value})) for value, count in order[:limit]
    ]
    rest = None
    if asked and len(order) > limit and not in_full:
        rest = link_of({**asked, "more": key})
    return FilterList(name, values, rest)


def periods(texts: Texts, counts: Mapping[str, int], asked: Asked) -> FilterList:
    """Return the years of the matches, or the months if all are in one year, latest first."""
    years = [period for period in counts if len(period) == YEAR_LENGTH]
    months = [period for period in counts if len(period) != YEAR_LENGTH]
    found = years if len(years) > 1 else months
    if len(found) == 1 and ("since" in asked or "until" in asked):
        found = []
    values = []
    for period in sorted(found, reverse=True)[:MAX_ALL_VALUES]:
        first, last = days_of(period)
        since = max(first, asked.get("since", first))
        until = min(last, asked.get("until", last))
        link = link_of({**asked, "since": since, "until": until})
        values.append((texts.spoken(period), counts[period], link))
    name = texts.gettext("Year") if found is years else texts.gettext("Month")
    return FilterList(name, values)


def days_of(period: str) -> tuple[str, str]:
    """Return the first and last ISO day of a year or month; empty texts if invalid."""
    year, _, month = period.partition("-")
    with suppress(ValueError, calendar.IllegalMonthError):
        last = calendar.monthrange(int(year), int(month))[1] if month else 31
        return (
            dt.date(int(year), int(month or 1), 1).isoformat(),
            dt.date(int(year), int(month or 12), last).isoformat(),
        )
    return "", ""


def link_of(asked: Asked) -> str:
    """Return the link to a search, relative to the search page."""
    return "?" + urlencode(sorted(asked.items()))


def without(asked: Asked, *names: str) -> dict[str, str]:
    """Return the parameters of a search except some."""
    return {name: value for name, value in asked.items() if name not in names}
