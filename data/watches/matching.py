"""Matching of events with watches, by an index of all watches.

The index is a tree. A release leads only to watches whose words and labels it contains, and only
the remaining conditions of these are compared. So of 100,000 watches, few are compared in vain.
Watches with the same conditions are compared once.

A key of the index is a property of a release, as text: a word (``mole``), two successive words
(``northern mole``), the first letters of a word (``nort*``), a word of the title (``title:mole``),
or a label (``source:harbour``). Folded words contain no other characters, so keys of different
kinds differ.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final, NamedTuple, TypeAlias

from data.errors import QueryError
from data.languages.tags import language_tag
from data.models import NO_EDIT, AlertKind, Content, EditClasses, Release
from data.search.expression import (
    EVERYTHING,
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
from data.search.folded_release import Evaluator, FoldedRelease, evaluator, word_pairs
from data.search.query import Query
from data.search.syntax import MIN_PREFIX_LETTERS
from data.topics.facets import labels_of
from data.watches.watch_file import Watch

Key: TypeAlias = str

PREFIX_LETTERS: Final = range(MIN_PREFIX_LETTERS, MIN_PREFIX_LETTERS + 3)
"""Numbers of letters in keys for prefixes. Further letters are compared afterwards."""


class Need(NamedTuple):
    """Keys of an expression, at least one of which is in each matching release.

    If the need ``is_exact``, each release with one of the keys also matches the expression.
    """

    keys: frozenset[Key]
    is_exact: bool


def keys_in(release: FoldedRelease) -> frozenset[Key]:
    """Return all keys of a release."""
    words = release.words
    return frozenset().union(
        words,
        release.title.pairs,
        release.body.pairs,
        *({f"{word[:count]}*" for word in words} for count in PREFIX_LETTERS),
        [f"title:{word}" for word in release.title.words],
        [f"{name}:{value}" for name, value in release.labels],
    )


def keys_named(expression: Expression) -> Iterator[Key]:
    """Yield the keys that an expression contains, except in exclusions."""
    for leaf in leaves(expression, positive=True):
        for need in _needs_of_leaf(leaf):
            yield from need.keys


def need_of(expression: Expression, uses: Mapping[Key, int]) -> Need | None:
    """Return the need of an expression, or None if it has none.

    Of several possible needs, the one that the fewest watches share is returned. ``uses`` contains
    the number of watches that name each key.
    """
    match expression:
        case Not():
            return None
        case Or(parts):
            found = [need_of(one, uses) for one in parts]
            needs = [one for one in found if one is not None]
            if len(needs) < len(found):
                return None
            keys = frozenset[Key]().union(*(one.keys for one in needs))
            return Need(keys, all(one.is_exact for one in needs))
        case And(parts):
            several = needs_of(parts, uses)
            return several[0][0]._replace(is_exact=False) if several else None
    needs = list(_needs_of_leaf(expression))
    return min(needs, key=lambda need: _uses_of(need, uses), default=None)


def needs_of(
    parts: Collection[Expression], uses: Mapping[Key, int]
) -> list[tuple[Need, Expression]]:
    """Return expressions with their needs, the most selective needs first."""
    found = [(need, part) for part in parts if (need := need_of(part, uses)) is not None]
    return sorted(found, key=lambda one: _uses_of(one[0], uses))


def _uses_of(need: Need, uses: Mapping[Key, int]) -> tuple[bool, int, list[Key]]:
    # Nearly every release has one of a few languages and sources, so words come first.
    is_label = any(":" in key and not key.startswith("title:") for key in need.keys)
    return is_label, sum(uses[key] for key in need.keys), sorted(need.keys)


def _needs_of_leaf(leaf: Expression) -> Iterator[Need]:
    """Yield the needs of a leaf. Each match of the leaf meets all of them."""
    if isinstance(leaf, Label):
        yield Need(frozenset(f"{leaf.name}:{value}" for value in leaf.values), is_exact=True)
    if not isinstance(leaf, Term):
        return
    words = leaf.words.split(" ")
    whole = words[:-1] if leaf.prefix else words
    if not whole:
        letters = words[0][: PREFIX_LETTERS[-1]]
        yield Need(frozenset([f"{letters}*"]), is_exact=not leaf.place and letters == words[0])
    elif len(whole) == 1:
        in_title = leaf.place == "title"
        is_exact = not leaf.prefix and leaf.place != "body"
        yield Need(frozenset([f"title:{whole[0]}" if in_title else whole[0]]), is_exact)
    for pair in word_pairs(whole):
        yield Need(frozenset([pair]), is_exact=not leaf.place and len(words) == 2)  # noqa: PLR2004 - the pair itself


MAX_NODES: Final = 16
"""Maximum number of index nodes that may contain the same watch, because each of its needs has
alternative keys."""


@dataclass(frozen=True, slots=True)
class AlertEvent:
    """An event about a release, with its current content, or about the health of a source.

    ``backlog`` means that the event is not news: the release was imported or existed before the
    first visit to its source. ``day`` and ``states`` are those of the release. ``edit`` contains
    the classes of an edit.
    """

    kind: AlertKind
    source: str
    content: Content | None = None
    backlog: bool = False
    day: dt.date | None = None
    states: tuple[str, ...] = ()
    edit: EditClasses = NO_EDIT


def release_event(
    kind: AlertKind,
    release: Release,
    *,
    backlog: bool = False,
    edit: EditClasses = NO_EDIT,
) -> AlertEvent | None:
    """Return the event about a release, or None if the release is hidden or redacted."""
    if release.hidden or release.content.redacted:
        return None
    return replace(event_about(kind, release, backlog=backlog), edit=edit)


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
    min_weight: float
    edit_classes: frozenset[str]

    def takes(self, edit: EditClasses) -> bool:
        """Return whether the watch reports edits of this weight and these classes."""
        has_class = not (self.edit_classes and self.edit_classes.isdisjoint(edit.words))
        return edit.weight >= self.min_weight and has_class


class Node:
    """A node of the index: watches whose needs are met, and child nodes for further needs.

    ``met`` contains watches without other conditions. ``groups`` contains the others by the rest of
    their conditions, each with its evaluator. ``keys`` are those of ``children``, because an
    intersection of sets is faster than lookups. Empty collections are None to save memory.
    """

    __slots__ = ("children", "groups", "keys", "met")

    def __init__(self) -> None:
        self.keys: set[Key] | None = None
        self.children: dict[Key, Node] | None = None
        self.groups: dict[Expression, tuple[Evaluator, list[str]]] | None = None
        self.met: list[str] | None = None

    def below(self, keys: Collection[Key]) -> list[Node]:
        """Return the nodes below this node for some keys, and add missing nodes."""
        self.keys = self.keys or set()
        self.keys.update(keys)
        children = self.children = self.children or {}
        return [children.setdefault(key, Node()) for key in keys]

    def add(self, rest: Expression, watch_id: str) -> None:
        """Add a watch whose remaining conditions are the expression ``rest``."""
        if rest == EVERYTHING:
            self.met = self.met or []
            self.met.append(watch_id)
            return
        self.groups = self.groups or {}
        if rest not in self.groups:
            self.groups[rest] = evaluator(rest), []
        self.groups[rest][1].append(watch_id)


class WatchIndex:
    """Index of all watches by the keys that a release needs to match them.

    Watches for the same kinds of events are in one tree. Each level of the tree is one need of the
    watches below it, the most selective first. ``saved`` contains the saved searches that watches
    may name. A watch with an unknown or invalid saved search matches no release.
    """

    def __init__(
        self, watches: Mapping[str, Watch], saved: Mapping[str, str] | None = None
    ) -> None:
        rules = [rule_of(name, watch, saved or {}) for name, watch in watches.items()]
        self._of_edits = {rule.id: rule for rule in rules if rule.min_weight or rule.edit_classes}
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
        found: list[str] = []
        for node in nodes:
            if node.met:
                found += node.met
            if node.groups:
                for is_match, ids in node.groups.values():
                    if is_match(release):
                        found += ids
            if node.keys and node.children:
                nodes += [node.children[key] for key in node.keys & keys]
        names = {*found}
        if event.kind == "edit":
            narrowed = names & self._of_edits.keys()
            names -= {one for one in narrowed if not self._of_edits[one].takes(event.edit)}
        return tuple(sorted(names))

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
    labels = labels_of(event.source, content, event.states) | event.edit.labels
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
        watch.min_weight,
        frozenset(watch.edit_classes),
    )
