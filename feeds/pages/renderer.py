"""Pages for people: the directory, a page for every facet and every release.

Pages link each other relatively, so that the site may lie anywhere, and carry a policy: those that
list feeds run the one script that copies an address, those with bodies from outside none at all.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from markupsafe import Markup

from data.models import Facet
from data.text.clean import excerpt
from data.text.language_tags import is_right_to_left
from feeds.catalog import Catalog
from feeds.entries.entry import Entry
from feeds.pages.navigation import Navigation
from feeds.pages.rows import NAMES, UP, environment, formats_of
from feeds.urls import (
    FEED_TYPES,
    feed_facet,
    href,
    page_file,
    relative,
    release_file,
)

POLICY = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self'"

TOPICS = 2
"""Topics that the line of a release names at the most."""

OTHERS = 3
"""Other publishers of the same story that it names."""

LONGEST_LINE = 200
"""Characters of a title or a name that it shows; browsers cut it to three rows."""

SERVED_POLICY = f"{POLICY}; frame-ancestors 'none'"
"""The policy as a header says it: what a page can't say of itself is added."""


class PageRenderer:
    """Renders the pages of a catalog, whose facets hold ``counts`` releases."""

    def __init__(self, catalog: Catalog, counts: Mapping[Facet, int]) -> None:
        self.catalog = catalog
        self.navigation = Navigation(catalog, counts)
        self.environment = environment(catalog.texts)
        self._row = self.environment.get_template("row.html")

    def row(
        self, entry: Entry, *, title: Markup | None = None, passage: Markup | None = None
    ) -> bytes:
        """The line of a release, the same on all pages but for the way up to the site's root.

        What a search found has its ``title`` and a ``passage`` with what was found marked.
        """
        source = entry.source and UP + href(page_file(Facet(source=entry.source)))[1:]
        topics = [one for one in entry.categories if one.scheme == f"{self.catalog.site}/topics/"]
        text = self._row.render(
            entry=entry,
            title=excerpt(entry.title, LONGEST_LINE) if title is None else title,
            publisher=excerpt(entry.publisher.name, LONGEST_LINE),
            others=[excerpt(one.name, LONGEST_LINE) for one in entry.also[:OTHERS]],
            passage=passage,
            address=UP + href(release_file(entry.release))[1:],
            source=source,
            topics=[
                (excerpt(one.label, LONGEST_LINE), UP + href(page_file(Facet(topic=one.term)))[1:])
                for one in topics[:TOPICS]
            ],
            zone=f"UTC{entry.published.isoformat()[19:]}" if entry.published else "",
            is_right_to_left=is_right_to_left,
        )
        return text.encode()

    def health(self, file: str, **values: Any) -> bytes:
        """The page at ``file`` of how sources are (see feeds.pages.health_page)."""
        title = self.catalog.texts.gettext("Health of sources")
        return self.render("health.html", file, Facet(), title=title, **values)

    def offline_search(self, file: str, parts: int) -> bytes:
        """The page at ``file`` that searches a copy of the site in a folder (see feeds.offline).

        What it searches comes in ``parts``.
        """
        return self.render("offline_search.html", file, Facet(), title="Search", parts=parts)

    def render(self, template: str, file: str, facet: Facet, **values: Any) -> bytes:
        """The page at ``file`` by a template, with the feeds of a facet in its head."""
        heading = self.catalog.heading(facet)
        formats = formats_of(feed_facet(facet, self.navigation.counts))
        usual = {
            "policy": POLICY,
            "referrer": "no-referrer",
            "site": self.catalog.title,
            "here": file,
            "under": file,  # where the navigation marks it
            "place": UP,
            "description": "",
            "structured": "",
            "canonical": "",
            "og_type": "website",
            "image": "",
            "link": partial(relative, page=file),
            "address_of": lambda file: self.catalog.site + href(file),
            "day_file": lambda day: page_file(Facet(period=day)),
            "release_file": release_file,
            "is_right_to_left": is_right_to_left,
            "types": FEED_TYPES,
            "names": NAMES,
            "formats": formats,
            "alternates": [
                (FEED_TYPES[kind], f"{heading} ({NAMES[kind]})", file) for kind, file in formats
            ],
        }
        text = self.environment.get_template(template).render(usual | values)
        return text.encode()
