"""OPML 2.0: every feed of a selection in one file, for a reader to take over at once."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from html import escape

from data.models import Facet
from feeds.catalog import Catalog, grouped
from feeds.formats.feed import Feed
from feeds.urls import EVENT_FEEDS, event_page, href, page_file, stem_of


def render(catalog: Catalog, facets: Iterable[Facet]) -> bytes:
    """The bytes of an OPML file of these facets, grouped and in a fixed order."""
    lines = [
        "<?xml version='1.0' encoding='UTF-8'?>",
        '<opml version="2.0">',
        f"  <head>\n    <title>{escape(catalog.title, quote=False)}</title>\n  </head>",
        "  <body>",
    ]
    for group, members in grouped(catalog, facets).items():
        lines.append(f'    <outline text="{group}">')
        lines.extend(outline_of(catalog, facet) for facet in members)
        lines.append("    </outline>")
        if group == "All":
            lines.append('    <outline text="What happens to releases">')
            lines.extend(
                line_of(catalog.site, title, f"feeds/{event}", event_page(event))
                for event, (title, _) in EVENT_FEEDS.items()
            )
            lines.append("    </outline>")
    return "\n".join((*lines, "  </body>", "</opml>", "")).encode()


def render_one(catalog: Catalog, feed: Feed) -> bytes:
    """The bytes of an OPML file of one feed that is no facet's."""
    title, page = escape(feed.title), escape(feed.page)
    address = escape(dict(feed.addresses)["atom"])
    named = f'type="rss" text="{title}" title="{title}"'
    lines = [
        "<?xml version='1.0' encoding='UTF-8'?>",
        '<opml version="2.0">',
        f"  <head>\n    <title>{escape(catalog.title, quote=False)}</title>\n  </head>",
        "  <body>",
        f'    <outline {named} xmlUrl="{address}" htmlUrl="{page}"/>',
    ]
    return "\n".join((*lines, "  </body>", "</opml>", "")).encode()


def outline_of(catalog: Catalog, facet: Facet) -> str:
    """The line of a feed."""
    return line_of(catalog.site, catalog.heading(facet), stem_of(facet), page_file(facet))


@lru_cache(maxsize=10_000)
def line_of(site: str, heading: str, stem: str, page: str) -> str:
    """The line of a feed. Written as text: a tree of thousands of them takes four times longer."""
    title = escape(heading)
    feed, page = (escape(site + href(file)) for file in (f"{stem}.atom", page))
    named = f'type="rss" text="{title}" title="{title}"'
    return f'      <outline {named} xmlUrl="{feed}" htmlUrl="{page}"/>'
