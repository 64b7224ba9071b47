"""Filters of a search: the active filters, and further filters with their numbers of matches."""

import calendar
import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, TypeAlias

from data.models import Facet
from data.search.query import Matches
from feeds.catalog import Catalog
from feeds.pages.navigation import Navigation
from feeds.searches import SearchParameters, canonical_query
from feeds.translations import Texts
from feeds.urls import YEAR

MAX_VALUES: Final = 20
"""Maximum number of values in the short list of a filter, which has the most frequent values."""

MAX_ALL_VALUES: Final = 500
"""Maximum number of values in the full list of a filter."""


ActiveFilter: TypeAlias = tuple[str, str, SearchParameters]
"""An active filter: its name, the label of its value, and the search without this filter."""


@dataclass(frozen=True, slots=True)
class FilterList:
    """A filter and its possible values, as tuples of label, count and link.

    If the list is shortened, ``all`` is the link to the full list.
    """

    name: str
    values: Sequence[tuple[str, int, str]]
    all: str | None = None


def filter_names(catalog: Catalog) -> dict[str, tuple[str, Callable[[str], str]]]:
    """Return the filters by parameter: a name, and a function that returns the label of a value."""
    texts = catalog.texts
    states = {"corrected": texts.gettext("Corrected"), "retracted": texts.gettext("Retracted")}
    return {
        "source": (texts.gettext("Source"), lambda one: catalog.name(Facet(source=one))),
        "topic": (texts.gettext("Topic"), catalog.topic),
        "lang": (texts.gettext("Language"), texts.language_name),
        "state": (texts.gettext("Changes"), lambda one: states.get(one, one)),
    }


def active_filters(catalog: Catalog, parameters: SearchParameters) -> list[ActiveFilter]:
    """Return the active filters of a search."""
    found: list[ActiveFilter] = []
    for key, (name, called) in filter_names(catalog).items():
        values = [one for one in parameters.get(key, "").split(",") if one]
        for value in values:
            others = ",".join(one for one in values if one != value)
            rest = {**without(parameters, key), **({key: others} if others else {})}
            found.append((name, called(value), rest))
    if "since" in parameters or "until" in parameters:
        rest, days = without(parameters, "since", "until"), days_in_words(catalog.texts, parameters)
        found.append((catalog.texts.gettext("Days"), days, rest))
    return found


def days_in_words(texts: Texts, parameters: SearchParameters) -> str:
    """Return the date range of a search in words."""
    since, until = parameters.get("since", ""), parameters.get("until", "")
    for period in (since[:4], since[:7]):
        if period and days_of(period) == (since, until):
            return texts.format_period(period)
    if not until:
        return texts.gettext("since %(day)s", day=texts.format_period(since))
    if not since:
        return texts.gettext("until %(day)s", day=texts.format_period(until))
    if since == until:
        return since
    return f"{texts.format_period(since)} – {texts.format_period(until)}"


def filters_of_matches(
    catalog: Catalog, matches: Matches, parameters: SearchParameters, more: str = ""
) -> list[FilterList]:
    """Return filters that narrow a search further, with their numbers of matches.

    If ``more`` is a parameter, only the filter of this parameter is returned, with all its values.
    """
    counts = (matches.sources, matches.topics, matches.languages, matches.states)
    found = [
        filter_list(catalog, key, values, parameters, in_full=key == more)
        for key, values in zip(filter_names(catalog), counts, strict=True)
        if key not in parameters and (not more or key == more)
    ]
    if not more:
        found.append(periods(catalog.texts, matches.periods, parameters))
    return [one for one in found if one.values]


def filters_of_all(catalog: Catalog, known: Navigation) -> list[FilterList]:
    """Return the filters of the search page before a search, with their release counts."""
    counts = known.counts
    sources = {one.source or "": counts[one] for one in known.sources}
    topics = {one.topic or "": counts[one] for one in known.topics}
    years = {one.period: counts[one] for one in counts if one.period and len(one.period) == YEAR}
    found = (
        filter_list(catalog, "source", sources, {}),
        filter_list(catalog, "topic", topics, {}),
        periods(catalog.texts, years, {}),
    )
    return [one for one in found if one.values]


def filter_list(
    catalog: Catalog,
    key: str,
    counts: Mapping[str, int],
    parameters: SearchParameters,
    *,
    in_full: bool = False,
) -> FilterList:
    """Return one filter with its values, the most frequent first."""
    name, called = filter_names(catalog)[key]
    limit = MAX_ALL_VALUES if in_full else MAX_VALUES
    order = sorted(counts.items(), key=lambda one: (-one[1], one[0]))
    values = [
        (called(value), count, link_of({**parameters, key: value}))
        for value, count in order[:limit]
    ]
    rest = None
    if parameters and len(order) > limit and not in_full:
        rest = link_of({**parameters, "more": key})
    return FilterList(name, values, rest)


def periods(texts: Texts, counts: Mapping[str, int], parameters: SearchParameters) -> FilterList:
    """Return a filter by year, or by month if all matches are in one year, latest first."""
    years = [period for period in counts if len(period) == YEAR]
    months = [period for period in counts if len(period) != YEAR]
    found = years if len(years) > 1 else months
    if len(found) == 1 and ("since" in parameters or "until" in parameters):
        found = []
    values = []
    for period in sorted(found, reverse=True)[:MAX_ALL_VALUES]:
        first, last = days_of(period)
        since = max(first, parameters.get("since", first))
        until = min(last, parameters.get("until", last))
        link = link_of({**parameters, "since": since, "until": until})
        values.append((texts.format_period(period), counts[period], link))
    name = texts.gettext("Year") if found is years else texts.gettext("Month")
    return FilterList(name, values)


def days_of(period: str) -> tuple[str, str]:
    """Return the first and last ISO day of a year or month, or empty strings for other texts."""
    year, _, month = period.partition("-")
    with suppress(ValueError, calendar.IllegalMonthError):
        last = calendar.monthrange(int(year), int(month))[1] if month else 31
        return (
            dt.date(int(year), int(month or 1), 1).isoformat(),
            dt.date(int(year), int(month or 12), last).isoformat(),
        )
    return "", ""


def link_of(parameters: SearchParameters) -> str:
    """Return the link to a search with these parameters, relative to the search page."""
    return f"?{canonical_query(parameters)}"


def without(parameters: SearchParameters, *names: str) -> dict[str, str]:
    """Return search parameters without the given ``names``."""
    return {name: value for name, value in parameters.items() if name not in names}
