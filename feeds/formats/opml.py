"""Write OPML 2.0 files: lists of feeds for import into a feed reader."""

from collections.abc import Collection, Iterable
from functools import lru_cache
from html import escape
from typing import Final

from data.models import Facet
from feeds.catalog import Catalog, grouped
from feeds.formats.feed import Feed
from feeds.urls import DAY, EVENT_FEEDS, MONTH, event_page, href, page_file, stem_of

OPML_GROUPS: Final = (
    *("all", "events", "sources", "sections", "topics", "languages"),
    *("years", "months", "days"),
)
"""Names of groups of feeds that an OPML file may contain.

``events`` are the feeds of corrections, retractions, health and daily digests."""

DEFAULT_GROUPS: Final = ("sources",)
"""Groups of an OPML file if the request contains no ``groups`` parameter."""


def group_of(facet: Facet) -> str:
    """Return the name of the group (OPML_GROUPS) that contains a facet's feed."""
    if facet.period is not None:
        return {DAY: "days", MONTH: "months"}.get(len(facet.period), "years")
    if facet.language is not None:
        return "languages"
    if facet.section is not None:
        return "sections"
    if facet.topic is not None:
        return "topics"
    return "all" if facet.source is None else "sources"


def render(
    catalog: Catalog, facets: Iterable[Facet], groups: Collection[str] = DEFAULT_GROUPS
) -> bytes:
    """Render an OPML file with the feeds of the facets that are in ``groups``.

    The feeds are under headings, in a fixed order. ``groups`` contains names from OPML_GROUPS.
    """
    chosen = [facet for facet in facets if group_of(facet) in groups]
    site = catalog.site
    events = [
        feed_outline(site, title, f"feeds/{event}", event_page(event))
        for event, (title, _) in EVENT_FEEDS.items()
        if "events" in groups
    ]
    headed = []
    for group, members in grouped(catalog, chosen).items():
        named = ((catalog.heading(one), stem_of(one), page_file(one)) for one in members)
        headed.append((group, [feed_outline(site, *one) for one in named]))
    if events:
        # Put these feeds after the feed of all releases, and before feeds that contain only some
        # releases.
        headed.insert(int("All" in dict(headed)), ("What happens to releases", events))
    lines = []
    for heading, outlines in headed:
        lines += [f'    <outline text="{heading}">', *outlines, "    </outline>"]
    return document(catalog, lines)


def render_one(catalog: Catalog, feed: Feed) -> bytes:
    """Render an OPML file with one feed that does not belong to a facet, such as a search."""
    title, page = escape(feed.title), escape(feed.page)
    address = escape(dict(feed.addresses)["atom"])
    named = f'type="rss" text="{title}" title="{title}"'
    return document(catalog, [f'    <outline {named} xmlUrl="{address}" htmlUrl="{page}"/>'])


def document(catalog: Catalog, outlines: Iterable[str]) -> bytes:
    """Return an OPML document with the title of the site and the given lines."""
    head = f"  <head>\n    <title>{escape(catalog.title, quote=False)}</title>\n  </head>\n  <body>"
    start = "<?xml version='1.0' encoding='UTF-8'?>\n<opml version=\"2.0\">"
    return "\n".join((start, head, *outlines, "  </body>\n</opml>\n")).encode()


@lru_cache(maxsize=10_000)
def feed_outline(site: str, heading: str, stem: str, page: str) -> str:
    """Return the OPML ``outline`` element of a feed as text.

    Writing text is four times faster than building an XML tree with thousands of elements.
    """
    title = escape(heading)
    feed, page = (escape(site + href(file)) for file in (f"{stem}.atom", page))
    named = f'type="rss" text="{title}" title="{title}"'
    return f'      <outline {named} xmlUrl="{feed}" htmlUrl="{page}"/>'
