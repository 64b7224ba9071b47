"""Atom 1.0 (RFC 4287)."""

from __future__ import annotations

import datetime as dt

from lxml import etree

from feeds.entry import Entry, Link, Origin
from feeds.feed import Feed
from feeds.generator import (
    Element,
    common_entry,
    common_feed,
    document,
    feed_links,
    fragment,
    link_element,
)

XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"


def render(feed: Feed) -> bytes:
    """The bytes of an Atom feed; the same feed gives the same bytes."""
    return document(head(feed), b"</feed>", [render_entry(entry) for entry in feed.entries])


def render_entry(entry: Entry) -> bytes:
    """The bytes of one entry, the same in every Atom feed of its kind (mixed or not)."""
    return fragment(entry_element(entry), "feed", {})


def head(feed: Feed) -> Element:
    """The root of a feed without entries.

    feedgen keeps elements out of any namespace and writes the default one as an attribute of the
    root; so do all elements added here.
    """
    made = common_feed(feed)
    made.author(name=feed.author, uri=feed.site + "/")
    root, _ = made._create_atom()  # noqa: SLF001 - feedgen's only way to its tree
    for link in feed_links(feed, "atom"):
        root.append(link_element("link", link))
    return root


def entry_element(entry: Entry) -> Element:
    """The element of an entry."""
    made = common_entry(entry)
    made.published(entry.published)
    made.author(name=entry.publisher.name, uri=entry.publisher.url)
    made.contributor([{"name": other.name, "uri": other.url} for other in entry.also])
    made.summary(entry.summary)
    made.content(entry.html, type="html")
    element = made.atom_entry()
    # feedgen loses every attribute of an entry's links but href, and refuses relations that are
    # URIs: its links are replaced.
    for link in element.findall("link"):
        element.remove(link)
    for link in (Link("alternate", entry.url, "text/html", hreflang=entry.language), *entry.links):
        element.append(link_element("link", link))
    if entry.origin:
        element.append(source_element(entry.origin, entry.updated))
    if entry.language:
        element.set(XML_LANG, entry.language)
    return element


def source_element(origin: Origin, updated: dt.datetime) -> Element:
    """Where an entry was taken from. feedgen's own has neither id nor updated, which is invalid.

    ``updated`` is the entry's: the source was at least as new when the entry was taken from it, and
    the bytes of an entry do not change because its source goes on.
    """
    source = etree.Element("source")
    etree.SubElement(source, "id").text = origin.id
    etree.SubElement(source, "title").text = origin.title
    etree.SubElement(source, "updated").text = updated.isoformat()
    source.append(link_element("link", Link("self", origin.atom, "application/atom+xml")))
    source.append(link_element("link", Link("alternate", origin.page, "text/html")))
    return source
