"""Write feeds as Atom 1.0 (RFC 4287)."""

import datetime as dt
import re
from functools import lru_cache
from html import escape, unescape

from lxml import etree

from feeds.entries.entry import EntryLink, FeedEntry, Origin
from feeds.formats.feed import EMPTY_FEED_TIME, Feed
from feeds.formats.feedgen_xml import (
    HISTORY_NS,
    Element,
    around,
    common_entry,
    common_feed,
    feed_links,
    link_element,
    serialized,
)

TOMBSTONES_NS = "http://purl.org/atompub/tombstones/1.0"
XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"

TAG = re.compile(r"</?\w")
"""Pattern for text that looks like an HTML tag."""


def ends(feed: Feed) -> tuple[bytes, bytes]:
    """Return the bytes of a feed document before and after its entries."""
    return around(feed, head(feed), b"</feed>")


def stamp(updated: dt.datetime) -> bytes:
    """Return the ``updated`` element of a feed."""
    return f"<updated>{updated.isoformat()}</updated>".encode()


def parts(entry: FeedEntry) -> tuple[bytes, bytes, bytes]:
    """Return an entry's main part, and its closing part for single-source and for mixed feeds.

    A mixed feed has entries of several sources. The closing part of a retracted release includes
    its tombstone (RFC 6721). Readers that support tombstones remove the entry; others show that it
    was retracted.
    """
    body = serialized(entry_element(entry)).removesuffix(b"</entry>")
    end = b"</entry>"
    if entry.is_withdrawn:
        end += serialized(tombstone_element(entry))
    if entry.origin is None:
        return body, end, end
    source = source_of(entry.origin).replace(stamp(EMPTY_FEED_TIME), stamp(entry.updated), 1)
    return body, end, source + end


def head(feed: Feed) -> Element:
    """Return the root element of a feed with its metadata, without entries.

    feedgen creates elements without a namespace and writes the default namespace as an attribute of
    the root. Elements that we add do the same.
    """
    made = common_feed(feed)
    made.author(name=feed.author, uri=feed.site + "/")
    root, _ = made._create_atom()  # noqa: SLF001 - feedgen's only way to its tree
    for name in ("title", "subtitle"):
        as_text(root.find(name))
    for link in feed_links(feed, "atom"):
        root.append(link_element("link", link))
    if feed.archived:
        root.append(etree.Element(f"{{{HISTORY_NS}}}archive", nsmap={"fh": HISTORY_NS}))
    return root


def entry_element(entry: FeedEntry) -> Element:
    """Return the XML element of an entry."""
    made = common_entry(entry)
    if entry.published:
        made.published(entry.published)
    made.author(name=entry.publisher.name, uri=entry.publisher.url)
    made.contributor([{"name": other.name, "uri": other.url} for other in entry.also])
    made.summary(entry.summary)
    made.content(entry.html, type="html")
    element = made.atom_entry()
    for name in ("title", "summary"):
        as_text(element.find(name))
    # feedgen drops all attributes of an entry's links except href and rejects URIs as relations,
    # so its links are replaced.
    for link in element.findall("link"):
        element.remove(link)
    for link in (
        EntryLink("alternate", entry.url, "text/html", hreflang=entry.language),
        *entry.links,
    ):
        element.append(link_element("link", link))
    if entry.language:
        element.set(XML_LANG, entry.language)
    return element


@lru_cache(maxsize=1000)
def source_of(origin: Origin) -> bytes:
    """Return the ``source`` element of an entry in a feed of several sources.

    feedgen's element lacks the required id and updated elements. `parts` replaces the placeholder
    time with the time of the entry, so the entry does not change when the source does.
    """
    source = etree.Element("source")
    etree.SubElement(source, "id").text = origin.id
    as_text(etree.SubElement(source, "title"), origin.title)
    etree.SubElement(source, "updated").text = EMPTY_FEED_TIME.isoformat()
    source.append(link_element("link", EntryLink("self", origin.atom, "application/atom+xml")))
    source.append(link_element("link", EntryLink("alternate", origin.page, "text/html")))
    return serialized(source)


def tombstone_element(entry: FeedEntry) -> Element:
    """Return the element that deletes an entry in readers (RFC 6721).

    Its time equals the time of the entry, because an older tombstone would mean that the entry was
    restored.
    """
    element = etree.Element(
        f"{{{TOMBSTONES_NS}}}deleted-entry",
        nsmap={"at": TOMBSTONES_NS},
        ref=entry.id,
        when=entry.updated.isoformat(),
    )
    comment = etree.SubElement(element, f"{{{TOMBSTONES_NS}}}comment")
    comment.text = "Retracted by the publisher"
    return element


def as_text(element: Element, text: str | None = None) -> None:
    """Set the text of an element so that readers show tags and references in the text literally.

    Some readers parse plain text as markup. So text that could be mistaken for markup is escaped
    and declared as HTML. Other text, such as "R&D", stays plain, because some readers ignore the
    declaration.
    """
    text = element.text if text is None else text
    element.text = text
    if text and (TAG.search(text) or unescape(text) != text):
        element.text = escape(text, quote=False)
        element.set("type", "html")
