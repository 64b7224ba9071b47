"""A page as the server returned it, decoded and parsed once for all uses."""

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
"""Tags of elements with metadata."""

CONTROLS = bytes([*range(9), 11, 12, *range(14, 32)])
"""Control characters that XML forbids."""

CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
NOT_TEXT = 0.02
"""Share of control characters above which the beginning of a body is binary."""

NO_TEXT = "it is not a text but another kind of file"
"""Reason for an empty extraction from a binary file."""

ITEMPROP = re.compile(rb"item[pP]rop\s*=\s*[\"']?([^\"'\s>]+)")

GZIP = b"\x1f\x8b\x08"
"""First bytes of a gzip file (RFC 1952)."""

MAX_UNPACKED = 20_000_000
"""Maximum number of bytes decompressed from a gzip file."""

NOT_CHARACTERS = (b"\xef\xbf\xbe", b"\xef\xbf\xbf")
"""Characters that XML forbids (in UTF-8). One of them in a body would make a whole feed invalid."""


class DocumentText(msgspec.Struct, frozen=True):
    """The text and metadata of a document such as a PDF.

    - ``title``: the title in the metadata.
    - ``headline``: the line in the largest letters on the first page.
    - ``created``: the creation date, in ISO 8601.
    - ``pages``: the text of each page.
    """

    title: str = ""
    headline: str = ""
    created: str = ""
    pages: tuple[str, ...] = ()


@dataclass(frozen=True)
class Page:
    """A response from a site: its address, body and content type.

    - ``url``: the address of the response.
    - ``body``: the bytes without Content-Encoding, in their original charset. May be a gzip file.
    - ``content_type``: the value of the header, or an empty string.
    - ``document``: the extracted text, if the body is a document such as a PDF.
    """

    url: str
    body: bytes
    content_type: str = ""
    document: DocumentText | None = None

    @cached_property
    def digest(self) -> str:
        """The SHA-256 digest of the body, in hexadecimal."""
        return hashlib.sha256(self.body).hexdigest()

    @cached_property
    def markup(self) -> bytes:
        """The body in UTF-8 without characters that XML forbids; empty if the body is binary."""
        markup = recode(unpacked(self.body), self.content_type)
        if is_binary(markup[:DETECTION_BYTES]):
            return b""
        if any(control in markup for control in CONTROLS):
            markup = markup.translate(None, CONTROLS)
        if b"\xef" in markup:  # searching for one byte is much faster than for three
            for bad in NOT_CHARACTERS:
                markup = markup.replace(bad, b"")
        return markup

    @property
    def is_binary(self) -> bool:
        """Whether the body is binary, such as an image or an archive, despite its content type."""
        return bool(self.body) and not self.markup

    @cached_property
    def properties(self) -> frozenset[bytes]:
        """The values of all ``itemprop`` attributes on the page (WHATWG HTML, 5.2)."""
        return frozenset(ITEMPROP.findall(self.markup))

    @cached_property
    def marks_dates(self) -> bool:
        """Whether the markup may mark an element as the publication date."""
        return b"datePublished" in self.properties or b"pubdate" in self.markup

    @cached_property
    def text(self) -> str:
        """The body as text, without characters that XML forbids."""
        return self.markup.decode("utf-8", "replace")

    @cached_property
    def tree(self) -> etree._Element:
        """The root of the parsed document, or an empty ``<html>`` element.

        Comments and processing instructions are removed, so they do not split texts.
        """
        markup, is_cut = self._tamed
        return parse(markup, is_cut=is_cut)

    @cached_property
    def _tamed(self) -> tuple[bytes, bool]:
        return without_oversized_tags(self.markup)

    @property
    def is_cut(self) -> bool:
        """Whether the page is so large that the tree contains only its beginning."""
        return self._tamed[1]

    @cached_property
    def declared(self) -> Mapping[str, Sequence[etree._Element]]:
        """The elements with metadata, in page order, by their tag in DECLARING.

        They can be anywhere on the page, so they are collected once in a single pass.
        """
        found: dict[str, list[etree._Element]] = {tag: [] for tag in DECLARING}
        for element in self.tree.iter(*DECLARING):
            found[element.tag].append(element)
        return found

    @cached_property
    def base(self) -> str:
        """The base address of relative links: ``<base href>`` or else the page's own address."""
        for node in self.declared["base"]:
            if href := absolute(self.url, node.get("href") or ""):
                return href
        return self.url

    @cached_property
    def selector(self) -> Selector:
        """The tree as a parsel `Selector` for CSS and XPath."""
        return Selector(root=self.tree, type="html")


def is_web(url: str) -> bool:
    """Whether a text is a valid http or https address with a host.

    Addresses with control characters are rejected: an address cut at a NUL would lead elsewhere.
    """
    if CONTROL.search(url):
        return False
    try:
        parts = urlsplit(url)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def is_binary(start: bytes) -> bool:
    """Whether the beginning of a body is binary data.

    HTML, XML and JSON count as text even if they are full of control characters.
    """
    if start.lstrip()[:1] in (b"<", b"{", b"["):
        return False
    return len(start) - len(start.translate(None, CONTROLS)) > NOT_TEXT * len(start)


def unpacked(body: bytes) -> bytes:
    """Decompress a gzip file as far as possible; return any other body unchanged."""
    if not body.startswith(GZIP):
        return body
    try:
        return zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(body, MAX_UNPACKED)
    except zlib.error:
        return body
