"""feedgen with its defects put right: what RSS and Atom share.

feedgen 1.0 makes every element that it makes well; what it makes badly is taken out of its tree and
set anew. It never gets to say "now", to choose an order, to load an extension that writes empty
elements, or to switch the locale of the process (as it does to write a date of an RSS entry).
"""

from __future__ import annotations

from typing import Any, TypeAlias

from feedgen.entry import FeedEntry
from feedgen.feed import FeedGenerator
from lxml import etree

from feeds.entries.entry import Entry, Link
from feeds.formats.feed import Feed
from feeds.urls import FEED_TYPES, Format

Element: TypeAlias = Any
"""An lxml element; its stubs do not know all that it can do."""

ATOM = "http://www.w3.org/2005/Atom"
DC = "http://purl.org/dc/elements/1.1/"
HISTORY = "http://purl.org/syndication/history/1.0"
MEDIA = "http://search.yahoo.com/mrss/"
GENERATOR = "Communique"

TTL = 15
"""Minutes for which a reader need not ask again."""


def common_entry(entry: Entry) -> FeedEntry:
    """Make feedgen's entry with all that RSS and Atom share."""
    made = FeedEntry()
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
    """Make feedgen's feed with all that RSS and Atom share, without entries."""
    made = FeedGenerator()
    made.id(feed.id)
    made.title(feed.title)
    made.updated(feed.updated)
    made.description(feed.subtitle)
    made.generator(GENERATOR)
    if feed.language:
        made.language(feed.language)
    return made


def feed_links(feed: Feed, kind: Format) -> tuple[Link, ...]:
    """All the links of a feed in one format: itself, its page, its other formats, a hub."""
    return (
        Link("self", feed.address(kind), FEED_TYPES[kind]),
        Link("alternate", feed.page, "text/html"),
        *(
            Link("alternate", address, FEED_TYPES[other])
            for other, address in feed.addresses
            if other != kind
        ),
        *feed.links,
        *(Link(rel, f"{stem}.{kind}", FEED_TYPES[kind]) for rel, stem in feed.neighbours),
    )


def link_element(tag: str, link: Link) -> Element:
    """A link with all of its attributes."""
    element = etree.Element(tag, rel=link.rel)
    for name in ("type", "hreflang", "title"):
        value = getattr(link, name)
        if value:
            element.set(name, value)
    if link.length:
        element.set("length", str(link.length))
    element.set("href", link.href)
    return element


def written(element: Element) -> bytes:
    """The bytes of an element, with all the namespaces that it needs."""
    made: bytes = etree.tostring(element, encoding="utf-8", xml_declaration=False)
    return made


def fragment(element: Element, tag: str, namespaces: dict[str, str]) -> bytes:
    """The bytes of an element as they stand within a root that declares ``namespaces``."""
    root = etree.Element(tag, nsmap=namespaces)
    root.append(element)
    whole = written(root)
    return whole[whole.index(b">") + 1 : whole.rindex(b"</")]


def around(feed: Feed, root: Element, end: bytes) -> tuple[bytes, bytes]:
    """What comes before and after the entries of a feed, whose root ends with the tags ``end``.

    The stylesheet is for people who open a feed of a static host in a browser (our own server shows
    them a page); it is CSS, since browsers are giving up XSLT.
    """
    head = etree.tostring(root, encoding="utf-8", xml_declaration=False).removesuffix(end)
    up = "../" * (feed.stem.removeprefix(feed.site).partition("?")[0].count("/") - 1)
    style = f'<?xml-stylesheet type="text/css" href="{up}static/feed.css"?>'
    first = b"<?xml version='1.0' encoding='UTF-8'?>"
    return b"\n".join((first, style.encode(), head, b"")), b"\n" + end + b"\n"
