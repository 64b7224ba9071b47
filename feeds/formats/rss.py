"""Write feeds as RSS 2.0, with the Atom, Dublin Core, content and media namespaces."""

import datetime as dt
import re
from email.utils import format_datetime
from functools import lru_cache
from html import escape

from feedgen.ext.dc import DcEntryExtension, DcExtension
from feedgen.ext.media import MediaEntryExtension, MediaExtension
from lxml import etree

from feeds.entries.entry import FeedEntry, Origin, capture_links
from feeds.formats.feed import Feed
from feeds.formats.feedgen_xml import (
    ATOM_NS,
    DC_NS,
    HISTORY_NS,
    MEDIA_NS,
    TTL_MINUTES,
    Element,
    around,
    common_entry,
    common_feed,
    feed_links,
    fragment,
    link_element,
    serialized,
)

NAMESPACES = {
    "atom": ATOM_NS,
    "content": "http://purl.org/rss/1.0/modules/content/",
    "dc": DC_NS,
    "media": MEDIA_NS,
}

PLAIN_TEXT_ELEMENT = re.compile(
    rb"(<(?:title|category|source|dc:creator|dc:contributor)\b[^<>]*>)([^<]*&[^<]*)"
)
"""Pattern for plain-text elements that contain a character reference."""


def ends(feed: Feed) -> tuple[bytes, bytes]:
    """Return the bytes of a feed document before and after its items."""
    start, end = around(feed, head(feed), b"</channel></rss>")
    return with_unambiguous_text(start), end


def stamp(updated: dt.datetime) -> bytes:
    """Return the ``lastBuildDate`` element of a feed."""
    return f"<lastBuildDate>{format_datetime(updated)}</lastBuildDate>".encode()


def parts(entry: FeedEntry) -> tuple[bytes, bytes, bytes]:
    """Return an item's main part, and its closing part for single-source and for mixed feeds."""
    body = with_unambiguous_text(fragment(item_element(entry), "rss", NAMESPACES)).removesuffix(
        b"</item>"
    )
    end = b"</item>"
    if entry.origin is None:
        return body, end, end
    return body, end, source_of(entry.origin) + end


@lru_cache(maxsize=1000)
def source_of(origin: Origin) -> bytes:
    """Return the ``source`` element of an item in a mixed feed."""
    source = etree.Element("source", url=origin.rss)
    source.text = origin.title
    return with_unambiguous_text(serialized(source))


def with_unambiguous_text(document: bytes) -> bytes:
    """Write "&" and "<" in plain-text elements as hexadecimal references.

    Some readers parse titles as text, others as HTML. Hexadecimal references have the same meaning
    for both (RSS Best Practices Profile, "Character Data").
    """
    return PLAIN_TEXT_ELEMENT.sub(
        lambda found: found[1] + found[2].replace(b"&lt;", b"&#x3C;").replace(b"&amp;", b"&#x26;"),
        document,
    )


def head(feed: Feed) -> Element:
    """Return the root element of a feed with its metadata, without items."""
    made = common_feed(feed)
    # feedgen writes the last alternate link as <link>, so it gets only this link.
    made.link(href=feed.page, rel="alternate")
    made.ttl(TTL_MINUTES)
    # Register classes, because feedgen would import extensions given by name again for every feed.
    made.register_extension("dc", DcExtension, DcEntryExtension, atom=False)
    made.register_extension("media", MediaExtension, MediaEntryExtension, atom=False)
    root, _ = made._create_rss()  # noqa: SLF001 - feedgen's only way to its tree
    channel = root[0]
    # RSS descriptions are HTML, but this text is plain text.
    description = channel.find("description")
    description.text = escape(description.text or "", quote=False)
    for link in feed_links(feed, "rss"):
        # feedgen writes only the link to the feed itself, so the other links are added here.
        channel.append(link_element(f"{{{ATOM_NS}}}link", link))
    if feed.archived:
        channel.append(etree.Element(f"{{{HISTORY_NS}}}archive", nsmap={"fh": HISTORY_NS}))
    return root


def item_element(entry: FeedEntry) -> Element:
    """Return the XML element of an entry.

    All readers support only one enclosure per item. The first file is the enclosure, the other
    files are ``media:content``.
    """
    made = common_entry(entry)
    # Readers parse a description as HTML (RSS 2.0), but the summary is plain text.
    made.summary(escape(entry.summary, quote=False))
    made.content(entry.html)
    if entry.enclosures:
        first = entry.enclosures[0]
        made.enclosure(first.url, first.length or 0, first.type)
    item = made.rss_entry()
    if entry.published:
        etree.SubElement(item, "pubDate").text = format_datetime(entry.published)
    etree.SubElement(item, f"{{{ATOM_NS}}}updated").text = entry.updated.isoformat()
    etree.SubElement(item, f"{{{DC_NS}}}creator").text = entry.publisher.name
    for other in entry.also:
        etree.SubElement(item, f"{{{DC_NS}}}contributor").text = other.name
    if entry.language:
        etree.SubElement(item, f"{{{DC_NS}}}language").text = entry.language
    for link in capture_links(entry.capture):
        item.append(link_element(f"{{{ATOM_NS}}}link", link))
    for media in entry.enclosures[1:]:
        found = etree.SubElement(item, f"{{{MEDIA_NS}}}content", url=media.url, type=media.type)
        if media.length:
            found.set("fileSize", str(media.length))
        if media.title:
            etree.SubElement(found, f"{{{MEDIA_NS}}}title", type="plain").text = media.title
    return item
