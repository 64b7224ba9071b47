"""Matching of events with watches: the conditions, and an index of all watches.

An event must meet all `CONDITIONS`, and an event about a release also the expression of the watch.
A watch is compared only if the release has one of the words or labels that the expression needs.
Of several choices, the index takes the one that the fewest watches need. People watch for the same
common words that texts contain, so of 100,000 watches only a few are compared.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from data.errors import QueryError
from data.languages.tags import language_tag
from data.models import AlertKind, Content, Release
from data.search.expression import (
    NOTHING,
    And,
    Expression,
    Label,
    Not,
    Or,
    Term,
    all_of,
    leaves,
)
from data.search.folded_release import Evaluator, FoldedRelease, evaluator
from data.search.query import Query
from data.search.syntax import MIN_PREFIX_LETTERS
from data.topics.facets import labels_of
from data.watches.watch_file import Watch

Key: TypeAlias = tuple[str, str]
"""Something that a release has: a label, or ``word`` or ``prefix`` and letters."""

PREFIX_LETTERS: Final = range(MIN_PREFIX_LETTERS, MIN_PREFIX_LETTERS + 3)
"""Numbers of letters by which the index finds prefixes. Later letters are compared afterwards."""


@dataclass(frozen=True, slots=True)
class AlertEvent:
    """An event about a release, with its current content, or about the health of a source.

    ``backlog`` means that the event is not news, because the release was imported or existed before
    the first visit to its source. ``day`` and ``states`` are those of the release.
    """

    kind: AlertKind
    source: str
    content: Content | None = None
    backlog: bool = False
    day: dt.date | None = None
    states: tuple[str, ...] = ()


def release_event(kind: AlertKind, release: Release, *, backlog: bool = False) -> AlertEvent | None:
    """Return the event about a release, or None if the release is hidden or redacted.

    Hidden and redacted releases cause no alerts.
    """
    if release.hidden or release.content.redacted:
        return None
    return event_about(kind, release, backlog=backlog)


def event_about(kind: AlertKind, release: Release, *, backlog: bool = False) -> AlertEvent:
    """Return the event about a release, even if the release is hidden or redacted."""
    day = dt.date.fromisoformat(release.day) if release.day else None
    return AlertEvent(kind, release.source, release.content, backlog, day, release.states)


@dataclass(frozen=True, slots=True)
class WatchRule:
    """A watch prepared for comparisons with events.

    ``words`` are required whole words. ``expression`` contains all other conditions on a release,
    and ``matches`` evaluates them.
    """

    id: str
    words: frozenset[str]
    expression: Expression
    matches: Evaluator
    sources: frozenset[str]
    kinds: frozenset[str]
    backlog: bool


CONDITIONS: Final[tuple[Callable[[WatchRule, AlertEvent, frozenset[str]], bool], ...]] = (
    # An event without a source, about our own network, concerns all watches.
    lambda rule, event, sources: (
        not rule.sources or not event.source or not rule.sources.isdisjoint(sources)
    ),
    lambda rule, event, _: event.kind in rule.kinds,
    lambda rule, event, _: rule.backlog or not event.backlog,
)
"""Conditions for events of all kinds: source, kind and backlog. ``sources`` contains the current
and former ids of the source."""


class WatchIndex:
    """Index of all watches by a word or label that a release must have to match.

    ``saved`` contains the saved searches that watches may name. A watch with an unknown or invalid
    saved search matches no release.
    """

    def __init__(
        self, watches: Mapping[str, Watch], saved: Mapping[str, str] | None = None
    ) -> None:
        self._by_key: defaultdict[Key, list[WatchRule]] = defaultdict(list)
        self._of_health: list[WatchRule] = []
        self._others: list[WatchRule] = []
        rules = [rule_of(name, watch, saved or {}) for name, watch in watches.items()]
        self._has_rules = bool(rules)
        needed = Counter(key for rule in rules for key in _keys_in(rule))
        for rule in rules:
            self._enter(rule, needed)

    def _enter(self, rule: WatchRule, needed: Mapping[Key, int]) -> None:
        if "health" in rule.kinds:
            self._of_health.append(rule)
        if rule.expression == NOTHING:
            return
        keys = keys_of(_whole(rule), needed)
        if keys is None:
            self._others.append(rule)
        for key in keys or ():
            self._by_key[key].append(rule)

    def matching(
        self, event: AlertEvent, moves: Mapping[str, str] | None = None
    ) -> tuple[str, ...]:
        """Return the sorted ids of the watches that match an event.

        ``moves`` maps former ids of sources to current ids, because watches may contain either.
        """
        if not self._has_rules:
            # Folding a long text would take milliseconds.
            return ()
        former = (old for old, new in (moves or {}).items() if new == event.source)
        sources = frozenset((event.source, *former))
        release = folded(event, sources) if event.content else None
        found = self._candidates(release) if release else self._of_health
        for fits in CONDITIONS:
            found = [rule for rule in found if fits(rule, event, sources)]
        if release:
            found = [rule for rule in found if rule.matches(release)]
        return tuple(sorted({rule.id for rule in found}))

    def _candidates(self, release: FoldedRelease) -> list[WatchRule]:
        """Return the rules whose required words are all in a text, some of them several times."""
        words = release.words
        prefixes = {word[:count] for word in words for count in PREFIX_LETTERS}
        has = {
            *(("word", word) for word in words),
            *(("prefix", prefix) for prefix in prefixes),
            *release.labels,
        }
        found = [*(self._by_key[key] for key in has & self._by_key.keys()), self._others]
        return [rule for rules in found for rule in rules if rule.words <= words]


def folded(event: AlertEvent, sources: frozenset[str]) -> FoldedRelease:
    """Return the release of an event for the evaluation of expressions.

    ``sources`` are the current and former ids of its source.
    """
    content = event.content or Content("")
    labels = labels_of(event.source, content, event.states)
    labels |= {("source", source) for source in sources}
    return FoldedRelease(content, labels, event.day)


def rule_of(watch_id: str, watch: Watch, saved: Mapping[str, str]) -> WatchRule:
    """Convert a watch to a rule for comparisons."""
    languages = frozenset(tag.lower() for one in watch.languages if (tag := language_tag(one)))
    conditions: list[Expression] = []
    if watch.topics:
        conditions.append(Label("topic", frozenset(watch.topics)))
    if languages:
        conditions.append(Label("lang", languages))
    try:
        expression = Query(watch.present_query, saved=saved).expression
    except QueryError:
        # Commands that show the watch report the error.
        expression = NOTHING
    whole = all_of([*([expression] if expression else []), *conditions])
    parts = whole.parts if isinstance(whole, And) else (whole,)
    words = [one.words for one in parts if isinstance(one, Term) and _is_word(one)]
    rest = all_of([one for one in parts if not (isinstance(one, Term) and _is_word(one))])
    return WatchRule(
        watch_id,
        frozenset(words),
        rest,
        evaluator(rest),
        frozenset(watch.sources),
        frozenset(watch.kinds),
        watch.backlog,
    )


def _is_word(term: Term) -> bool:
    """Return whether a term is one whole word that may be anywhere."""
    return not (term.prefix or term.place or " " in term.words)


def _whole(rule: WatchRule) -> Expression:
    """Return the expression of a rule with its required words and its sources."""
    sources: list[Expression] = [Label("source", rule.sources)] if rule.sources else []
    return all_of([*map(Term, sorted(rule.words)), rule.expression, *sources])


def _keys_in(rule: WatchRule) -> set[Key]:
    """Return all keys that the expression of a rule contains."""
    found: set[Key] = set()
    for leaf in leaves(_whole(rule), positive=True):
        found |= _keys_of_leaf(leaf) or set()
    return found


def _keys_of_leaf(leaf: Expression) -> set[Key] | None:
    """Return keys of which each match of a leaf has one, or of a phrase all, or None."""
    if isinstance(leaf, Term):
        *whole, last = leaf.words.split(" ")
        if not leaf.prefix:
            return {("word", word) for word in (*whole, last)}
        return {("word", word) for word in whole} or {("prefix", last[: PREFIX_LETTERS[-1]])}
    return {(leaf.name, value) for value in leaf.values} if isinstance(leaf, Label) else None


def keys_of(expression: Expression, needed: Mapping[Key, int]) -> frozenset[Key] | None:
    """Return keys of which each matching release has at least one, or None if there are none.

    Of several possible sets, return the one that the fewest watches ``need``.
    """
    match expression:
        case Not():
            return None
        case Or(parts):
            found = [keys_of(one, needed) for one in parts]
            keys = [one for one in found if one is not None]
            return frozenset().union(*keys) if len(keys) == len(found) else None
        case And(parts):
            several = [one for part in parts if (one := keys_of(part, needed)) is not None]
            return min(several, key=lambda keys: _cost(keys, needed), default=None)
        case Term():
            words = _keys_of_leaf(expression) or set()
            return frozenset([min(words, key=lambda key: (needed[key], key))])
    labels = _keys_of_leaf(expression)
    return None if labels is None else frozenset(labels)


def _cost(keys: frozenset[Key], needed: Mapping[Key, int]) -> tuple[int, list[Key]]:
    # Nearly every release has one of a few languages and sources, so words come first.
    is_word = all(name in {"word", "prefix"} for name, _ in keys)
    return (0 if is_word else 1) * 10**9 + sum(needed[key] for key in keys), sorted(keys)
