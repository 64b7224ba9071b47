"""Matching of events with watches: the conditions, and an index of all watches.

An event must meet all `CONDITIONS`, and an event about a release also all `RELEASE_CONDITIONS`. A
watch is compared only if the text contains one of its required words: the one that the fewest
watches require. People watch for the same common words that texts contain, so of 10,000 watches
only a few are compared.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, pairwise
from typing import Final

from data.languages.tags import language_tag
from data.models import AlertKind, Content, Release
from data.search.query import MIN_PREFIX_LETTERS, Term, terms_of
from data.text.folding import fold_search
from data.topics.facets import section_of
from data.watches.watch_file import Watch


@dataclass(frozen=True, slots=True)
class AlertEvent:
    """An event about a release, with its current content, or about the health of a source.

    ``backlog`` means that the event is not news, because the release was imported or existed before
    the first visit to its source.
    """

    kind: AlertKind
    source: str
    content: Content | None = None
    backlog: bool = False


def release_event(kind: AlertKind, release: Release, *, backlog: bool = False) -> AlertEvent | None:
    """Return the event about a release, or None if the release is hidden or redacted.

    Hidden and redacted releases cause no alerts.
    """
    if release.hidden or release.content.redacted:
        return None
    return AlertEvent(kind, release.source, release.content, backlog)


@dataclass(frozen=True, slots=True)
class WatchRule:
    """A watch prepared for comparisons with events.

    ``words`` are required whole words. ``terms`` are required phrases and prefixes, and excluded
    terms.
    """

    id: str
    words: frozenset[str]
    terms: tuple[Term, ...]
    sources: frozenset[str]
    topics: frozenset[str]
    languages: frozenset[str]
    kinds: frozenset[str]
    backlog: bool


class FoldedText:
    """Words of a release, folded like the words in a search index."""

    def __init__(self, content: Content) -> None:
        # Title and body are separate, because a phrase does not continue from the title into the
        # body.
        self._title, self._body = fold_search(content.title), fold_search(content.body_text)
        self._runs = self._title.split(), self._body.split()
        self.words = frozenset(chain(*self._runs))
        self._asked: dict[Term, bool] = {}

    @cached_property
    def _text(self) -> str:
        return f" {self._title} \n {self._body} "

    @cached_property
    def _pairs(self) -> frozenset[tuple[str, str]]:
        """Return all pairs of adjacent words.

        A phrase can be in the text only if all its pairs are.
        """
        return frozenset(chain(*map(pairwise, self._runs)))

    @cached_property
    def _sorted(self) -> list[str]:
        return sorted(self.words)

    def contains(self, term: Term) -> bool:
        """Return whether the words of a term are adjacent in the text. Results are cached."""
        known = self._asked.get(term)
        if known is None:
            known = self._asked[term] = self._find(term)
        return known

    def _find(self, term: Term) -> bool:
        *whole, last = term.words.split(" ")
        if not self.words.issuperset(whole) or not self._has(last, prefix=term.prefix):
            return False
        if not whole:
            return True
        if not self._pairs.issuperset(pairwise(whole if term.prefix else [*whole, last])):
            return False
        return f" {term.words}{'' if term.prefix else ' '}" in self._text

    def _has(self, word: str, *, prefix: bool) -> bool:
        if not prefix:
            return word in self.words
        place = bisect_left(self._sorted, word)
        return place < len(self._sorted) and self._sorted[place].startswith(word)


CONDITIONS: Final[tuple[Callable[[WatchRule, AlertEvent, frozenset[str]], bool], ...]] = (
    lambda rule, event, _: event.kind in rule.kinds,
    lambda rule, event, _: rule.backlog or not event.backlog,
    # An event without a source, about our own network, concerns all watches.
    lambda rule, event, sources: (
        not rule.sources or not event.source or not rule.sources.isdisjoint(sources)
    ),
)
"""Conditions for events of all kinds: kind, backlog and source. ``sources`` contains the current
and former ids of the source."""

RELEASE_CONDITIONS: Final[
    tuple[Callable[[WatchRule, FoldedText, frozenset[str], frozenset[str]], bool], ...]
] = (
    lambda rule, _, topics, __: not rule.topics or bool(rule.topics & topics),
    lambda rule, _, __, languages: not rule.languages or bool(rule.languages & languages),
    lambda rule, text, _, __: all(text.contains(term) == term.wanted for term in rule.terms),
)
"""Additional conditions for events about releases: words, topics, languages, phrases, prefixes and
excluded terms."""


class WatchIndex:
    """Index of all watches by a word or source that an event must have to match."""

    def __init__(self, watches: Mapping[str, Watch]) -> None:
        self._by_word: defaultdict[str, list[WatchRule]] = defaultdict(list)
        self._by_beginning: defaultdict[str, list[WatchRule]] = defaultdict(list)
        self._by_source: defaultdict[str, list[WatchRule]] = defaultdict(list)
        self._of_health: list[WatchRule] = []
        self._others: list[WatchRule] = []
        rules = [rule_of(name, watch) for name, watch in watches.items()]
        self._has_rules = bool(rules)
        needed = Counter(word for rule in rules for word in rule.words)
        for rule in rules:
            self._enter(rule, needed)

    def _enter(self, rule: WatchRule, needed: Mapping[str, int]) -> None:
        if "health" in rule.kinds:
            self._of_health.append(rule)
        wanted = [term for term in rule.terms if term.wanted]
        if rule.words:
            rarest = min(rule.words, key=lambda word: (needed[word], word))
            self._by_word[rarest].append(rule)
        elif wanted:
            self._by_beginning[wanted[0].words[:MIN_PREFIX_LETTERS]].append(rule)
        elif rule.sources:
            for source in rule.sources:
                self._by_source[source].append(rule)
        else:
            self._others.append(rule)

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
        text = FoldedText(event.content) if event.content else None
        found = self._candidates(text, sources) if text else self._of_health
        for fits in CONDITIONS:
            found = [rule for rule in found if fits(rule, event, sources)]
        if event.content and text:
            facts = text, topics_of(event.content), with_regions(event.content.language)
            for fits_release in RELEASE_CONDITIONS:
                found = [rule for rule in found if fits_release(rule, *facts)]
        return tuple(sorted({rule.id for rule in found}))

    def _candidates(self, text: FoldedText, sources: frozenset[str]) -> list[WatchRule]:
        """Return the rules whose required words are all in a text, some of them several times."""
        words = text.words
        found = [
            *(self._by_word[word] for word in words & self._by_word.keys()),
            *(
                self._by_beginning[beginning]
                for beginning in {word[:MIN_PREFIX_LETTERS] for word in words}
                & self._by_beginning.keys()
            ),
            *(self._by_source[source] for source in sources & self._by_source.keys()),
            self._others,
        ]
        return [rule for rules in found for rule in rules if rule.words <= words]


def rule_of(watch_id: str, watch: Watch) -> WatchRule:
    """Convert a watch to a rule for comparisons."""
    terms = terms_of(watch.query)
    return WatchRule(
        watch_id,
        frozenset(word for term in terms if term.wanted for word in _whole_words(term)),
        tuple(term for term in terms if not term.wanted or term.prefix or " " in term.words),
        frozenset(watch.sources),
        frozenset(watch.topics),
        frozenset(tag for one in watch.languages if (tag := language_tag(one))),
        frozenset(watch.kinds),
        watch.backlog,
    )


def _whole_words(term: Term) -> list[str]:
    """Return the words of a term that a text must contain as whole words."""
    words = term.words.split(" ")
    return words[:-1] if term.prefix else words


def topics_of(content: Content) -> frozenset[str]:
    """Return the slugs of a release's topics and section."""
    section = section_of(content.section)
    return frozenset([*content.topics, *([section.slug] if section else [])])


def with_regions(language: str | None) -> frozenset[str]:
    """Return a language tag and its prefixes: ``pt-BR`` and ``pt``."""
    parts = (language_tag(language) or "").split("-")
    return frozenset("-".join(parts[:count]) for count in range(1, len(parts) + 1))
