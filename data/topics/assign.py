"""Filing a draft under its topics, wherever it comes from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from data.models import Draft
from data.topics.facets import section_of
from data.topics.taxonomy import Taxonomy, topics_of


def filed(
    draft: Draft,
    topics: tuple[str, ...],
    taxonomy: Taxonomy,
    known: Iterable[tuple[str, str]] = (),
) -> tuple[Draft, Mapping[str, str]]:
    """A draft with the topics of its text, its source and its section, and their labels by slug.

    ``topics`` are those that its source always has, ``known`` further ones, as slugs and labels:
    but for its section, which earlier versions made a topic. A draft of a topic is one of all
    topics above it, too.
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
