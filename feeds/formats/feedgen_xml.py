"""XML elements that RSS and Atom share, with workarounds for feedgen 1.0.

feedgen creates the elements that it writes correctly. Our code replaces the other elements in
feedgen's tree. It also prevents feedgen from inserting the current time, choosing an order, loading
extensions that write empty elements, and changing the locale of the process to write dates.
"""

from typing import Any, TypeAlias

import feedgen.entry
from feedgen.feed import FeedGenerator
from lxml import etree

from feeds.entries.entry import EntryLink, FeedEntry
from feeds.formats.feed import Feed
from feeds.urls import FEED_TYPES, Format

Element: TypeAlias = Any
"""An lxml element. The type is Any, because lxml's type stubs are incomplete."""

ATOM_NS = "http://www.w3.org/2005/Atom"
DC_NS = "http://purl.org/dc/elements/1.1/"
HISTORY_NS = "http://purl.org/syndication/history/1.0"
MEDIA_NS = "http://search.yahoo.com/mrss/"
GENERATOR = "Communique"

TTL_MINUTES = 15
"""Minimum number of minutes between two requests of a reader for an RSS feed."""


def common_entry(entry: FeedEntry) -> feedgen.entry.FeedEntry:
    """Return a feedgen entry with the elements that RSS and Atom share."""
    made = feedgen.entry.FeedEntry()
    made.id(entry.id)
    made.title(entry.title)
    made.updated(entry.updated)
    made.link(href=entry.url, rel="alternate")
    made.category(
        [
            {"term": category.term, "label": category.label, "scheme": category.scheme}
            for category in entry.categories
        ]
    )
    return made


def common_feed(feed: Feed) -> FeedGenerator:
    """Return a feedgen feed without entries, with the elements that RSS and Atom share."""
    made = FeedGenerator()
    made.id(feed.id)
    made.title(feed.title)
    made.updated(feed.updated)
    made.description(feed.subtitle)
    made.generator(GENERATOR)
    if feed.language:
        made.language(feed.language)
    return made


def feed_links(feed: Feed, kind: Format) -> tuple[EntryLink, ...]:
    """Return the links of a feed in one format: itself, page, other formats, hub, archive pages."""
    return (
        EntryLink("self", feed.address(kind), FEED_TYPES[kind]),
        EntryLink("alternate", feed.page, "text/html"),
        *(
            EntryLink("alternate", address, FEED_TYPES[other])
            for other, address in feed.addresses
            if other != kind
        ),
        *feed.links,
        *(EntryLink(rel, f"{stem}.{kind}", FEED_TYPES[kind]) for rel, stem in feed.neighbours),
    )


def link_element(tag: str, link: EntryLink) -> Element:
    """Return the XML element of a link with all its attributes."""
    element = etree.Element(tag, rel=link.rel)
    for name in ("type", "hreflang", "title"):
        value = getattr(link, name)
        if value:
            element.set(name, value)
    if link.length:
        element.set("length", str(link.length))
    element.set("href", link.href)
    return element


def serialized(element: Element) -> bytes:
    """Serialize an element with its namespace declarations."""
    made: bytes = etree.tostring(element, encoding="utf-8", xml_declaration=False)
    return made


def fragment(element: Element, tag: str, namespaces: dict[str, str]) -> bytes:
    """Serialize an element for use inside a root that declares ``namespaces``."""
    root = etree.Element(tag, nsmap=namespaces)
    root.append(element)
    whole = serialized(root)
    return whole[whole.index(b">") + 1 : whole.rindex(b"</")]


def around(feed: Feed, root: Element, end: bytes) -> tuple[bytes, bytes]:
    """Return the bytes of a feed document before and after its entries.

    ``end`` contains the closing tags of the root element. The style sheet is for feeds on static
    hosts that are opened in a browser; our own server shows an HTML page instead. It is CSS,
    because browsers are removing XSLT.
    """
    head = etree.tostring(root, encoding="utf-8", xml_declaration=False).removesuffix(end)
    up = "../" * (feed.stem.removeprefix(feed.site).partition("?")[0].count("/") - 1)
    style = f'<?xml-stylesheet type="text/css" href="{up}static/feed.css"?>'
    first = b"<?xml version='1.0' encoding='UTF-8'?>"
    return b"\n".join((first, style.encode(), head, b"")), b"\n" + end + b"\n"
