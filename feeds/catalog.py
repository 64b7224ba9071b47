"""Names and URLs for feeds and pages, read from the store once for each publication."""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache

from data.models import Facet, RemovedSource, Source
from data.settings import SiteSettings
from data.store.core.store import Store
from data.text.clean import excerpt, plain
from data.text.urls import canonical_url, site_address
from data.topics.taxonomy import TopicNode, topic_tree
from data.wording import N_
from feeds.translations import ENGLISH, Texts, own_name, texts_of
from feeds.urls import (
    Format,
    feed_file,
    href,
    hub_of,
    page_file,
    release_file,
    stem_of,
)

REMOVED_SOURCE_TEXT = "This source is no longer collected, and its releases are not shown."

MAX_LABEL_CHARACTERS = 60
"""Maximum length in characters of a section's label. The page of a source may list many labels."""

one_line = lru_cache(maxsize=4096)(plain)
"""Cached version of `plain`, which joins the lines of a text."""
shortened = lru_cache(maxsize=4096)(excerpt)
"""Cached version of `excerpt`, which returns the beginning of a text."""

FEED_GROUPS = (
    *(N_("All"), N_("Sources"), N_("Sections"), N_("Topics"), N_("Sources by topic")),
    *(N_("Languages"), N_("Dates")),
)


@dataclass(frozen=True, slots=True)
class Person:
    """A publisher, with a name and, if known, a URL."""

    name: str
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Catalog:
    """The sources, topics and sections of a site, and the site's URLs.

    - ``site`` is the public URL without a final slash. ``language`` is the language of the site's
      texts.
    - ``topics`` maps slugs to labels in that language. ``parents`` maps a topic to its parent
      topic.
    - ``sections`` maps a source id and a section slug to the section's label.
    - ``hub`` is the URL of the WebSub hub, or None.
    - ``first_ids`` maps the current id of a renamed source to its first id.
    - ``removed`` maps ids to sources that are no longer collected.
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
        """Translations of texts into the language of the site."""
        return texts_of(self.language)

    def source(self, source: str) -> Source:
        """Return the source with an id, or a placeholder if the store has no such source."""
        return self.sources.get(source) or Source(source, source, "")

    def topic(self, topic: str) -> str:
        """Return the label of a topic. An unknown topic gets a label made from its slug."""
        label = one_line(self.topics.get(topic) or topic)
        if label == topic:
            label = one_line(topic.replace("-", " "))
            label = label[:1].upper() + label[1:]
        return label or "Topic"

    def section(self, source: str, section: str) -> str:
        """Return the label of a section, shortened if it is long.

        For an unknown section, return its slug.
        """
        label = self.sections.get((source, section)) or section
        return shortened(label, MAX_LABEL_CHARACTERS) or "Section"

    def topic_tree(self, counts: Mapping[Facet, int]) -> tuple[TopicNode, ...]:
        """Return a tree of the topics that have releases (see data.topics.taxonomy)."""
        used = {
            facet.topic: count
            for facet, count in counts.items()
            if facet.topic is not None and facet == Facet(topic=facet.topic)
        }
        return topic_tree({slug: self.topic(slug) for slug in used}, self.parents, used)

    def feed(self, facet: Facet, kind: Format) -> str:
        """Return the absolute URL of a facet's feed."""
        return self.url(feed_file(facet, kind))

    def feed_id(self, facet: Facet) -> str:
        """Return the permanent id of a facet's feed, the same in all formats and after renames."""
        if facet.source is not None:
            facet = replace(facet, source=self.first_id(facet.source))
        return urn_of(self.site + href(stem_of(facet)))

    def first_id(self, source: str) -> str:
        """Return the first id of a source, which is part of its feeds' permanent ids."""
        return self.first_ids.get(source, source)

    def is_gone(self, source: str) -> bool:
        """Whether a source and its releases were removed."""
        removed = self.removed.get(source)
        return removed is not None and not removed.kept

    def ended(self, source: str | None) -> str:
        """Return the sentence "Collection stopped on …", or "" if a source is collected."""
        removed = self.removed.get(source or "")
        if removed is None:
            return ""
        day = self.texts.format_period(f"{removed.at:%Y-%m-%d}")
        return self.texts.gettext("Collection stopped on %(day)s.", day=day)

    def url(self, file: str) -> str:
        """Return the absolute URL of a file of the site."""
        return self.site + href(file)

    def page(self, facet: Facet) -> str:
        """Return the absolute URL of a facet's page."""
        return self.url(page_file(facet))

    def release(self, release: str) -> str:
        """Return the absolute URL of the page of a release."""
        return self.url(release_file(release))

    def name(self, facet: Facet) -> str:
        """Return the name of a facet on this site: ``ACME: Economy`` or ``24 November 2022``."""
        parts = [
            one_line(self.source(facet.source).name) if facet.source is not None else "",
            self.topic(facet.topic) if facet.topic is not None else "",
            self.texts.format_period(facet.period) if facet.period is not None else "",
            self.section(facet.source or "", facet.section) if facet.section is not None else "",
            own_name(facet.language) if facet.language is not None else "",
        ]
        return ": ".join(part for part in parts if part) or self.texts.gettext("All releases")

    def heading(self, facet: Facet) -> str:
        """Return the title of a facet's feed.

        The title includes the name of the site, because feed readers list feeds of many sites.
        """
        if facet == Facet():
            return self.title
        name = self.name(facet)
        return name if facet.source is not None else f"{name} · {self.title}"


@lru_cache(maxsize=10_000)
def urn_of(address: str) -> str:
    """Return the permanent id (UUID URN) that is derived from a feed's URL."""
    return uuid.uuid5(uuid.NAMESPACE_URL, address).urn


def catalog_of(store: Store, site: SiteSettings) -> Catalog:
    """Read the catalog of a site from the store."""
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
        # A source may have had several ids. In reverse order, the first id overwrites the later
        # ids.
        first_ids={new: old for old, new in reversed([*moves.items()])},
        removed=dict(store.removed_sources()),
    )


def single_pages_of(store: Store, catalog: Catalog, counts: Mapping[Facet, int]) -> frozenset[str]:
    """Return the ids of sources that are a single page: their only release is at their address.

    ``counts`` maps facets to numbers of releases.
    """
    return frozenset(
        one
        for one, source in catalog.sources.items()
        if counts.get(Facet(source=one)) == 1 and store.ids_at(one, [canonical_url(source.url)])
    )


def grouped(catalog: Catalog, facets: Iterable[Facet]) -> Mapping[str, list[Facet]]:
    """Group facets for lists. Dates are sorted newest first, other facets by name.

    Empty groups are omitted.
    """
    groups: dict[str, list[Facet]] = {group: [] for group in FEED_GROUPS}
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
    """Return the name of the group to which a facet belongs, one of FEED_GROUPS."""
    if facet.period is not None:
        return "Dates"
    if facet.language is not None:
        return "Languages"
    if facet.section is not None:
        return "Sections"
    if facet.source is not None:
        return "Sources by topic" if facet.topic is not None else "Sources"
    return "Topics" if facet.topic is not None else "All"
