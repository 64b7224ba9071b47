"""The page that a person sees who opens a feed in a browser: what it is, and how to take it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from html import unescape
from itertools import islice
from urllib.parse import quote

from lxml import etree

from data.models import Facet
from data.text.language_tags import is_right_to_left
from data.text.urls import web_address
from feeds.pages.renderer import PageRenderer
from feeds.urls import FORMATS, Format, href

MOST = 40
"""Entries that are shown; a reader gets all of them."""

ATOM = "{http://www.w3.org/2005/Atom}"
XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"


@dataclass(frozen=True, slots=True)
class ShownEntry:
    """What the page shows of an entry: ``day`` is a date, ``page`` where its text is.

    ``marks`` are terms such as ``corrected`` and ``retracted`` that are true of the release.
    """

    title: str
    day: str
    page: str
    publisher: str
    language: str | None
    is_right_to_left: bool
    marks: frozenset[str]


class Document:
    """A feed of this site at a path, read from its Atom; ``query`` is what it was asked for."""

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

    def text(self, name: str) -> str:
        """A text of the feed itself."""
        return text_of(self.root.find(ATOM + name))

    def link(self, element: etree._Element, relation: str, kind: str = "") -> str:
        """The address of the first link with a relation, and of a media type; empty without."""
        for link in element.iterfind(f"{ATOM}link"):
            if link.get("rel") == relation and (not kind or link.get("type") == kind):
                return link.get("href") or ""
        return ""

    def way(self, address: str) -> str:
        """The way from here to an address; empty where it is no page's.

        It is relative where that is of this site, and so leads on wherever the site was reached.
        """
        if address.startswith(self._site):
            return self._up + address.removeprefix(self._site)
        return web_address(address) or ""

    def entries(self) -> list[ShownEntry]:
        """The entries that are shown."""
        return [self._shown(one) for one in islice(self.root.iterfind(f"{ATOM}entry"), MOST)]

    def _shown(self, entry: etree._Element) -> ShownEntry:
        published = entry.findtext(f"{ATOM}published") or entry.findtext(f"{ATOM}updated") or ""
        copy = self.link(entry, "related", "text/html")
        language = entry.get(XML_LANG)
        return ShownEntry(
            text_of(entry.find(f"{ATOM}title")),
            dt.datetime.fromisoformat(published).date().isoformat(),
            self.way(copy or self.link(entry, "alternate")),
            entry.findtext(f"{ATOM}author/{ATOM}name") or "",
            language,
            is_right_to_left(language),
            self._marks(entry),
        )

    def _marks(self, entry: etree._Element) -> frozenset[str]:
        """The marks of a release. What tells of an event, which comes via no page, has none.

        The title of such an entry says already what happened.
        """
        if not self.link(entry, "via"):
            return frozenset()
        return frozenset(
            category.get("term") or ""
            for category in entry.iterfind(f"{ATOM}category")
            if category.get("scheme") == f"{self._site}marks/"
        )


def text_of(element: etree._Element | None) -> str:
    """What a text construct says (RFC 4287, section 3.1), as plain text."""
    text = (element.text if element is not None else None) or ""
    return unescape(text) if element is not None and element.get("type") == "html" else text


def feed_page(pages: PageRenderer, path: str, query: str, atom: bytes) -> bytes:
    """The page of the feed at a ``path`` of this site, from what it holds as ``atom``.

    ``query`` is what was asked for there, encoded.
    """
    document = Document(path, query, atom)
    title = document.text("title")
    entries = document.entries()
    return pages.render(
        "feed.html",
        document.file,
        Facet(),
        title=title,
        about=document.text("subtitle"),
        own=document.file.rpartition("/")[2] + (f"?{query}" if query else ""),
        formats=document.formats,
        entries=entries,
        more=len(document.root.findall(f"{ATOM}entry")) - len(entries),
        page=document.way(document.link(document.root, "alternate", "text/html")),
        older=document.way(document.link(document.root, "prev-archive")),
        alternates=[],
    )
