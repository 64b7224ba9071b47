"""The names and addresses that feeds and pages need, read from the store once for a whole run."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache

from data.models import Facet, RemovedSource, Source
from data.settings import Site
from data.store.read_protocol import ReadStore
from data.text.clean import excerpt, plain
from data.text.urls import site_address
from data.topics.tree import TopicNode, topic_tree
from data.wording import N_
from feeds.translations import ENGLISH, Texts, own_name, texts_of
from feeds.urls import (
    FEED_TYPES,
    FORMATS,
    EventFeed,
    Format,
    capture_file,
    event_file,
    feed_file,
    href,
    hub_of,
    page_file,
    release_file,
    revision_file,
    stem_of,
)

REMOVED = "This source is collected no more, and its releases are not shown."

LONGEST_LABEL = 60
"""Characters of the label of a section that are shown: pages of its source list many."""

line = lru_cache(maxsize=4096)(plain)
shortened = lru_cache(maxsize=4096)(excerpt)
"""A name as one line of plain text, or the beginning of it; names come again and again."""


@dataclass(frozen=True, slots=True)
class Person:
    """Who published: a name, and an address where one is known."""

    name: str
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Catalog:
    """Who the sources are, what the topics are called, and where the site lies.

    ``site`` is its public address without a slash at the end, ``language`` the one that it speaks
    (see feeds.translations). ``topics`` are labels in that language by slug, ``parents`` the topics
    that those below the top level stand under. ``first_ids`` are the ids that renamed sources had
    first, by those of today, and ``removed`` the sources that are collected no more, by id.
    """

    site: str
    title: str
    sources: Mapping[str, Source]
    topics: Mapping[str, str]
    parents: Mapping[str, str] = field(default_factory=dict)
    hub: str | None = None
    language: str = ENGLISH
    sections: Mapping[tuple[str, str], str] = field(default_factory=dict)
    first_ids: Mapping[str, str] = field(default_factory=dict)
    removed: Mapping[str, RemovedSource] = field(default_factory=dict)

    @property
    def texts(self) -> Texts:
        """What the site says, in its language."""
        return texts_of(self.language)

    def source(self, source: str) -> Source:
        """A source by its id; a bare one where the store no longer knows it."""
        return self.sources.get(source) or Source(source, source, "")

    def topic(self, topic: str) -> str:
        """The label of a topic; where it has none, its slug written as one."""
        label = line(self.topics.get(topic) or topic)
        if label == topic:
            label = line(topic.replace("-", " "))
            label = label[:1].upper() + label[1:]
        return label or "Topic"

    def section(self, source: str, section: str) -> str:
        """The label of a section of a source, the beginning of a long one; else its slug."""
        label = self.sections.get((source, section)) or section
        return shortened(label, LONGEST_LABEL) or "Section"

    def topic_tree(self, counts: Mapping[Facet, int]) -> tuple[TopicNode, ...]:
        """The topics that hold releases, as a tree; see data.topics.tree."""
        used = {
            facet.topic: count
            for facet, count in counts.items()
            if facet.topic is not None and facet == Facet(topic=facet.topic)
        }
        return topic_tree({slug: self.topic(slug) for slug in used}, self.parents, used)

    def feed(self, facet: Facet, kind: Format) -> str:
        """The absolute address of a facet's feed."""
        return self.site + href(feed_file(facet, kind))

    def feeds(self, facet: Facet) -> tuple[tuple[str, str], ...]:
        """The media type and address of a facet's feed in every format."""
        return tuple((FEED_TYPES[kind], self.feed(facet, kind)) for kind in FORMATS)

    def feed_id(self, facet: Facet) -> str:
        """The permanent id of a facet's feed, the same in every format and by whatever name."""
        if facet.source is not None:
            facet = replace(facet, source=self.first_id(facet.source))
        return urn_of(self.site + href(stem_of(facet)))

    def first_id(self, source: str) -> str:
        """The id that a source had first, of which those of its feeds are made for good."""
        return self.first_ids.get(source, source)

    def is_gone(self, source: str) -> bool:
        """Whether a source was removed with its releases."""
        removed = self.removed.get(source)
        return removed is not None and not removed.kept

    def ended(self, source: str | None) -> str:
        """Since when a source is collected no more, as a sentence; empty where it still is."""
        removed = self.removed.get(source or "")
        if removed is None:
            return ""
        day = self.texts.spoken(f"{removed.at:%Y-%m-%d}")
        return self.texts.gettext("No longer collected since %(day)s.", day=day)

    def page(self, facet: Facet) -> str:
        """The absolute address of a facet's page."""
        return self.site + href(page_file(facet))

    def release(self, release: str) -> str:
        """The absolute address of the page of a release."""
        return self.site + href(release_file(release))

    def revision(self, release: str, number: int) -> str:
        """The absolute address of the page of one version of a release."""
        return self.site + href(revision_file(release, number))

    def capture(self, release: str) -> str:
        """The absolute address of the page of the captures of a release."""
        return self.site + href(capture_file(release))

    def event_feed(self, event: EventFeed, kind: Format) -> str:
        """The absolute address of a feed about releases."""
        return self.site + href(event_file(event, kind))

    def event_feed_id(self, event: EventFeed) -> str:
        """The permanent id of a feed about releases, the same in every format."""
        return urn_of(f"{self.site}/feeds/{event}")

    def name(self, facet: Facet) -> str:
        """What a facet is called within the site: ``ACME: Economy``, ``24 November 2022``."""
        parts = [
            line(self.source(facet.source).name) if facet.source is not None else "",
            self.topic(facet.topic) if facet.topic is not None else "",
            self.texts.spoken(facet.period) if facet.period is not None else "",
            self.section(facet.source or "", facet.section) if facet.section is not None else "",
            own_name(facet.language) if facet.language is not None else "",
        ]
        return ": ".join(part for part in parts if part) or self.texts.gettext("All releases")

    def heading(self, facet: Facet) -> str:
        """What a facet is called among the feeds of other sites."""
        if facet == Facet():
            return self.title
        name = self.name(facet)
        return name if facet.source is not None else f"{name} · {self.title}"


@lru_cache(maxsize=10_000)
def urn_of(address: str) -> str:
    """The permanent id of a feed, from its address."""
    return uuid.uuid5(uuid.NAMESPACE_URL, address).urn


def catalog_of(store: ReadStore, site: Site) -> Catalog:
    """Read sources and topics from the store."""
    moves = store.source_moves()
    return Catalog(
        site=site_address(site.url),
        title=plain(site.title) or "Communique",
        sources=dict(store.sources()),
        topics=dict(store.topics()),
        parents=dict(store.topic_parents()),
        hub=hub_of(site),
        sections=dict(store.section_labels()),
        language=site.language,
        # Of several ids that lead to one, the first comes last here, and stays.
        first_ids={new: old for old, new in reversed([*moves.items()])},
        removed=dict(store.removed_sources()),
    )


GROUPS = (
    *(N_("All"), N_("Sources"), N_("Sections"), N_("Topics"), N_("Sources by topic")),
    *(N_("Languages"), N_("Dates")),
)


def grouped(catalog: Catalog, facets: Iterable[Facet]) -> Mapping[str, list[Facet]]:
    """Facets by group, without empty groups: dates newest first, all others by name."""
    groups: dict[str, list[Facet]] = {group: [] for group in GROUPS}
    for facet in facets:
        groups[group_of(facet)].append(facet)
    for group, members in groups.items():
        if group == "Dates":
            members.sort(key=lambda facet: facet.period or "", reverse=True)
        else:
            members.sort(
                key=lambda facet: (
                    catalog.texts.collation_key(catalog.name(facet)),
                    facet.source or "",
                    facet.topic or "",
                    facet.section or "",
                    facet.language or "",
                )
            )
    return {group: members for group, members in groups.items() if members}


def group_of(facet: Facet) -> str:
    """The group of a facet."""
    if facet.period is not None:
        return "Dates"
    if facet.language is not None:
        return "Languages"
    if facet.section is not None:
        return "Sections"
    if facet.source is not None:
        return "Sources by topic" if facet.topic is not None else "Sources"
    return "Topics" if facet.topic is not None else "All"
