"""Which facets a release belongs to: by its source, topics, section, language and day."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from data.models import Facet, Release
from data.text.clean import clean_line
from data.text.language_tags import feed_language
from data.text.slugs import slug_of

LONGEST_NAME: Final = 1000
"""Characters above which the name of a section is none, but a page gone wrong."""


class Section(NamedTuple):
    """A section of a source: what it is called in addresses, and by its site."""

    slug: str
    label: str


@lru_cache(maxsize=4096)
def section_of(name: str | None) -> Section | None:
    """The section that a page names so; None where that is no name of one."""
    label = clean_line(name) if name and len(name) <= LONGEST_NAME else ""
    return Section(slug_of(label), label) if label else None


def facets_of(release: Release) -> frozenset[Facet]:
    """All the facets that a release belongs to, and so the feeds that a change of it touches.

    One that is hidden belongs to none.
    """
    if release.hidden:
        return frozenset()
    content = release.content
    return facets_at(release.source, content.topics, release.day, content.section, content.language)


def facets_at(
    source: str, topics: Sequence[str], day: str, section: str | None, language: str | None
) -> frozenset[Facet]:
    """The facets of a release by what it says of itself.

    The ``day`` is as ISO writes it, or empty; ``section`` is its name, ``language`` any tag.
    """
    found = section_of(section)
    tag = feed_language(language)
    return frozenset(
        [
            Facet(),
            Facet(source=source),
            *(Facet(topic=topic) for topic in topics),
            *(Facet(source=source, topic=topic) for topic in topics),
            *(Facet(period=day[:length]) for length in (4, 7, 10) if day),
            *([Facet(source=source, section=found.slug)] if found else []),
            *([Facet(language=tag)] if tag else []),
        ]
    )
