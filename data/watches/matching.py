"""Matching of events with watches, by an index of all watches.

The index is a tree. A release leads only to watches whose words and labels in the tree it contains.
Then the remaining conditions of these watches are compared. So of 100,000 watches, few are compared
without a match. Watches with the same conditions are compared once.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from data.errors import QueryError
from data.languages.tags import language_tag
from data.models import AlertKind, Content, Release
from data.search.expression import NOTHING, And, Expression, Label, all_of
from data.search.folded_release import Evaluator, FoldedRelease, evaluator
from data.search.query import Query
from data.topics.facets import labels_of
from data.watches.index_keys import Key, keys_in, keys_named, needs_of
from data.watches.watch_file import Watch

MAX_NODES: Final = 16
"""Maximum number of index nodes that contain the same watch because of its later needs."""


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

    ``expression`` contains all conditions on a release: query, topics, languages and sources.
    """

    id: str
    expression: Expression
    sources: frozenset[str]
    kinds: frozenset[str]
    backlog: bool


class Node:
    """A node of the index: watches whose needs are met, and nodes of watches with another need.

    ``groups`` contains watches by the rest of their conditions, each with its evaluator.
    """

    __slots__ = ("children", "groups")

    def __init__(self) -> None:
        self.children: dict[Key, Node] = {}
        self.groups: dict[Expression, tuple[Evaluator, list[str]]] = {}

    def below(self, keys: Iterable[Key]) -> list[Node]:
        """Return the nodes below this node for some keys, and add missing nodes."""
        return [self.children.setdefault(key, Node()) for key in keys]

    def add(self, rest: Expression, watch_id: str) -> None:
        """Add a watch whose other conditions are the expression ``rest``."""
        if rest not in self.groups:
            self.groups[rest] = evaluator(rest), []
        self.groups[rest][1].append(watch_id)


class WatchIndex:
    """Index of all watches by the keys that a release needs to match them.

    Watches with the same kinds of events are in one tree. Each level of the tree is one need of the
    watches below it, the most selective need first. ``saved`` contains the saved searches that
    watches may name. A watch with an unknown or invalid saved search matches no release.
    """

    def __init__(
        self, watches: Mapping[str, Watch], saved: Mapping[str, str] | None = None
    ) -> None:
        rules = [rule_of(name, watch, saved or {}) for name, watch in watches.items()]
        self._of_health = [rule for rule in rules if "health" in rule.kinds]
        self._has_rules = bool(rules)
        self._trees: defaultdict[tuple[frozenset[str], bool], Node] = defaultdict(Node)
        uses = Counter(key for rule in rules for key in {*keys_named(rule.expression)})
        for rule in rules:
            if rule.expression != NOTHING:
                _enter(self._trees[rule.kinds, rule.backlog], rule, uses)

    def matching(
        self, event: AlertEvent, moves: Mapping[str, str] | None = None
    ) -> tuple[str, ...]:
        """Return the sorted ids of the watches that match an event.

        ``moves`` maps former ids of sources to current ids, because watches may contain either.
        """
        former = (old for old, new in (moves or {}).items() if new == event.source)
        sources = frozenset((event.source, *former))
        if not event.content:
            return tuple(sorted(self._matching_health(event, sources)))
        # Folding a long text would take milliseconds.
        if not self._has_rules:
            return ()
        release = folded(event, sources)
        keys = keys_in(release)
        nodes = [
            tree
            for (kinds, backlog), tree in self._trees.items()
            if event.kind in kinds and (backlog or not event.backlog)
        ]
        found: set[str] = set()
        for node in nodes:
            for is_match, ids in node.groups.values():
                if is_match(release):
                    found.update(ids)
            children = node.children
            # Most nodes have few children, and only the first nodes have more than a release has
            # keys. Intersections of views of dictionaries would always iterate over the keys.
            if len(children) < len(keys):
                nodes += [children[key] for key in children if key in keys]
            else:
                nodes += [children[key] for key in keys if key in children]
        return tuple(sorted(found))

    def _matching_health(self, event: AlertEvent, sources: frozenset[str]) -> Iterator[str]:
        """Yield the ids of the watches that match an event without a release."""
        for rule in self._of_health:
            # An event without a source, about our own network, concerns all watches.
            concerns = not rule.sources or not event.source or not rule.sources.isdisjoint(sources)
            if concerns and event.kind in rule.kinds and (rule.backlog or not event.backlog):
                yield rule.id


def _enter(tree: Node, rule: WatchRule, uses: Mapping[Key, int]) -> None:
    """Add a watch to a tree."""
    expression = rule.expression
    parts = expression.parts if isinstance(expression, And) else (expression,)
    nodes, met = [tree], set[Expression]()
    for need, part in needs_of(parts, uses):
        if nodes == [tree] or len(nodes) * len(need.keys) <= MAX_NODES:
            nodes = [below for node in nodes for below in node.below(need.keys)]
            met |= {part} if need.is_exact else set()
    rest = all_of([part for part in parts if part not in met])
    for node in nodes:
        node.add(rest, rule.id)


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
    if watch.sources:
        conditions.append(Label("source", frozenset(watch.sources)))
    try:
        expression = Query(watch.present_query, saved=saved).expression
    except QueryError:
        # Commands that show the watch report the error.
        expression = NOTHING
    return WatchRule(
        watch_id,
        all_of([*([expression] if expression else []), *conditions]),
        frozenset(watch.sources),
        frozenset(watch.kinds),
        watch.backlog,
    )
