"""Search queries with their filters and saved searches, queries of version 1, and results.

Version 1 of the query language had words, phrases, prefixes and exclusions. Every text was a valid
query: brackets, colons and OR had no meaning. Watches and feed addresses without a version keep
this meaning.
"""

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from data.errors import QueryError
from data.models import Release
from data.search.expression import (
    EVERYTHING,
    MAX_LEAVES,
    MAX_LEVELS,
    NOTHING,
    Days,
    Expression,
    Label,
    LabelField,
    Place,
    SavedSearch,
    Term,
    all_of,
    is_bounded,
    levels_of,
    negated,
    replaced,
    wanted_terms,
    with_present_sources,
)
from data.search.syntax import (
    DID_YOU_MEAN,
    MAX_QUERY_LENGTH,
    MAX_QUOTED,
    MAX_TERMS,
    MIN_PREFIX_LETTERS,
    OPERATORS,
    parse,
)
from data.text.folding import fold_search
from data.wording import N_, near_name

MAX_COUNTED: Final = 10_000
"""Maximum number of matches that are counted, so that the cost does not grow with the store."""

MAX_SAVED_DEPTH: Final = 8
"""Maximum depth of nested saved searches."""

TERM: Final = re.compile(r'(-?)(?:"([^"]*)"?|([^\s"]+))')
"""Pattern of a term of version 1: an optional minus, and a phrase or word."""

SIGNS: Final = re.compile(r"[():*]")
"""Pattern of signs that have a meaning in the current query language, including the prefix sign."""


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


def resolved(expression: Expression, text: str, saved: Mapping[str, str]) -> Expression:
    """Replace the saved searches in an expression with their expressions.

    ``text`` is the query of the expression, and ``saved`` contains queries by name. Raises
    QueryError at the position of a saved search that is unknown, invalid, too large, or in a cycle.
    """
    found = _Resolver(text, saved).resolved(expression, ())
    if levels_of(found) > MAX_LEVELS:
        problem = N_("operators are nested more than %(most)s levels deep, counting saved searches")
        raise QueryError(text, 0, problem, N_("use fewer nested operators"), most=MAX_LEVELS)
    return found


class _Resolver:
    """Replaces the saved searches of one query. Each search is parsed once."""

    def __init__(self, text: str, saved: Mapping[str, str]) -> None:
        self._text = text
        self._saved = saved
        self._known: dict[str, Expression] = {}
        self._leaves = 0

    def resolved(self, expression: Expression, names: tuple[str, ...], at: int = 0) -> Expression:
        def found(leaf: Expression) -> Expression | None:
            self._leaves += 1
            if self._leaves > MAX_LEAVES:
                problem = N_("the query has more than %(most)s terms, including its saved searches")
                fix = N_("shorten the query, or one of its saved searches")
                raise QueryError(self._text, at, problem, fix, most=MAX_LEAVES)
            if not isinstance(leaf, SavedSearch):
                return None
            return self._search(leaf.name, names, at if names else leaf.position)

        return replaced(expression, found)

    def _search(self, name: str, names: tuple[str, ...], at: int) -> Expression:
        quoted = name[:MAX_QUOTED]
        if name in names:
            problem = N_("the saved search '%(name)s' contains itself")
            fix = N_("remove the reference to '%(name)s' from one of the saved searches")
            raise QueryError(self._text, at, problem, fix, name=quoted)
        if len(names) >= MAX_SAVED_DEPTH:
            problem = N_("saved searches are nested more than %(most)s levels deep")
            fix = N_("write the terms of the innermost search instead of its name")
            raise QueryError(self._text, at, problem, fix, most=MAX_SAVED_DEPTH)
        if name not in self._saved:
            # A search whose file is invalid has this name, too.
            others = sorted({*self._saved} - {name})
            near = near_name(name[:MAX_QUOTED], others)
            problem = N_("no search is saved as '%(name)s'")
            fix = DID_YOU_MEAN if near else N_("`communique searches` lists the saved searches")
            raise QueryError(self._text, at, problem, fix, name=quoted, near=near)
        if name not in self._known:
            try:
                parsed = parse(self._saved[name])
            except QueryError as error:
                problem = N_("the saved search '%(name)s' is invalid: %(cause)s")
                fix = N_("correct or remove the saved search")
                raise QueryError(self._text, at, problem, fix, name=quoted, cause=error) from error
            self._known[name] = negated(EVERYTHING) if parsed is None else parsed
        return self.resolved(self._known[name], (*names, name), at)


def upgraded(text: str) -> str:
    """Convert a query of version 1 to the current version. The result is always valid."""
    found = []
    for minus, phrase, word in TERM.findall(text[:MAX_QUERY_LENGTH]):
        raw = phrase or word
        words = fold_search(raw)
        if words:
            last = words.rpartition(" ")[2]
            star = "*" if raw.rstrip().endswith("*") and len(last) >= MIN_PREFIX_LETTERS else ""
            term = _bare(SIGNS.sub(" ", raw).strip())
            is_phrase = bool(phrase) or " " in words or len(term.split()) > 1
            found.append(f'{minus}"{term}{star}"' if is_phrase else f"{minus}{term}{star}")
    # A text without words selects nothing, unlike an empty text.
    return " ".join(found[:MAX_TERMS]) or ('""' if text.strip() else "")


def _bare(word: str) -> str:
    """Return a word without leading minus signs, and in lower case if it would be an operator."""
    word = word.lstrip("- ") or word
    return word.lower() if word in OPERATORS else word


def means_the_same(text: str) -> bool:
    """Return whether a query means the same in version 1 and in the current version."""
    try:
        return parse(text) == parse(upgraded(text))
    except QueryError:
        return False


def fault_of_older(text: str) -> str:
    """Return the reason why a query of version 1 would be truncated, or an empty string."""
    if len(text) > MAX_QUERY_LENGTH:
        return f"the query has more than {MAX_QUERY_LENGTH} characters"
    if len(TERM.findall(text)) > MAX_TERMS:
        return f"the query has more than {MAX_TERMS} words and phrases"
    return ""
