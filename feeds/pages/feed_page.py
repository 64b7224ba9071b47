"""HTML page for people who open a feed in a browser: how to subscribe, and the feed's entries."""

import datetime as dt
from dataclasses import dataclass
from html import unescape
from urllib.parse import quote

from lxml import etree

from data.text.urls import web_address
from feeds.pages.renderer import PageRenderer
from feeds.urls import FORMATS, Format, href

MAX_ENTRIES = 40
"""Maximum number of entries on the HTML page of a feed. The feed itself has all entries."""

NAMES = {"atom": "http://www.w3.org/2005/Atom"}
XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"


@dataclass(frozen=True, slots=True)
class ShownEntry:
    """An entry on the HTML page of a feed. ``day`` is an ISO date, ``page`` a link to the release.

    ``marks`` are terms such as ``corrected`` and ``retracted``.
    """

    title: str
    day: str
    page: str
    publisher: str
    language: str | None
    marks: frozenset[str]


class Document:
    """A feed of this site, parsed from its Atom document.

    ``path`` and ``query`` are the URL path and query string of the request.
    """

    def __init__(self, path: str, query: str, atom: bytes) -> None:
        self.file = path.lstrip("/")
        self.stem, _, self.kind = self.file.rpartition(".")
        self.root = etree.fromstring(atom)
        self._up = "../" * self.file.count("/")
        self._site = self.link(self.root, "self").partition("?")[0]
        self._site = self._site.removesuffix(f"{href(self.stem)}.atom") + "/"
        asked = f"?{query}" if query else ""
        name = quote(self.stem.rpartition("/")[2], safe="~")
        self.formats: list[tuple[Format, str]] = [(one, f"{name}.{one}{asked}") for one in FORMATS]

    def link(self, element: etree._Element, relation: str, kind: str = "") -> str:
        """Return the URL of an element's first link with a relation (and media type ``kind``).

        Returns an empty string if there is no such link.
        """
        for link in element.iterfind("atom:link", NAMES):
            if link.get("rel") == relation and (not kind or link.get("type") == kind):
                return link.get("href") or ""
        return ""

    def relative_link(self, address: str) -> str:
        """Return a link from this page to a URL, or an empty string if the URL is invalid.

        A link within this site is relative, so it works with any host name.
        """
        if address.startswith(self._site):
            return self._up + address.removeprefix(self._site)
        return web_address(address) or ""

    def shown(self, entry: etree._Element) -> ShownEntry:
        """Return the values of an entry to display."""
        published = entry.findtext("atom:published", "", NAMES)
        at = dt.datetime.fromisoformat(published or entry.findtext("atom:updated", "", NAMES))
        copy = self.link(entry, "related", "text/html")
        return ShownEntry(
            construct_text(entry, "title"),
            at.date().isoformat(),
            self.relative_link(copy or self.link(entry, "alternate")),
            entry.findtext("atom:author/atom:name", "", NAMES),
            entry.get(XML_LANG),
            self._marks(entry),
        )

    def _marks(self, entry: etree._Element) -> frozenset[str]:
        """Return the marks of an entry that is a release.

        Entries of events get no marks, because their titles describe the event. They are recognized
        by their missing "via" link.
        """
        if not self.link(entry, "via"):
            return frozenset()
        return frozenset(
            category.get("term") or ""
            for category in entry.iterfind("atom:category", NAMES)
            if category.get("scheme") == f"{self._site}marks/"
        )


def construct_text(parent: etree._Element, name: str) -> str:
    """Return a child element's Atom text construct (RFC 4287, section 3.1) as plain text."""
    element = parent.find(f"atom:{name}", NAMES)
    if element is None or element.text is None:
        return ""
    return unescape(element.text) if element.get("type") == "html" else element.text


def feed_page(pages: PageRenderer, path: str, query: str, atom: bytes) -> bytes:
    """Render the HTML page of the feed at the URL ``path`` from its Atom document.

    ``query`` is the encoded query string of the request.
    """
    document = Document(path, query, atom)
    entries = document.root.findall("atom:entry", NAMES)
    return pages.render(
        "feed.html",
        document.file,
        title=construct_text(document.root, "title"),
        about=construct_text(document.root, "subtitle"),
        own=document.file.rpartition("/")[2] + (f"?{query}" if query else ""),
        formats=document.formats,
        shown_format=document.kind,
        entries=[document.shown(one) for one in entries[:MAX_ENTRIES]],
        more=max(len(entries) - MAX_ENTRIES, 0),
        page=document.relative_link(document.link(document.root, "alternate", "text/html")),
        older=document.relative_link(document.link(document.root, "prev-archive")),
        alternates=[],
    )
