"""RSS 2.0, with the Atom, Dublin Core, content and media namespaces."""

from __future__ import annotations

import datetime as dt
import re
from email.utils import format_datetime
from functools import lru_cache
from html import escape

from feedgen.ext.dc import DcEntryExtension, DcExtension
from feedgen.ext.media import MediaEntryExtension, MediaExtension
from lxml import etree

from feeds.entries.entry import Entry, Origin, capture_links
from feeds.formats.feed import Feed
from feeds.formats.feedgen_xml import (
    ATOM,
    DC,
    HISTORY,
    MEDIA,
    TTL,
    Element,
    around,
    common_entry,
    common_feed,
    feed_links,
    fragment,
    link_element,
    written,
)

NAMESPACES = {
    "atom": ATOM,
    "content": "http://purl.org/rss/1.0/modules/content/",
    "dc": DC,
    "media": MEDIA,
}

PLAIN = re.compile(rb"(<(?:title|category|source|dc:creator|dc:contributor)\b[^<>]*>)([^<]*&[^<]*)")
"""The elements that hold plain text, where something in it is escaped."""


def ends(feed: Feed) -> tuple[bytes, bytes]:
    """What comes before the items of a feed, and after them."""
    start, end = around(feed, head(feed), b"</channel></rss>")
    return plainly(start), end


def stamp(updated: dt.datetime) -> bytes:
    """How a head says when its feed was updated."""
    return f"<lastBuildDate>{format_datetime(updated)}</lastBuildDate>".encode()


def parts(entry: Entry) -> tuple[bytes, bytes, bytes]:
    """The body of an item, its end where it stands among its source's own, and among others'."""
    body = plainly(fragment(item_element(entry), "rss", NAMESPACES)).removesuffix(b"</item>")
    end = b"</item>"
    if entry.origin is None:
        return body, end, end
    return body, end, source_of(entry.origin) + end


@lru_cache(maxsize=1000)
def source_of(origin: Origin) -> bytes:
    """Where entries were taken from."""
    source = etree.Element("source", url=origin.rss)
    source.text = origin.title
    return plainly(written(source))


def plainly(document: bytes) -> bytes:
    """A document whose plain text no reader takes for HTML.

    What a title holds is text to some readers and HTML to others; written as hexadecimal character
    references, "&" and "<" are themselves to both (RSS Best Practices Profile, "Character Data").
    """
    return PLAIN.sub(
        lambda found: found[1] + found[2].replace(b"&lt;", b"&#x3C;").replace(b"&amp;", b"&#x26;"),
        document,
    )


def head(feed: Feed) -> Element:
    """The root of a feed without items."""
    made = common_feed(feed)
    # The last alternate becomes <link>, so it is the only link that feedgen is told of.
    made.link(href=feed.page, rel="alternate")
    made.ttl(TTL)
    # By their classes: by their names, feedgen imports them again for every feed.
    made.register_extension("dc", DcExtension, DcEntryExtension, atom=False)
    made.register_extension("media", MediaExtension, MediaEntryExtension, atom=False)
    root, _ = made._create_rss()  # noqa: SLF001 - feedgen's only way to its tree
    channel = root[0]
    # HTML, as an item's is; what it says is plain text.
    description = channel.find("description")
    description.text = escape(description.text or "", quote=False)
    for link in feed_links(feed, "rss"):
        # feedgen writes only a link to the feed itself: the hub and the archives were lost.
        channel.append(link_element(f"{{{ATOM}}}link", link))
    if feed.archived:
        channel.append(etree.Element(f"{{{HISTORY}}}archive", nsmap={"fh": HISTORY}))
    return root


def item_element(entry: Entry) -> Element:
    """The element of an entry.

    Readers agree on one enclosure an item only; the first file is that, the others are
    ``media:content``.
    """
    made = common_entry(entry)
    # A description is HTML (RSS 2.0, and what every reader takes it for), the summary is text.
    made.summary(escape(entry.summary, quote=False))
    made.content(entry.html)
    if entry.enclosures:
        first = entry.enclosures[0]
        made.enclosure(first.url, first.length or 0, first.type)
    item = made.rss_entry()
    if entry.published:
        etree.SubElement(item, "pubDate").text = format_datetime(entry.published)
    etree.SubElement(item, f"{{{ATOM}}}updated").text = entry.updated.isoformat()
    etree.SubElement(item, f"{{{DC}}}creator").text = entry.publisher.name
    for other in entry.also:
        etree.SubElement(item, f"{{{DC}}}contributor").text = other.name
    if entry.language:
        etree.SubElement(item, f"{{{DC}}}language").text = entry.language
    for link in capture_links(entry.capture):
        item.append(link_element(f"{{{ATOM}}}link", link))
    for media in entry.enclosures[1:]:
        found = etree.SubElement(item, f"{{{MEDIA}}}content", url=media.url, type=media.type)
        if media.length:
            found.set("fileSize", str(media.length))
        if media.title:
            etree.SubElement(found, f"{{{MEDIA}}}title", type="plain").text = media.title
    return item
