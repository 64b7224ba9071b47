"""Search queries with their filters, and results: pages of releases, and numbers of matches."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from data.models import Release
from data.search.expression import (
    NOTHING,
    Days,
    Expression,
    Label,
    LabelField,
    Place,
    Term,
    all_of,
    is_bounded,
    wanted_terms,
    with_present_sources,
)
from data.search.nested_searches import resolved
from data.search.syntax import parse

MAX_COUNTED: Final = 10_000
"""Maximum number of matches that are counted, so that the cost does not grow with the store."""


@dataclass(frozen=True)
class Query:
    """A search query: ``text`` in the syntax of data.search.syntax, and filters.

    An unused filter is None. Days are inclusive. Sources, topics, languages and states may be lists
    separated by commas, one of which must match. ``en`` also matches ``en-GB``, but not vice versa.
    ``saved`` contains the saved searches that the text may name, and ``moves`` maps former ids of
    sources to current ids. Properties raise QueryError if the text is invalid.
    """

    text: str
    source: str | None = None
    topic: str | None = None
    since: dt.date | None = None
    until: dt.date | None = None
    language: str | None = None
    state: str | None = None
    saved: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)
    moves: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)

    @cached_property
    def expression(self) -> Expression | None:
        """Return the expression of the text, or None if the text contains no term."""
        parsed = parse(self.text)
        if parsed is None:
            return None
        return with_present_sources(resolved(parsed, self.text, self.saved), self.moves)

    @cached_property
    def condition(self) -> Expression:
        """Return the query expression for the text and all filters except the date range."""
        if self.is_empty:
            return NOTHING
        return all_of([*([self.expression] if self.expression else []), *self._filters()])

    @cached_property
    def is_empty(self) -> bool:
        """Return whether the query selects nothing: it has no filters and only excludes terms.

        A query with a text without words selects nothing, whatever its filters.
        """
        filters = [*self._filters(), *([Days()] if self.since or self.until else [])]
        if self.expression is None:
            return not filters or bool(self.text.strip())
        return not is_bounded(all_of([self.expression, *filters]))

    @property
    def wanted(self) -> tuple[Term, ...]:
        """Return the terms that are not excluded. Without such terms, matches can't be ranked."""
        return wanted_terms(self.expression) if self.expression else ()

    def wanted_in(self, place: Place) -> tuple[Term, ...]:
        """Return the terms that are not excluded and are searched in ``place`` (title or body)."""
        return wanted_terms(self.expression, place) if self.expression else ()

    def _filters(self) -> list[Expression]:
        asked: tuple[tuple[LabelField, str | None], ...] = (
            ("source", self.source),
            ("topic", self.topic),
            ("lang", self.language and self.language.lower()),
            ("state", self.state),
        )
        return [Label(name, frozenset(names.split(","))) for name, names in asked if names]


@dataclass(frozen=True, slots=True)
class Hits:
    """A page of search results.

    ``cursor`` identifies the next page, and is None on the last page.
    """

    releases: tuple[Release, ...]
    cursor: int | None


@dataclass(frozen=True, slots=True)
class Matches:
    """Numbers of matching releases: total, and by source, topic, language, period and state.

    If there are ``more`` matches than `MAX_COUNTED`, only the newest are counted. Languages have no
    region; periods are ISO years and months. Counts of 0 are omitted.
    """

    total: int
    more: bool
    sources: Mapping[str, int]
    topics: Mapping[str, int]
    languages: Mapping[str, int]
    periods: Mapping[str, int]
    states: Mapping[str, int]
