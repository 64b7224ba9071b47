"""What a release is about: topics by keyword rules, by its source, and by a section that is one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Annotated

import msgspec

from data.errors import SettingsError
from data.models import Content
from data.text.clean import clean_line
from data.text.folding import fold_label
from data.text.slugs import PLAIN_SLUG, RESERVED, SLUG_LENGTH, slug_of
from data.toml_files import decode, read_text
from data.topics.facets import section_of
from data.topics.keywords import Matcher, Rule, read_rule

READ = 6000
"""Characters of a title and of a body that are read: the start says what it is about, and the cost
of a hostile one is bounded."""

TITLE = 2.0
REPEAT = 0.5
MOST_TIMES = 3
"""A rule gives its points once, half of them again the next two times, and twice them again where
it is the strongest of its topic in the title."""

THRESHOLD = 3.0
SHARE = 0.5
"""A topic of the top level counts that has THRESHOLD points, and this share of the best one's."""

SHARE_BELOW = 0.6
ALONE = 4.0
"""One below it counts that has THRESHOLD points, or ALONE where its parent has rules and does not
count, and this share of the best one's below the top level. (Weighed by one half of the texts of
benchmarks/topics.py.)"""

MOST = 3
HINT = 0.5
MANY = "mul"
"""The code of ISO 639-2 for several languages: such rules hold in every one."""

Text = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Language = Annotated[str, msgspec.Meta(pattern=r"^[a-z]{2,3}\Z")]
Phrases = dict[Language, tuple[Text, ...]]


class Topic(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One topic of a taxonomy file.

    ``label`` names it in English, ``labels`` in other languages, ``names`` are further names that
    sources and sections use for it. ``parent`` is the slug of the topic that it stands under, empty
    at the top level. ``code`` is its IPTC code. ``rules`` and ``hints`` (which weigh
    half) list phrases by language (ISO 639); those under ``mul`` hold in every language.
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
    """A taxonomy as its file says it; with ``shipped``, those that come with the program stay."""

    topic: tuple[Topic, ...]
    shipped: bool = False


@dataclass(frozen=True, eq=False)
class Taxonomy:
    """Topics, found by slug and by name; ``rules`` by language, compiled when first needed."""

    topics: Mapping[str, Topic]
    names: Mapping[str, str]
    rules: Mapping[str, tuple[Rule, ...]]
    _matchers: dict[str, Matcher] = field(default_factory=dict, repr=False)

    def matcher(self, language: str | None) -> Matcher:
        """The rules for a language tag; where it is None, the longer rules of all languages."""
        code = (language or "").partition("-")[0]
        if code not in self.rules and code:
            code = MANY
        if code not in self._matchers:
            if code:
                found = [*self.rules.get(code, ()), *self.rules.get(MANY, ())]
            else:
                found = [rule for rules in self.rules.values() for rule in rules if rule.long]
            strongest = {(r.topic, r.words): r for r in sorted(found, key=lambda r: r.points)}
            self._matchers[code] = Matcher(strongest.values())
        return self._matchers[code]

    def label(self, slug: str, language: str) -> str:
        """What a topic is called in a language (a tag), in English where it has no such label.

        Raises KeyError for what is no topic of the taxonomy.
        """
        topic = self.topics[slug]
        return topic.labels.get(language.partition("-")[0].lower(), topic.label)

    def labels(self, language: str) -> Mapping[str, str]:
        """What all topics are called in a language, by slug."""
        return {slug: self.label(slug, language) for slug in self.topics}

    @cached_property
    def parents(self) -> Mapping[str, str]:
        """The topic that each topic below the top level stands under, by slug."""
        return {slug: topic.parent for slug, topic in self.topics.items() if topic.parent}

    def above(self, slug: str) -> Iterator[str]:
        """The topics that one stands under, the nearest first; none for what is no topic here."""
        while slug := self.parents.get(slug, ""):
            yield slug

    def named(self, label: str) -> tuple[str, str]:
        """The slug and label of what a source or a page calls ``label``."""
        slug = self.names.get(fold_label(label)) or slug_of(label)
        topic = self.topics.get(slug)
        return (slug, topic.label) if topic else (slug, label)


def topics_of(
    content: Content, source_topics: tuple[str, ...], taxonomy: Taxonomy
) -> tuple[tuple[str, str], ...]:
    """The topics of a release as pairs of slug and label, sorted by slug.

    They are those of its text, at most three, those that its source always has, and the section
    that its page stands in where that is the name of a topic, in any language.
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
    """The slugs of the topics that title and body speak of, the strongest first.

    They are at most three of the top level, what else the topics below stand under, and at most
    three of these.
    """
    matcher = taxonomy.matcher(content.language)
    title = matcher.find(content.title[:READ])
    found = Counter([*title, *matcher.find(content.body_text[:READ])])
    scores: dict[str, float] = {}
    titles: dict[str, float] = {}
    for rule, times in found.items():
        worth = rule.points * (1 + REPEAT * (min(times, MOST_TIMES) - 1))
        scores[rule.topic] = scores.get(rule.topic, 0.0) + worth
    for rule in title:
        titles[rule.topic] = max(titles.get(rule.topic, 0.0), rule.points * TITLE)
    for slug, worth in titles.items():
        scores[slug] += worth
    parents = taxonomy.parents
    top = _strongest({slug: worth for slug, worth in scores.items() if slug not in parents}, SHARE)
    lower = {slug: worth for slug, worth in scores.items() if slug in parents}
    below = [
        slug
        for slug in _strongest(lower, SHARE_BELOW)
        if parents[slug] in top or lower[slug] >= ALONE or not taxonomy.topics[parents[slug]].rules
    ]
    above = {parent for slug in below for parent in taxonomy.above(slug)}
    return *top, *sorted(above.difference(top)), *below


def _strongest(scores: Mapping[str, float], share: float) -> tuple[str, ...]:
    """The topics of one level that count, the strongest first."""
    least = max(THRESHOLD, share * max(scores.values(), default=0.0))
    ranked = sorted(scores, key=lambda slug: (-scores[slug], slug))
    return tuple(slug for slug in ranked if scores[slug] >= least)[:MOST]


def load_taxonomy(path: Path | None = None) -> Taxonomy:
    """The taxonomy in the file at ``path``; the shipped one where there is no such file.

    Raises SettingsError that names the file, the key and the fix.
    """
    if not (path and path.exists()):
        return _shipped()
    return taxonomy_of(read_text(path, SettingsError), str(path))


def taxonomy_of(text: str | None, path: str) -> Taxonomy:
    """The taxonomy that a file says, or the shipped one where there is none; ``path`` is told.

    Raises SettingsError.
    """
    if text is None:
        return _shipped()
    own = decode(text, TaxonomyFile, path, SettingsError)
    taken = {topic.slug for topic in own.topic}
    kept = [*_shipped().topics.values()] if own.shipped else []
    return _compile(own.topic, path, [topic for topic in kept if topic.slug not in taken])


@cache
def _shipped() -> Taxonomy:
    """Read once: it takes a fifth of a second."""
    files = (Path(__file__).with_name(name) for name in ("taxonomy.toml", "second_level.toml"))
    topics = [topic for file in files for topic in _read(file).topic]
    return _compile(topics, "the shipped topics")


def _read(path: Path) -> TaxonomyFile:
    return decode(read_text(path, SettingsError), TaxonomyFile, str(path), SettingsError)


def _compile(topics: Sequence[Topic], where: str, shipped: Sequence[Topic] = ()) -> Taxonomy:
    """A taxonomy of topics; a name or slug that one of the ``shipped`` shares is theirs."""
    by_slug: dict[str, Topic] = {}
    names: dict[str, str] = {}
    rules: dict[str, list[Rule]] = {}
    for topic in topics:
        if topic.slug in by_slug or topic.slug in RESERVED:
            raise SettingsError(where, f"topic {topic.slug}", "choose another slug; it is taken")
        by_slug[topic.slug] = topic
    own = len(by_slug)
    by_slug |= {topic.slug: topic for topic in shipped}
    _check_parents(by_slug, where)
    for number, topic in enumerate(by_slug.values()):
        for name in (topic.slug, topic.label, *topic.labels.values(), *topic.names):
            taken = names.setdefault(fold_label(name), topic.slug)
            if number < own and taken not in {topic.slug, topic.parent}:
                fix = f"the name {name!r} is also one of topic {taken}; keep one"
                raise SettingsError(where, f"topic {topic.slug}", fix)
        for kind, points, phrases in (("rules", 1.0, topic.rules), ("hints", HINT, topic.hints)):
            for language, lines in phrases.items():
                level = 1 if topic.parent else 0
                try:
                    read = [read_rule(topic.slug, points, line, level) for line in lines]
                except ValueError as error:
                    key = f"topic {topic.slug}.{kind}.{language}"
                    raise SettingsError(where, key, str(error)) from error
                rules.setdefault(language, []).extend(read)
    return Taxonomy(by_slug, names, {code: tuple(found) for code, found in rules.items()})


def _check_parents(topics: Mapping[str, Topic], where: str) -> None:
    """Raise SettingsError for a topic that stands under none of the others, or under itself."""
    for slug in topics:
        above = [slug]
        while parent := topics[above[-1]].parent:
            key = f"topic {above[-1]}.parent"
            if parent not in topics:
                raise SettingsError(where, key, f"there is no topic {parent!r}; write its slug")
            if parent in above:
                raise SettingsError(where, key, f"{parent!r} stands under this topic itself")
            above.append(parent)
