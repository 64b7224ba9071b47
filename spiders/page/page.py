"""A page as a server returned it. Its body is decoded and parsed only once.

The character encoding is detected, and the body is converted to UTF-8.
"""

import hashlib
import re
import unicodedata
import zlib
from codecs import getincrementaldecoder
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from charset_normalizer import from_bytes
from lxml import etree
from parsel import Selector
from w3lib.encoding import (
    html_body_declared_encoding,
    http_content_type_encoding,
    read_bom,
    resolve_encoding,
)

from data.languages.detection import detect_language
from data.text.markup import without_oversized_tags
from data.text.urls import absolute
from spiders.page.html_tree import parse
from spiders.page.media_files import DocumentText

DECLARING_TAGS = ("base", "link", "meta", "script", "title")
"""Tags of elements that may contain metadata of the page."""

CONTROL_CHARACTERS = bytes([*range(9), 11, 12, *range(14, 32)])
"""Control characters that XML forbids."""

MAX_CONTROL_SHARE = 0.02
"""Maximum share of control characters at the start of a text. A body with a larger share is binary.
"""

NO_TEXT = "the file is not text"
"""Reason reported for a page that is a binary file."""

ITEMPROP = re.compile(rb"item[pP]rop\s*=\s*[\"']?([^\"'\s>]+)")

GZIP = b"\x1f\x8b\x08"
"""First bytes of a gzip file (RFC 1952)."""

MAX_UNPACKED = 20_000_000
"""Maximum number of bytes decompressed from a gzip file."""

FORBIDDEN_CHARACTERS = (b"\xef\xbf\xbe", b"\xef\xbf\xbf")
"""Characters (in UTF-8) that XML forbids. A single one would make a whole feed invalid."""

CHECKED_BYTES = 32_768
"""Number of bytes that are decoded at a time when a body is checked."""

DETECTION_BYTES = 65_536
"""Number of bytes at the start of a body from which its encoding is detected."""

LANG = re.compile(rb"<html[^>]{0,500}\blang\s*=\s*[\"']?([a-zA-Z]{2})\b", re.IGNORECASE)
USUAL_ENCODINGS = {
    **dict.fromkeys(["lt", "lv", "et"], "cp1257"), **dict.fromkeys(["tr", "az"], "cp1254"),
    **dict.fromkeys(["cs", "sk", "pl", "hu", "sl", "hr", "ro"], "cp1250"),
    **dict.fromkeys(["ru", "uk", "be", "bg", "sr", "mk"], "cp1251"),
    "el": "cp1253", "he": "cp1255", "ar": "cp1256", "vi": "cp1258", "th": "cp874",
    "ja": "cp932", "ko": "cp949", "zh": "gb18030",
    **dict.fromkeys(["ca", "da", "de", "es", "eu", "fi", "fo", "fr", "ga", "gl"], "cp1252"),
    **dict.fromkeys(["is", "it", "nb", "nl", "nn", "no", "pt", "sv"], "cp1252"),
}  # fmt: skip
"""Most common encoding per language, for pages that declare no encoding.

Source: WHATWG Encoding Standard, by locale. English is missing because many pages in other
languages declare English as their language."""

PROBE_BYTES, PROBE_TEXT = b"<p>+AGE- \\u0042", "<p>+AGE- \\u0042"
"""Test bytes that every usable encoding decodes as ASCII, and the decoded text.

In encodings such as UTF-7, these bytes are escape sequences with a different result.
"""

WESTERN_ENCODING = "cp1252"
"""Western European encoding, assumed if there is no other evidence."""

MARKUP = re.compile(r"(?is)<(script|style)\b.*?</\1|<[^>]*>")

SHIFT_ESCAPES = re.compile(rb"\x1b\$(?:\)[AC]|[@B]|\([@BD])|\x1b\([IJ]")
"""Pattern of escape sequences after which 7-bit bytes are East Asian characters.

Sources: ISO 2022, RFC 1468, RFC 1557, RFC 1922.
"""

KOREAN = b"\x1b$)C"
HZ_DECLARATION = re.compile(r"(?i)charset\s*=\s*[\"']?hz(?:-gb-2312)?\b")
"""Pattern of a declaration of HZ (RFC 1843), a 7-bit encoding of Chinese."""


@dataclass(frozen=True)
class Page:
    """A response from a site: its URL, body and content type.

    - ``url``: the URL of the response.
    - ``body``: the bytes without Content-Encoding, in their original charset. May be a gzip file.
    - ``content_type``: the value of the ``Content-Type`` header, or an empty string.
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
        """The body in UTF-8, without characters that XML forbids. Empty if the body is binary."""
        markup = recode(unpacked(self.body), self.content_type)
        if is_binary(markup[:DETECTION_BYTES]):
            return b""
        if any(control in markup for control in CONTROL_CHARACTERS):
            markup = markup.translate(None, CONTROL_CHARACTERS)
        if b"\xef" in markup:  # A search for one byte is much faster than a search for three.
            for bad in FORBIDDEN_CHARACTERS:
                markup = markup.replace(bad, b"")
        return markup

    @property
    def is_binary(self) -> bool:
        """Whether the body is binary, such as an image or an archive, whatever its content type."""
        return bool(self.body) and not self.markup

    @cached_property
    def properties(self) -> frozenset[bytes]:
        """The values of all ``itemprop`` attributes on the page (WHATWG HTML, 5.2)."""
        return frozenset(ITEMPROP.findall(self.markup))

    @cached_property
    def marks_dates(self) -> bool:
        """Whether the page may contain markup for a publication date."""
        return b"datePublished" in self.properties or b"pubdate" in self.markup

    @cached_property
    def text(self) -> str:
        """The body as text, without characters that XML forbids."""
        return self.markup.decode("utf-8", "replace")

    @cached_property
    def tree(self) -> etree._Element:
        """The root of the parsed document, or an empty ``<html>`` element.

        Comments and processing instructions are removed, so that they do not split texts.
        """
        markup, is_cut = self._tamed
        return parse(markup, is_cut=is_cut)

    @cached_property
    def _tamed(self) -> tuple[bytes, bool]:
        return without_oversized_tags(self.markup)

    @property
    def is_cut(self) -> bool:
        """Whether the page is too large, so that the tree contains only its beginning."""
        return self._tamed[1]

    @cached_property
    def declared(self) -> Mapping[str, Sequence[etree._Element]]:
        """The elements that may contain metadata (see DECLARING_TAGS), in page order, by tag.

        They may be anywhere on the page, so they are collected in a single pass.
        """
        found: dict[str, list[etree._Element]] = {tag: [] for tag in DECLARING_TAGS}
        for element in self.tree.iter(*DECLARING_TAGS):
            found[element.tag].append(element)
        return found

    @cached_property
    def base(self) -> str:
        """The base URL of relative links: ``<base href>``, or else the page's own URL."""
        for node in self.declared["base"]:
            if href := absolute(self.url, node.get("href") or ""):
                return href
        return self.url

    @cached_property
    def selector(self) -> Selector:
        """The parsed page as a parsel `Selector`, for CSS and XPath queries."""
        return Selector(root=self.tree, type="html")


def is_binary(start: bytes) -> bool:
    """Whether the beginning of a response body is binary data.

    HTML, XML and JSON count as text even if they contain many control characters.
    """
    if start.lstrip()[:1] in (b"<", b"{", b"["):
        return False
    return len(start) - len(start.translate(None, CONTROL_CHARACTERS)) > MAX_CONTROL_SHARE * len(
        start
    )


def unpacked(body: bytes) -> bytes:
    """Decompress a gzip file as far as possible. Returns any other body unchanged."""
    if not body.startswith(GZIP):
        return body
    try:
        return zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(body, MAX_UNPACKED)
    except zlib.error:
        return body


def recode(body: bytes, content_type: str) -> bytes:
    """Convert a body to UTF-8, even if its headers declare a wrong encoding.

    A byte order mark takes precedence. Otherwise, bytes that are valid UTF-8 and not only ASCII are
    UTF-8: this is never a coincidence, and declared encodings are often wrong. Otherwise, the
    encoding comes from the HTTP header, the meta tag, the page's language or detection, in this
    order.
    """
    marked, bom = read_bom(body)
    if marked and bom:
        rest = body[len(bom) :]
        return rest.decode(marked, "replace").encode("utf-8", "replace")
    if shifted := seven_bit(body, content_type):
        return body.decode(shifted, "replace").encode("utf-8", "replace")
    if not is_utf8(body):
        return decode(body, content_type).encode("utf-8", "replace")
    return body


def is_utf8(body: bytes) -> bool:
    """Return whether bytes are valid UTF-8.

    They are decoded in small parts, which is faster than allocating memory for a whole page.
    """
    if body.isascii():
        return True
    decoder = getincrementaldecoder("utf-8")()
    try:
        for start in range(0, len(body), CHECKED_BYTES):
            decoder.decode(body[start : start + CHECKED_BYTES])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def seven_bit(body: bytes, content_type: str) -> str | None:
    """Return the encoding of a body of 7-bit bytes, or None if it is plain ASCII.

    ISO 2022 is recognized by its escape sequences. HZ must be declared, because tildes are common
    in ordinary text. UTF-7 is ignored, as in browsers, because it can hide markup.
    """
    if not body.isascii():
        return None
    if b"\x1b" in body and SHIFT_ESCAPES.search(body):
        return "iso2022_kr" if KOREAN in body else "iso2022_jp_ext"
    if b"~{" in body:
        declared = HZ_DECLARATION.search(content_type + body[:4096].decode("ascii"))
        return "hz" if declared else None
    return None


def decode(body: bytes, content_type: str) -> str:
    """Decode a body that is not UTF-8.

    If no usable encoding is declared, it is guessed from the language and the bytes.
    """
    declared = http_content_type_encoding(content_type) or html_body_declared_encoding(body[:4096])
    charset = usable(declared) if declared else None
    if charset and charset != "utf-8":
        return body.decode(charset, "replace")
    spoken = LANG.search(body[:4096])
    usual = USUAL_ENCODINGS.get(spoken[1].decode("ascii").lower()) if spoken else None
    if usual:
        try:
            return body.decode(usual)
        except UnicodeDecodeError:
            pass  # not the usual encoding of this language, so detect it below
    found = from_bytes(body[:DETECTION_BYTES]).best()
    detected = found.encoding if found else WESTERN_ENCODING
    if is_latin(body[:DETECTION_BYTES].decode(detected, "replace")):
        # Detection confuses encodings of Latin letters with each other. The language decides
        # between them.
        sample = MARKUP.sub(" ", body[:DETECTION_BYTES].decode(WESTERN_ENCODING, "replace"))
        detected = USUAL_ENCODINGS.get(
            detect_language(" ".join(sample.split())) or "", WESTERN_ENCODING
        )
    return body.decode(detected, "replace")


def usable(declared: str) -> str | None:
    """Return the Python codec of a declared encoding, or None if it is unsuitable.

    Python has codecs that browsers reject: some convert bytes to bytes (hex), some have escapes
    (unicode_escape, UTF-7), some encode only host names (idna), and some change ASCII (EBCDIC).
    """
    name = resolve_encoding(declared)
    if name is None or name.startswith(("utf-16", "utf-32")):
        return name
    try:
        text = PROBE_BYTES.decode(name, "replace")
    except (LookupError, UnicodeError):
        return None
    # Japanese and Korean encodings have a currency sign in place of the backslash.
    return name if text.replace("\u00a5", "\\").replace("\u20a9", "\\") == PROBE_TEXT else None


def is_latin(text: str) -> bool:
    """Whether all letters of a text are Latin letters."""
    rare = {char for char in text if char > "\xff" and char.isalpha()}
    return all("LATIN" in unicodedata.name(char, "LATIN") for char in rare)
