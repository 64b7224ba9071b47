"""Atom 1.0 (RFC 4287)."""

from __future__ import annotations

import datetime as dt
import re
from functools import lru_cache
from html import escape, unescape

from lxml import etree

from feeds.entries.entry import Entry, Link, Origin
from feeds.formats.feed import NEVER, Feed
from feeds.formats.feedgen_xml import (
    HISTORY,
    Element,
    around,
    common_entry,
    common_feed,
    feed_links,
    link_element,
    written,
)

TOMBSTONES = "http://purl.org/atompub/tombstones/1.0"
XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"

TAG = re.compile(r"</?\w")
"""What looks like a tag in text."""


def ends(feed: Feed) -> tuple[bytes, bytes]:
    """What comes before the entries of a feed, and after them."""
    return around(feed, head(feed), b"</feed>")


def stamp(updated: dt.datetime) -> bytes:
    """How a head says when its feed was updated."""
    return f"<updated>{updated.isoformat()}</updated>".encode()


def parts(entry: Entry) -> tuple[bytes, bytes, bytes]:
    """The body of an entry, its end where it stands among its source's own, and among others'.

    That of a retracted release is followed by its tombstone (RFC 6721): what knows tombstones drops
    the entry, what doesn't shows that it was retracted.
    """
    body = written(entry_element(entry)).removesuffix(b"</entry>")
    end = b"</entry>"
    if entry.is_withdrawn:
        end += written(tombstone_element(entry))
    if entry.origin is None:
        return body, end, end
    source = source_of(entry.origin).replace(stamp(NEVER), stamp(entry.updated), 1)
    return body, end, source + end


def head(feed: Feed) -> Element:
    """The root of a feed without entries.

    feedgen keeps elements out of any namespace and writes the default one as an attribute of the
    root; so do all elements added here.
    """
    made = common_feed(feed)
    made.author(name=feed.author, uri=feed.site + "/")
    root, _ = made._create_atom()  # noqa: SLF001 - feedgen's only way to its tree
    for name in ("title", "subtitle"):
        as_text(root.find(name))
    for link in feed_links(feed, "atom"):
        root.append(link_element("link", link))
    if feed.archived:
        root.append(etree.Element(f"{{{HISTORY}}}archive", nsmap={"fh": HISTORY}))
    return root


def entry_element(entry: Entry) -> Element:
    """The element of an entry."""
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
    # feedgen loses every attribute of an entry's links but href, and refuses relations that are
    # URIs: its links are replaced.
    for link in element.findall("link"):
        element.remove(link)
    for link in (Link("alternate", entry.url, "text/html", hreflang=entry.language), *entry.links):
        element.append(link_element("link", link))
    if entry.language:
        element.set(XML_LANG, entry.language)
    return element


@lru_cache(maxsize=1000)
def source_of(origin: Origin) -> bytes:
    """Where entries were taken from. feedgen's own has neither id nor updated, which is invalid.

    It is given the time of the entry: the source was at least as new when the entry was taken from
    it, and the bytes of an entry do not change because its source goes on.
    """
    source = etree.Element("source")
    etree.SubElement(source, "id").text = origin.id
    as_text(etree.SubElement(source, "title"), origin.title)
    etree.SubElement(source, "updated").text = NEVER.isoformat()
    source.append(link_element("link", Link("self", origin.atom, "application/atom+xml")))
    source.append(link_element("link", Link("alternate", origin.page, "text/html")))
    return written(source)


def tombstone_element(entry: Entry) -> Element:
    """What says that an entry is gone (RFC 6721).

    It is as new as the entry itself: one that is older, be it by a fraction of a second, says that
    the entry is back.
    """
    element = etree.Element(
        f"{{{TOMBSTONES}}}deleted-entry",
        nsmap={"at": TOMBSTONES},
        ref=entry.id,
        when=entry.updated.isoformat(),
    )
    comment = etree.SubElement(element, f"{{{TOMBSTONES}}}comment")
    comment.text = "Retracted by its publisher"
    return element


def as_text(element: Element, text: str | None = None) -> None:
    """Let a text construct show its text, or another, as it is written, talk of markup included.

    Escaped once more and declared as HTML, such text is itself to every reader that knows the
    declaration; as plain text some take it for markup all the same. What nobody takes for it, such
    as "R&D", stays plain: some readers know no declaration.
    """
    text = element.text if text is None else text
    element.text = text
    if text and (TAG.search(text) or unescape(text) != text):
        element.text = escape(text, quote=False)
        element.set("type", "html")
