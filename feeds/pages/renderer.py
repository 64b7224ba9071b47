"""Renderer of HTML pages from templates.

Links between pages are relative, so the site works at any address. Each page has a Content Security
Policy: pages with publishers' HTML run no scripts, other pages run only the site's own scripts.
"""

from collections.abc import Collection, Mapping
from functools import partial
from typing import Any

from markupsafe import Markup

from data.languages.tags import is_right_to_left
from data.models import Facet
from data.text.clean import excerpt
from feeds.catalog import Catalog
from feeds.entries.entry import FeedEntry
from feeds.pages.navigation import Navigation
from feeds.pages.rows import FORMAT_NAMES, ROOT_MARK, environment, formats_of
from feeds.urls import FEED_TYPES, feed_facet, href, page_file, relative, release_file

PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self'"
)

MAX_LINE_TOPICS = 2
"""Maximum number of topics in a release's row."""

MAX_OTHERS = 3
"""Maximum number of other publishers in a release's row."""

SUMMARY_LENGTH = 140
"""Maximum length in characters of the summary in a row. Style sheets show it on one line."""

MAX_NAME_CHARACTERS = 200
"""Maximum length in characters of a title or name in a row. Style sheets cut longer texts to three
lines."""

SERVED_POLICY = f"{PAGE_POLICY}; frame-ancestors 'none'"
"""Content Security Policy as an HTTP header, with a directive that a page can't set in its HTML."""


class PageRenderer:
    """Renders the pages of a site. It takes the same arguments as `Navigation`."""

    def __init__(
        self,
        catalog: Catalog,
        counts: Mapping[Facet, int],
        single_pages: Collection[str] = (),
    ) -> None:
        self.catalog = catalog
        self.navigation = Navigation(catalog, counts, single_pages)
        self.environment = environment(catalog.texts)
        self._row = self.environment.get_template("row.html")

    def row(
        self, entry: FeedEntry, *, title: Markup | None = None, passage: Markup | None = None
    ) -> bytes:
        """Render the row of a release, which is the same on all pages.

        UP in the row stands for the relative path to the site's root. A search passes a ``title``
        and a ``passage`` in which the matches are marked.
        """
        source = entry.source and ROOT_MARK + href(page_file(Facet(source=entry.source)))[1:]
        topics = [one for one in entry.categories if one.scheme == f"{self.catalog.site}/topics/"]
        text = self._row.render(
            entry=entry,
            title=excerpt(entry.title, MAX_NAME_CHARACTERS) if title is None else title,
            publisher=excerpt(entry.publisher.name, MAX_NAME_CHARACTERS),
            others=[excerpt(one.name, MAX_NAME_CHARACTERS) for one in entry.also[:MAX_OTHERS]],
            passage=passage,
            summary="" if entry.summary == entry.title else excerpt(entry.summary, SUMMARY_LENGTH),
            address=ROOT_MARK + href(release_file(entry.uuid))[1:],
            source=source,
            topics=[
                (
                    excerpt(one.label, MAX_NAME_CHARACTERS),
                    ROOT_MARK + href(page_file(Facet(topic=one.term)))[1:],
                )
                for one in topics[:MAX_LINE_TOPICS]
            ],
            zone=f"UTC{entry.published.isoformat()[19:]}" if entry.published else "",
            is_right_to_left=is_right_to_left,
        )
        return text.encode()

    def health(self, file: str, **values: Any) -> bytes:
        """Render the page of all sources' health (see feeds.pages.health_page)."""
        title = self.catalog.texts.gettext("Health of sources")
        return self.render("health.html", file, Facet(), title=title, **values)

    def offline_search(self, file: str, parts: int) -> bytes:
        """Render the search page of an offline copy (see feeds.offline).

        ``parts`` is the number of scripts that contain the search index.
        """
        return self.render("offline_search.html", file, Facet(), title="Search", parts=parts)

    def render(self, template: str, file: str, facet: Facet, **values: Any) -> bytes:
        """Render a template as the page with the name ``file``.

        The page contains links to the feeds of ``facet``.
        """
        heading = self.catalog.heading(facet)
        formats = formats_of(feed_facet(facet, self.navigation.counts))
        usual = {
            "policy": PAGE_POLICY,
            "referrer": "no-referrer",
            "site": self.catalog.title,
            "here": file,
            "under": file,  # decides which entry of the navigation is marked
            "place": ROOT_MARK,
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
            "names": FORMAT_NAMES,
            "formats": formats,
            "alternates": [
                (FEED_TYPES[kind], f"{heading} ({FORMAT_NAMES[kind]})", file)
                for kind, file in formats
            ],
        }
        text = self.environment.get_template(template).render(usual | values)
        return text.encode()
