"""Facets of a release (selections with a feed): its source, topics, section, language and day."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final, NamedTuple, TypeAlias

from data.languages.tags import feed_language
from data.models import Content, Facet, Release
from data.text.clean import clean_line
from data.text.folding import slug_of

MAX_SECTION_LENGTH: Final = 1000
"""Maximum length in characters of a section name. Longer names are extraction errors."""


Key: TypeAlias = tuple[str, str, str, str, str]
"""The fields of a facet in order: source, topic, period, section and language. An empty field
matches all values. Many keys are compared, and creating Facet objects would be slow."""


class SourceSection(NamedTuple):
    """A section of a source: its slug in addresses, and its name on the site."""

    slug: str
    label: str


@lru_cache(maxsize=4096)
def section_of(name: str | None) -> SourceSection | None:
    """Return the section with this name, or None if the name is empty or too long."""
    label = clean_line(name) if name and len(name) <= MAX_SECTION_LENGTH else ""
    return SourceSection(slug_of(label), label) if label else None


def facets_of(release: Release) -> frozenset[Facet]:
    """Return the facets of a release, or none if it is hidden (see `keys_at`)."""
    return frozenset(facet_of(*key) for key in facet_keys(release))


def facet_of(*key: str) -> Facet:
    """Return the facet with this key."""
    return Facet(*(part or None for part in key))


def facet_keys(release: Release) -> frozenset[Key]:
    """Return the keys of the facets of a release, or none if it is hidden (see `keys_at`)."""
    if release.hidden:
        return frozenset()
    content = release.content
    return keys_at(release.source, content.topics, release.day, content.section, content.language)


def keys_at(
    source: str, topics: Sequence[str], day: str, section: str | None, language: str | None
) -> frozenset[Key]:
    """Return the keys of the facets of a release with these properties.

    ``day`` is an ISO date or empty, ``section`` a name, ``language`` any language tag.
    """
    found = section_of(section)
    tag = feed_language(language)
    return frozenset(
        [
            ("", "", "", "", ""),
            (source, "", "", "", ""),
            *(("", topic, "", "", "") for topic in topics),
            *((source, topic, "", "", "") for topic in topics),
            *(("", "", day[:length], "", "") for length in (4, 7, 10) if day),
            *([(source, "", "", found.slug, "")] if found else []),
            *([("", "", "", "", tag)] if tag else []),
        ]
    )


def labels_of(source: str, content: Content, states: Iterable[str]) -> frozenset[tuple[str, str]]:
    """Return the fields of a release by which searches can filter, as pairs of name and value.

    A language is also included without its region. A section is a kind, and counts as a topic.
    """
    tag = (feed_language(content.language) or "").lower()
    section = section_of(content.section)
    found = {("source", source), *(("topic", topic) for topic in content.topics)}
    if section:
        found |= {("topic", section.slug), ("kind", section.slug)}
    found.update(
        ("lang", tag[:end]) for end in range(2, len(tag) + 1) if tag[end : end + 1] in {"", "-"}
    )
    found.update(("state", state) for state in states)
    return frozenset(found)
