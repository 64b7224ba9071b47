"""A page as it was served, decoded and parsed once for all who read it."""

from __future__ import annotations

import hashlib
import re
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import urlsplit

import msgspec
from lxml import etree
from parsel import Selector

from data.text.markup.oversized_tags import without_oversized_tags
from data.text.urls import absolute
from spiders.page.charset import DETECTION_BYTES, recode
from spiders.page.html_tree import parse

DECLARING = ("base", "link", "meta", "script", "title")
CONTROLS = bytes([*range(9), 11, 12, *range(14, 32)])
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
NOT_TEXT = 0.02
"""The share of control characters in its beginning from which on a body is no text."""

NO_TEXT = "it is no text but a file of some other kind"
"""The reason why nothing was found in what is no page."""

ITEMPROP = re.compile(rb"item[pP]rop\s*=\s*[\"']?([^\"'\s>]+)")

GZIP = b"\x1f\x8b\x08"
"""How a file begins that gzip made (RFC 1952)."""

MOST_UNPACKED = 20_000_000
"""Bytes that are unpacked of such a file at the most."""

NOT_CHARACTERS = (b"\xef\xbf\xbe", b"\xef\xbf\xbf")
"""What no XML document may hold: one such character in a body would spoil a whole feed."""


class DocumentText(msgspec.Struct, frozen=True):
    """What a document says: its pages in lines, and what it states of itself.

    ``title`` is that of its metadata, ``headline`` the line in the largest letters on its first
    page, ``created`` the day on which it was made, as ISO 8601 writes it.
    """

    title: str = ""
    headline: str = ""
    created: str = ""
    pages: tuple[str, ...] = ()


@dataclass(frozen=True)
class Page:
    """One answer of a site: the bytes, where they came from, and what the server said of them.

    ``url`` is the address that answered. ``body`` is decoded of any Content-Encoding but not of its
    character set, and may be a file that gzip made. ``content_type`` is the header's value, or
    empty. ``document`` is what the body says where it is a document that was read.
    """

    url: str
    body: bytes
    content_type: str = ""
    document: DocumentText | None = None

    @cached_property
    def digest(self) -> str:
        """The SHA-256 of the body, in hexadecimal."""
        return hashlib.sha256(self.body).hexdigest()

    @cached_property
    def markup(self) -> bytes:
        """The body in UTF-8, without what no text may hold; empty for what is no text at all."""
        markup = recode(unpacked(self.body), self.content_type)
        if is_binary(markup[:DETECTION_BYTES]):
            return b""
        if any(control in markup for control in CONTROLS):
            markup = markup.translate(None, CONTROLS)
        if b"\xef" in markup:  # one byte is found far sooner than three
            for bad in NOT_CHARACTERS:
                markup = markup.replace(bad, b"")
        return markup

    @property
    def is_binary(self) -> bool:
        """Whether this is an image, an archive or the like, whatever the server calls it."""
        return bool(self.body) and not self.markup

    @cached_property
    def properties(self) -> frozenset[bytes]:
        """What elements may say that they are, by ``itemprop`` (WHATWG HTML, 5.2)."""
        return frozenset(ITEMPROP.findall(self.markup))

    @cached_property
    def marks_dates(self) -> bool:
        """Whether elements of the page may be marked as its date of publication."""
        return b"datePublished" in self.properties or b"pubdate" in self.markup

    @cached_property
    def text(self) -> str:
        """The body as text, without the characters that XML forbids."""
        return self.markup.decode("utf-8", "replace")

    @cached_property
    def tree(self) -> etree._Element:
        """The root of the parsed document; a bare ``<html>`` where there is none.

        Comments and processing instructions are left out: they part no text.
        """
        markup, is_cut = self._tamed
        return parse(markup, is_cut=is_cut)

    @cached_property
    def _tamed(self) -> tuple[bytes, bool]:
        return without_oversized_tags(self.markup)

    @property
    def is_cut(self) -> bool:
        """Whether the page is so large that only its beginning is in the tree."""
        return self._tamed[1]

    @cached_property
    def declared(self) -> Mapping[str, Sequence[etree._Element]]:
        """The elements that tell machines of the page, by their tags in DECLARING, in page order.

        They are looked for once: that is a walk over the whole page, for they stand anywhere.
        """
        found: dict[str, list[etree._Element]] = {tag: [] for tag in DECLARING}
        for element in self.tree.iter(*DECLARING):
            found[element.tag].append(element)
        return found

    @cached_property
    def base(self) -> str:
        """The address that relative links start from: ``<base href>`` or the page's own."""
        for node in self.declared["base"]:
            if href := absolute(self.url, node.get("href") or ""):
                return href
        return self.url

    @cached_property
    def selector(self) -> Selector:
        """The same tree for CSS and XPath selectors."""
        return Selector(root=self.tree, type="html")


def is_web(url: str) -> bool:
    """Whether a text is an address that pages can come from: http or https, a host, a port.

    Control characters are in none: what is cut off at a NUL would lead elsewhere.
    """
    if CONTROL.search(url):
        return False
    try:
        parts = urlsplit(url)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def is_binary(start: bytes) -> bool:
    """Whether the beginning of a body is that of no text.

    Markup is never taken for that, be it full of control characters.
    """
    if start.lstrip()[:1] in (b"<", b"{", b"["):
        return False
    return len(start) - len(start.translate(None, CONTROLS)) > NOT_TEXT * len(start)


def unpacked(body: bytes) -> bytes:
    """What a file holds that gzip made, as far as it can be read; anything else as it is."""
    if not body.startswith(GZIP):
        return body
    try:
        return zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(body, MOST_UNPACKED)
    except zlib.error:
        return body
