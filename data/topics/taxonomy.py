"""Assignment of topics to releases: by keyword rules, by source, and by section name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from pathlib import Path
from typing import Annotated

import msgspec

from data.errors import SettingsError
from data.models import Content, Draft
from data.text.clean import clean_line
from data.text.folding import PLAIN_SLUG, RESERVED, SLUG_LENGTH, fold_label, slug_of
from data.toml_files import decode, read_text
from data.topics.facets import section_of
from data.topics.keywords import KeywordMatcher, KeywordRule, read_rule

MAX_MATCHED_CHARACTERS = 6000
"""Maximum number of characters of a title, and of a body, that are matched. The start of a text
shows its topics, and a long hostile text must not take more time."""

TITLE_WEIGHT = 2.0
REPEAT_WEIGHT = 0.5
MAX_OCCURRENCES = 3
"""Maximum number of occurrences that count for a rule. A rule gives its points for the first
occurrence, and REPEAT_WEIGHT times its points for each further one. A topic's strongest rule in the
title adds TITLE_WEIGHT times its points."""

MIN_POINTS = 3.0
MIN_SHARE = 0.5
"""Minimum fraction of the best topic's points. A top-level topic counts if it has this fraction and
MIN_POINTS points."""

MIN_LOWER_SHARE = 0.6
MIN_ALONE_POINTS = 4.0
"""Minimum number of points of a lower topic whose parent has rules but does not count. Other lower
topics count with MIN_POINTS points and MIN_LOWER_SHARE of the best lower topic's points.
(Calibrated on one half of the texts of benchmarks/topics.py.)"""

MAX_TOPICS = 3
"""Maximum number of topics of a text per level."""
HINT_POINTS = 0.5
"""Points of a hint. A rule has 1 point."""
MULTILINGUAL = "mul"
"""The ISO 639-2 code for several languages. Rules under this code apply to texts in every
language."""

Text = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Language = Annotated[str, msgspec.Meta(pattern=r"^[a-z]{2,3}\Z")]
Phrases = dict[Language, tuple[Text, ...]]


class TaxonomyTopic(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One topic of a taxonomy file.

    ``label`` is its English name, ``labels`` are names in other languages. ``names`` are further
    names that sources and sections use. ``parent`` is the slug of its parent topic, empty at the
    top level. ``code`` is its IPTC code. ``rules``, and ``hints`` with half the weight, are phrases
    by language (ISO 639); those under ``mul`` apply to every language.
    """

    slug: Annotated[str, msgspec.Meta(pattern=rf"^{PLAIN_SLUG.pattern}\Z", max_length=SLUG_LENGTH)]
    label: Text
    parent: str = ""
    code: str = ""
    labels: dict[Language, Text] = {}
    names: tuple[Text, ...] = ()
    rules: Phrases = {}
    hints: Phrases = {}


class TaxonomyFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The content of a taxonomy file. With ``shipped``, the bundled topics are kept too."""

    topic: tuple[TaxonomyTopic, ...]
    shipped: bool = False


@dataclass(frozen=True, eq=False)
class Taxonomy:
    """Topics by slug and by name, with ``rules`` by language that are compiled on first use."""

    topics: Mapping[str, TaxonomyTopic]
    names: Mapping[str, str]
    rules: Mapping[str, tuple[KeywordRule, ...]]
    _matchers: dict[str, KeywordMatcher] = field(default_factory=dict, repr=False)

    def matcher(self, language: str | None) -> KeywordMatcher:
        """Return the rules for a language tag.

        For None, these are the longer rules of all languages.
        """
        code = (language or "").partition("-")[0]
        if code not in self.rules and code:
            code = MULTILINGUAL
        if code not in self._matchers:
            if code:
                found = [*self.rules.get(code, ()), *self.rules.get(MULTILINGUAL, ())]
            else:
                found = [rule for rules in self.rules.values() for rule in rules if rule.long]
            strongest = {(r.topic, r.words): r for r in sorted(found, key=lambda r: r.points)}
            self._matchers[code] = KeywordMatcher(strongest.values())
        return self._matchers[code]

    def label(self, slug: str, language: str) -> str:
        """Return the name of a topic in a language (a tag), or else its English name.

        Raises KeyError for an unknown topic.
        """
        topic = self.topics[slug]
        return topic.labels.get(language.partition("-")[0].lower(), topic.label)

    def labels(self, language: str) -> Mapping[str, str]:
        """Return the names of all topics in a language, by slug."""
        return {slug: self.label(slug, language) for slug in self.topics}

    @cached_property
    def parents(self) -> Mapping[str, str]:
        """The parents of all lower topics, by slug."""
        return {slug: topic.parent for slug, topic in self.topics.items() if topic.parent}

    def above(self, slug: str) -> Iterator[str]:
        """Yield the ancestors of a topic, nearest first. An unknown topic has none."""
        while slug := self.parents.get(slug, ""):
            yield slug

    def named(self, label: str) -> tuple[str, str]:
        """Return slug and label of the topic that a source or page calls ``label``."""
        slug = self.names.get(fold_label(label)) or slug_of(label)
        topic = self.topics.get(slug)
        return (slug, topic.label) if topic else (slug, label)


def topics_of(
    content: Content, source_topics: tuple[str, ...], taxonomy: Taxonomy
) -> tuple[tuple[str, str], ...]:
    """Return the topics of a release as pairs of slug and label, sorted by slug.

    They are the topics of its text, at most three per level, and the source's permanent topics. A
    section that has the name of a topic, in any language, adds this topic.
    """
    found = {slug: taxonomy.topics[slug].label for slug in text_topics(content, taxonomy)}
    for label in filter(None, map(clean_line, source_topics)):
        slug, name = taxonomy.named(label)
        found.setdefault(slug, name)
    if section := section_of(content.section):
        slug, name = taxonomy.named(section.label)
        if slug in taxonomy.topics:
            found.setdefault(slug, name)
    return tuple(sorted(found.items()))


def text_topics(content: Content, taxonomy: Taxonomy) -> tuple[str, ...]:
    """Return the slugs of the topics in title and body, strongest first.

    They are at most three top-level topics, at most three lower topics, and the parents of these.
    """
    matcher = taxonomy.matcher(content.language)
    title = matcher.find(content.title[:MAX_MATCHED_CHARACTERS])
    found = Counter([*title, *matcher.find(content.body_text[:MAX_MATCHED_CHARACTERS])])
    scores: dict[str, float] = {}
    titles: dict[str, float] = {}
    for rule, times in found.items():
        worth = rule.points * (1 + REPEAT_WEIGHT * (min(times, MAX_OCCURRENCES) - 1))
        scores[rule.topic] = scores.get(rule.topic, 0.0) + worth
    for rule in title:
        titles[rule.topic] = max(titles.get(rule.topic, 0.0), rule.points * TITLE_WEIGHT)
    for slug, worth in titles.items():
        scores[slug] += worth
    parents = taxonomy.parents
    top = _strongest(
        {slug: worth for slug, worth in scores.items() if slug not in parents}, MIN_SHARE
    )
    lower = {slug: worth for slug, worth in scores.items() if slug in parents}
    below = [
        slug
        for slug in _strongest(lower, MIN_LOWER_SHARE)
        if parents[slug] in top
        or lower[slug] >= MIN_ALONE_POINTS
        or not taxonomy.topics[parents[slug]].rules
    ]
    above = {parent for slug in below for parent in taxonomy.above(slug)}
    return *top, *sorted(above.difference(top)), *below


def _strongest(scores: Mapping[str, float], share: float) -> tuple[str, ...]:
    """Return the topics of one level that count, strongest first."""
    least = max(MIN_POINTS, share * max(scores.values(), default=0.0))
    ranked = sorted(scores, key=lambda slug: (-scores[slug], slug))
    return tuple(slug for slug in ranked if scores[slug] >= least)[:MAX_TOPICS]


def load_taxonomy(path: Path | None = None) -> Taxonomy:
    """Load the taxonomy from the file at ``path``, or the bundled one if the file does not exist.

    Raises SettingsError with the file, the key and the fix.
    """
    if not (path and path.exists()):
        return _bundled()
    return taxonomy_of(read_text(path, SettingsError), str(path))


def taxonomy_of(text: str | None, path: str) -> Taxonomy:
    """Parse a taxonomy file, or return the bundled one for None.

    ``path`` is used in error messages. Raises SettingsError.
    """
    if text is None:
        return _bundled()
    own = decode(text, TaxonomyFile, path, SettingsError)
    taken = {topic.slug for topic in own.topic}
    kept = [*_bundled().topics.values()] if own.shipped else []
    return _compile(own.topic, path, [topic for topic in kept if topic.slug not in taken])


@cache
def _bundled() -> Taxonomy:
    """Load the bundled taxonomy once; this takes 0.2 seconds."""
    files = (Path(__file__).with_name(name) for name in ("taxonomy.toml", "second_level.toml"))
    topics = [topic for file in files for topic in _read(file).topic]
    return _compile(topics, "the bundled topics")


def _read(path: Path) -> TaxonomyFile:
    return decode(read_text(path, SettingsError), TaxonomyFile, str(path), SettingsError)


def _compile(
    topics: Sequence[TaxonomyTopic], where: str, shipped: Sequence[TaxonomyTopic] = ()
) -> Taxonomy:
    """Compile topics. Their names and slugs take precedence over the bundled topics'."""
    by_slug: dict[str, TaxonomyTopic] = {}
    names: dict[str, str] = {}
    rules: dict[str, list[KeywordRule]] = {}
    for topic in topics:
        if topic.slug in by_slug or topic.slug in RESERVED:
            reason = (
                "this slug is reserved" if topic.slug in RESERVED else "two topics have this slug"
            )
            raise SettingsError(where, f"topic {topic.slug}", f"{reason}; choose another")
        by_slug[topic.slug] = topic
    own = len(by_slug)
    by_slug |= {topic.slug: topic for topic in shipped}
    _check_parents(by_slug, where)
    for number, topic in enumerate(by_slug.values()):
        for name in (topic.slug, topic.label, *topic.labels.values(), *topic.names):
            taken = names.setdefault(fold_label(name), topic.slug)
            if number < own and taken not in {topic.slug, topic.parent}:
                fix = f"topic {taken} has the name {name!r} too; remove one"
                raise SettingsError(where, f"topic {topic.slug}", fix)
        for kind, points, phrases in (
            ("rules", 1.0, topic.rules),
            ("hints", HINT_POINTS, topic.hints),
        ):
            for language, lines in phrases.items():
                level = 1 if topic.parent else 0
                try:
                    read = [read_rule(topic.slug, points, line, level) for line in lines]
                except ValueError as error:
                    key = f"topic {topic.slug}.{kind}.{language}"
                    raise SettingsError(where, key, str(error)) from error
                rules.setdefault(language, []).extend(read)
    return Taxonomy(by_slug, names, {code: tuple(found) for code, found in rules.items()})


def _check_parents(topics: Mapping[str, TaxonomyTopic], where: str) -> None:
    """Raise SettingsError for an unknown parent, or for a topic that is its own ancestor."""
    for slug in topics:
        above = [slug]
        while parent := topics[above[-1]].parent:
            key = f"topic {above[-1]}.parent"
            if parent not in topics:
                raise SettingsError(
                    where, key, f"there is no topic {parent!r}; use the slug of a topic"
                )
            if parent in above:
                raise SettingsError(where, key, f"{parent!r} is a descendant of this topic")
            above.append(parent)


def with_topics(
    draft: Draft,
    topics: tuple[str, ...],
    taxonomy: Taxonomy,
    known: Iterable[tuple[str, str]] = (),
) -> tuple[Draft, Mapping[str, str]]:
    """Return a draft with all of its topics, and their labels by slug.

    Topics come from its text, its source and its section. ``topics`` are permanent topics of the
    source, ``known`` additional ones as slugs and labels. A known topic that equals the section is
    omitted: earlier versions made sections topics. Every topic includes all of its ancestors.
    """
    labels = dict(topics_of(draft.content, topics, taxonomy))
    section = section_of(draft.content.section)
    for slug, label in known:
        if section and slug == section.slug and slug not in taxonomy.topics:
            continue
        labels.setdefault(slug, label)
    for slug in [*labels]:
        for above in taxonomy.above(slug):
            labels.setdefault(above, taxonomy.topics[above].label)
    content = replace(draft.content, topics=tuple(sorted(labels)))
    return replace(draft, content=content), labels


@dataclass(frozen=True, slots=True)
class TopicNode:
    """A topic, its number of releases, and its child topics sorted by label.

    Releases of a child are releases of this topic too, so ``releases`` is not a sum.
    """

    slug: str
    label: str
    releases: int
    below: tuple[TopicNode, ...] = ()


def topic_tree(
    labels: Mapping[str, str], parents: Mapping[str, str], counts: Mapping[str, int]
) -> tuple[TopicNode, ...]:
    """Return the top-level topics sorted by label, each with its descendants.

    All parameters are by slug: labels, parents and numbers of releases. Only topics with a label
    are included. A topic whose parent has no label is at the top level.
    """
    below: dict[str | None, list[str]] = {}
    for slug in labels:
        parent = parents.get(slug)
        # None can't be a slug, while a hostile file may contain an empty one.
        below.setdefault(parent if parent in labels else None, []).append(slug)

    def nodes(parent: str | None) -> tuple[TopicNode, ...]:
        slugs = sorted(below.get(parent, ()), key=lambda slug: (labels[slug].casefold(), slug))
        return tuple(
            TopicNode(slug, labels[slug], counts.get(slug, 0), nodes(slug)) for slug in slugs
        )

    return nodes(None)
