"""A page as it was served, decoded and parsed once for all who read it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import urlsplit

from charset_normalizer import from_bytes
from lxml import etree
from parsel import Selector
from w3lib.encoding import (
    html_body_declared_encoding,
    http_content_type_encoding,
    read_bom,
    resolve_encoding,
)

from data.language import detect_language
from data.sanitize import absolute
from spiders.taming import tamed

DETECTION_BYTES = 65_536
"""How much of a body the detection of a character set looks at."""

LANG = re.compile(rb"<html[^>]{0,500}\blang\s*=\s*[\"']?([a-zA-Z]{2})\b", re.IGNORECASE)
USUAL = {
    **dict.fromkeys(["lt", "lv", "et"], "cp1257"), **dict.fromkeys(["tr", "az"], "cp1254"),
    **dict.fromkeys(["cs", "sk", "pl", "hu", "sl", "hr", "ro"], "cp1250"),
    **dict.fromkeys(["ru", "uk", "be", "bg", "sr", "mk"], "cp1251"),
    "el": "cp1253", "he": "cp1255", "ar": "cp1256", "vi": "cp1258", "th": "cp874",
    "ja": "cp932", "ko": "cp949", "zh": "gb18030",
    **dict.fromkeys(["ca", "da", "de", "es", "eu", "fi", "fo", "fr", "ga", "gl"], "cp1252"),
    **dict.fromkeys(["is", "it", "nb", "nl", "nn", "no", "pt", "sv"], "cp1252"),
}  # fmt: skip
"""What a page in a language is encoded in where it does not say (WHATWG Encoding, by locale).

English is none of them: many pages in other languages say that they are in English.
"""

WESTERN = "cp1252"
MARKUP = re.compile(r"(?is)<(script|style)\b.*?</\1|<[^>]*>")

DECLARING = ("base", "link", "meta", "script", "title")
CONTROLS = bytes([*range(9), 11, 12, *range(14, 32)])
NOT_TEXT = 0.02
"""The share of control characters in its beginning from which on a body is no text."""

NO_TEXT = "it is no text but a file of some other kind"
"""The reason why nothing was found in what is no page."""

NOT_CHARACTERS = (b"\xef\xbf\xbe", b"\xef\xbf\xbf")
"""What no XML document may hold: one such character in a body would spoil a whole feed."""


@dataclass(frozen=True)
class Page:
    """One answer of a site: the bytes, where they came from, and what the server said of them.

    ``url`` is the address that answered. ``body`` is decoded of any Content-Encoding but not of its
    character set. ``content_type`` is the header's value, or empty.
    """

    url: str
    body: bytes
    content_type: str = ""

    @cached_property
    def markup(self) -> bytes:
        """The body in UTF-8, without the characters that XML forbids; empty for what is no text."""
        markup = recode(self.body, self.content_type)
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
    def text(self) -> str:
        """The body as text, without the characters that XML forbids."""
        return self.markup.decode("utf-8", "replace")

    @cached_property
    def tree(self) -> etree._Element:
        """The root of the parsed document; a bare ``<html>`` where there is none.

        Comments and processing instructions are left out: they part no text.
        """
        parser = etree.HTMLParser(
            encoding="utf-8", huge_tree=True, remove_comments=True, remove_pis=True
        )
        try:
            root = etree.fromstring(tamed(self.markup), parser)
        except (etree.ParserError, etree.XMLSyntaxError):
            root = None
        return root if root is not None else etree.Element("html")

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
    """Whether a text is an address that pages can come from: http or https, a host, a port."""
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


def recode(body: bytes, content_type: str) -> bytes:
    """The bytes of ``body`` in UTF-8, whatever its headers claim.

    Bytes that hold more than ASCII and are valid UTF-8 are UTF-8: no other encoding looks so by
    chance, and declarations lie. Else the byte order mark, the header, the meta tag and detection,
    in this order.
    """
    marked, bom = read_bom(body)
    if marked and bom:
        rest = body[len(bom) :]
        return rest.decode(marked, "replace").encode("utf-8", "replace")
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return decode(body, content_type).encode("utf-8", "replace")
    return body


def decode(body: bytes, content_type: str) -> str:
    """The text of a ``body`` that is not UTF-8: as declared, else as detected."""
    declared = http_content_type_encoding(content_type) or html_body_declared_encoding(body[:4096])
    if declared and resolve_encoding(declared) not in (None, "utf-8"):
        return body.decode(resolve_encoding(declared) or WESTERN, "replace")
    spoken = LANG.search(body[:4096])
    usual = USUAL.get(spoken[1].decode("ascii").lower()) if spoken else None
    if usual:
        try:
            return body.decode(usual)
        except UnicodeDecodeError:
            pass  # not what such pages usually are: detected below
    found = from_bytes(body[:DETECTION_BYTES]).best()
    detected = found.encoding if found else WESTERN
    if is_latin(body[:DETECTION_BYTES].decode(detected, "replace")):
        # Of Latin letters detection takes any for any other; the language tells them apart.
        said = MARKUP.sub(" ", body[:DETECTION_BYTES].decode(WESTERN, "replace"))
        detected = USUAL.get(detect_language(" ".join(said.split())) or "", WESTERN)
    return body.decode(detected, "replace")


def is_latin(text: str) -> bool:
    """Whether all letters of a text are Latin ones."""
    rare = {char for char in text if char > "\xff" and char.isalpha()}
    return all("LATIN" in unicodedata.name(char, "LATIN") for char in rare)
