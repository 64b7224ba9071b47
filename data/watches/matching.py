"""Matching of events with watches, by a table of the conditions of all watches.

A release marks the conditions that its words and labels meet. The watches whose conditions are all
met are then found at once, so a watch without a match costs hardly anything. Conditions that words
and labels do not decide are evaluated afterwards, once for all watches with the same conditions.

A key is a property of a release, as text: a word (``mole``), two successive words
(``northern mole``), the first letters of a word (``nort*``), a word of the title (``title:mole``),
or a label (``source:harbour``). Folded words contain no other characters, so keys of different
kinds differ.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain
from typing import Final, NamedTuple, TypeAlias

import numpy as np

from data.errors import QueryError
from data.languages.tags import language_tag
from data.models import NO_EDIT, AlertKind, Content, EditClasses, Release
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
from data.search.folded_release import FoldedRelease, evaluator, word_pairs
from data.search.query import Query
from data.search.syntax import MIN_PREFIX_LETTERS
from data.topics.facets import labels_of
from data.watches.watch_file import Watch

Key: TypeAlias = str

PREFIX_LETTERS: Final = range(MIN_PREFIX_LETTERS, MIN_PREFIX_LETTERS + 3)
"""Lengths of prefix keys, in letters. Further letters of a prefix are compared after the lookup."""


class Need(NamedTuple):
    """A set of keys. Each release that matches the expression has at least one of them.

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


def need_of(expression: Expression, uses: Mapping[Key, int]) -> Need | None:
    """Return the need of an expression, or None if it has none.

    If several needs are possible, the need that the fewest watches share is returned. ``uses``
    contains the number of watches that name each key.
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
            several = [need for one in parts if (need := need_of(one, uses)) is not None]
            least = min(several, key=lambda need: _uses_of(need, uses), default=None)
            return least and least._replace(is_exact=False)
    needs = list(_needs_of_leaf(expression))
    return min(needs, key=lambda need: _uses_of(need, uses), default=None)


def _uses_of(need: Need, uses: Mapping[Key, int]) -> tuple[bool, int, list[Key]]:
    # Nearly every release has one of a few languages and sources, so words come first.
    is_label = any(":" in key and not key.startswith("title:") for key in need.keys)
    return is_label, sum(uses[key] for key in need.keys), sorted(need.keys)


def _needs_of_leaf(leaf: Expression) -> Iterator[Need]:
    """Yield the needs of an expression that is a label or term. Each match meets all of them.

    Other expressions have none.
    """
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


@dataclass(frozen=True, slots=True)
class AlertEvent:
    """An event about a release, with its current content, or about the health of a source.

    ``backlog`` means that the event is not news: the release was imported or existed before the
    first visit to its source. ``day`` and ``states`` belong to the release. ``edit`` contains
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


class RuleTable:
    """Conditions of the watches for the same kinds of events, as rows of a table.

    Each watch has adjacent rows, one for each of its needs and exclusions. A release marks the rows
    of its keys. If all needs of a watch and none of its exclusions are marked, the remaining part
    of its expression is evaluated: conditions that keys do not decide, such as a long phrase. A few
    operations on arrays do this for all watches, and each remaining part is evaluated once for all
    watches that have it.
    """

    def __init__(self, rules: Iterable[WatchRule], uses: Mapping[Key, int]) -> None:
        ordered = sorted(rules, key=lambda rule: rule.id)
        rows: defaultdict[Key, list[int]] = defaultdict(list)
        starts: list[int] = []
        excluded: list[bool] = []
        rests: dict[Expression, int] = {}
        rest_numbers: list[int] = []
        for rule in ordered:
            starts.append(len(excluded))
            parts = (
                rule.expression.parts if isinstance(rule.expression, And) else (rule.expression,)
            )
            rest: list[Expression] = []
            for part in parts:
                is_exclusion = isinstance(part, Not)
                need = need_of(part.part if isinstance(part, Not) else part, uses)
                if need and (need.is_exact or not is_exclusion):
                    for key in need.keys:
                        rows[key].append(len(excluded))
                    excluded.append(is_exclusion)
                if not (need and need.is_exact):
                    rest.append(part)
            if len(excluded) == starts[-1]:
                # A watch without needs gets a row that no release marks.
                excluded.append(True)
            rest_numbers.append(rests.setdefault(all_of(rest), len(rests)))
        self._rows = {key: np.array(numbers, np.int32) for key, numbers in rows.items()}
        self._starts = np.array(starts, np.int32)
        self._excluded = np.array(excluded, np.bool_)
        self._rests = [evaluator(rest) for rest in rests]
        self._rest_numbers = np.array(rest_numbers, np.int32)
        self._names = np.array([rule.id for rule in ordered], np.object_)

    def matching(self, release: FoldedRelease, keys: frozenset[Key]) -> list[str]:
        """Return the sorted ids of the watches that match a release with these keys."""
        marked = np.zeros(len(self._excluded), np.bool_)
        if rows := [found for key in keys if (found := self._rows.get(key)) is not None]:
            marked[np.concatenate(rows)] = True
        met = np.logical_and.reduceat(marked != self._excluded, self._starts)
        candidates = np.flatnonzero(met)
        rest_numbers = self._rest_numbers[candidates]
        is_match = np.zeros(len(self._rests), np.bool_)
        for number in np.unique(rest_numbers).tolist():
            is_match[number] = self._rests[number](release)
        names: list[str] = self._names[candidates[is_match[rest_numbers]]].tolist()
        return names


class WatchIndex:
    """All watches, prepared for finding the watches that match an event.

    ``saved`` contains the saved searches that watches may name. A watch with an unknown or invalid
    saved search matches no release.
    """

    def __init__(
        self, watches: Mapping[str, Watch], saved: Mapping[str, str] | None = None
    ) -> None:
        rules = [rule_of(name, watch, saved or {}) for name, watch in watches.items()]
        self._of_edits = {rule.id: rule for rule in rules if rule.min_weight or rule.edit_classes}
        self._of_health = [rule for rule in rules if "health" in rule.kinds]
        uses: Counter[Key] = Counter()
        for rule in rules:
            needs = map(_needs_of_leaf, leaves(rule.expression, positive=True))
            uses.update({key for need in chain.from_iterable(needs) for key in need.keys})
        alike: defaultdict[tuple[frozenset[str], bool], list[WatchRule]] = defaultdict(list)
        for rule in rules:
            if rule.expression != NOTHING:
                alike[rule.kinds, rule.backlog].append(rule)
        self._tables = {kinds: RuleTable(some, uses) for kinds, some in alike.items()}

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
        if not self._tables:
            return ()
        release = folded(event, sources)
        keys = keys_in(release)
        found = [
            table.matching(release, keys)
            for (kinds, backlog), table in self._tables.items()
            if event.kind in kinds and (backlog or not event.backlog)
        ]
        # Each list is sorted, which makes it fast to sort them together.
        names = sorted(chain.from_iterable(found))
        if event.kind == "edit":
            of_edits = self._of_edits
            names = [n for n in names if n not in of_edits or of_edits[n].takes(event.edit)]
        return tuple(names)

    def _matching_health(self, event: AlertEvent, sources: frozenset[str]) -> Iterator[str]:
        """Yield the ids of the watches that match an event without a release."""
        for rule in self._of_health:
            # An event without a source, about our own network, concerns all watches.
            concerns = not rule.sources or not event.source or not rule.sources.isdisjoint(sources)
            if concerns and event.kind in rule.kinds and (rule.backlog or not event.backlog):
                yield rule.id


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
