"""Assignment of topics to releases by keyword rules, by source, and by section name."""

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
"""Maximum number of characters of a title, and of a body, that are matched. The start of a text is
enough to find its topics."""

TITLE_WEIGHT = 2.0
"""Factor for the points that a topic's strongest rule in the title adds."""
REPEAT_WEIGHT = 0.5
"""Factor for the points of each occurrence of a rule in a text after the first."""
MAX_OCCURRENCES = 3
"""Maximum number of occurrences of a rule in a text that count."""

# These values were calibrated on one half of the texts in benchmarks/topics.py.
MIN_POINTS = 3.0
"""Minimum number of points of an assigned topic."""
MIN_SHARE = 0.5
"""Minimum ratio of a top-level topic's points to those of the best top-level topic."""
MIN_LOWER_SHARE = 0.6
"""Minimum ratio of a lower topic's points to those of the best lower topic."""
MIN_ALONE_POINTS = 4.0
"""Minimum number of points of a lower topic whose parent has rules but is not assigned."""

MAX_TOPICS = 3
"""Maximum number of topics per level assigned by the text of a release."""
HINT_POINTS = 0.5
"""Number of points of a hint. A rule has 1 point."""
MULTILINGUAL = "mul"
"""ISO 639-2 code for several languages. Rules under this code apply to texts in every language."""

Text = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Language = Annotated[str, msgspec.Meta(pattern=r"^[a-z]{2,3}\Z")]
Phrases = dict[Language, tuple[Text, ...]]


class TaxonomyTopic(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A topic in a taxonomy file.

    ``label`` is its English name, and ``labels`` contains its names in other languages. ``names``
    contains further names that sources and sections use. ``parent`` is the slug of its parent
    topic, empty at the top level. ``code`` is its IPTC code. ``rules`` contains phrases by language
    (ISO 639), and ``hints`` phrases with half the weight. Phrases under ``mul`` apply to every
    language.
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
    """Content of a taxonomy file. If ``shipped`` is true, the bundled topics are also used."""

    topic: tuple[TaxonomyTopic, ...]
    shipped: bool = False


@dataclass(frozen=True, eq=False)
class Taxonomy:
    """Topics by slug and by name, and keyword rules by language, compiled on first use."""

    topics: Mapping[str, TaxonomyTopic]
    names: Mapping[str, str]
    rules: Mapping[str, tuple[KeywordRule, ...]]
    _matchers: dict[str, KeywordMatcher] = field(default_factory=dict, repr=False)

    def matcher(self, language: str | None) -> KeywordMatcher:
        """Return the matcher of keyword rules for a language tag.

        For None, it contains the longer rules of all languages.
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
        """Return the name of a topic in a language (a tag), or its English name if it has none.

        Raises KeyError for an unknown topic.
        """
        topic = self.topics[slug]
        return topic.labels.get(language.partition("-")[0].lower(), topic.label)

    def labels(self, language: str) -> Mapping[str, str]:
        """Return the names of all topics in a language by slug."""
        return {slug: self.label(slug, language) for slug in self.topics}

    @cached_property
    def parents(self) -> Mapping[str, str]:
        """Return the parent of each lower topic by slug."""
        return {slug: topic.parent for slug, topic in self.topics.items() if topic.parent}

    def above(self, slug: str) -> Iterator[str]:
        """Yield the ancestors of a topic, nearest first. An unknown topic has no ancestors."""
        while slug := self.parents.get(slug, ""):
            yield slug

    def named(self, label: str) -> tuple[str, str]:
        """Return the slug and label of the topic that a source or page calls ``label``."""
        slug = self.names.get(fold_label(label)) or slug_of(label)
        topic = self.topics.get(slug)
        return (slug, topic.label) if topic else (slug, label)


def topics_of(
    content: Content, source_topics: tuple[str, ...], taxonomy: Taxonomy
) -> tuple[tuple[str, str], ...]:
    """Return the topics of a release as pairs of slug and label, sorted by slug.

    The result contains the topics of its text, at most three per level, and the source's permanent
    topics. It also contains the topic with the name of its section in any language, if any.
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
    """Return the slugs of the topics of a title and body, strongest first.

    The result has at most three top-level topics, and at most three lower topics with their
    parents.
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
    """Return the topics on one level that have enough points, strongest first.

    ``scores`` maps topics to points. ``share`` is the minimum ratio to the best topic's points.
    """
    least = max(MIN_POINTS, share * max(scores.values(), default=0.0))
    ranked = sorted(scores, key=lambda slug: (-scores[slug], slug))
    return tuple(slug for slug in ranked if scores[slug] >= least)[:MAX_TOPICS]


def load_taxonomy(path: Path | None = None) -> Taxonomy:
    """Load the taxonomy from the file at ``path``. If it is missing, return the bundled taxonomy.

    Raises SettingsError, whose message contains the file, the key and the fix.
    """
    if not (path and path.exists()):
        return _bundled()
    return taxonomy_of(read_text(path, SettingsError), str(path))


def taxonomy_of(text: str | None, path: str) -> Taxonomy:
    """Parse the text of a taxonomy file, or return the bundled taxonomy for None.

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
    """Load and cache the bundled taxonomy. Loading takes 0.2 seconds."""
    files = (Path(__file__).with_name(name) for name in ("taxonomy.toml", "second_level.toml"))
    texts = ((read_text(file, SettingsError), str(file)) for file in files)
    read = [decode(text, TaxonomyFile, path, SettingsError) for text, path in texts]
    return _compile([topic for one in read for topic in one.topic], "the bundled topics")


def _compile(
    topics: Sequence[TaxonomyTopic], where: str, shipped: Sequence[TaxonomyTopic] = ()
) -> Taxonomy:
    """Compile topics into a taxonomy.

    ``topics`` take precedence over the bundled topics (``shipped``).
    """
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
    """Raise SettingsError if a topic has an unknown parent or is its own ancestor."""
    for slug in topics:
        above = [slug]
        while parent := topics[above[-1]].parent:
            key = f"topic {above[-1]}.parent"
            if parent not in topics:
                raise SettingsError(
                    where, key, f"no topic has the slug {parent!r}; use the slug of another topic"
                )
            if parent in above:
                raise SettingsError(
                    where, key, f"{parent!r} is a descendant of this topic; choose another parent"
                )
            above.append(parent)


def with_topics(
    draft: Draft,
    topics: tuple[str, ...],
    taxonomy: Taxonomy,
    known: Iterable[tuple[str, str]] = (),
) -> tuple[Draft, Mapping[str, str]]:
    """Return a draft with all its topics, and the labels of these topics by slug.

    Topics come from the draft's text, source and section. ``topics`` are permanent topics of the
    source, and ``known`` additional topics as slugs and labels. A known topic that equals the
    section is omitted, because earlier versions made sections topics. All ancestors of a topic are
    also added.
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

    Releases with a child topic also have this topic, so ``releases`` includes them.
    """

    slug: str
    label: str
    releases: int
    below: tuple[TopicNode, ...] = ()


def topic_tree(
    labels: Mapping[str, str], parents: Mapping[str, str], counts: Mapping[str, int]
) -> tuple[TopicNode, ...]:
    """Return the top-level topics sorted by label, each with its descendants.

    The arguments map slugs to labels, parents, and numbers of releases. Only topics with a label
    are included. A topic whose parent has no label is at the top level.
    """
    below: dict[str | None, list[str]] = {}
    for slug in labels:
        parent = parents.get(slug)
        # None can't be a slug, but a hostile file may contain an empty slug.
        below.setdefault(parent if parent in labels else None, []).append(slug)

    def nodes(parent: str | None) -> tuple[TopicNode, ...]:
        slugs = sorted(below.get(parent, ()), key=lambda slug: (labels[slug].casefold(), slug))
        return tuple(
            TopicNode(slug, labels[slug], counts.get(slug, 0), nodes(slug)) for slug in slugs
        )

    return nodes(None)
