"""Detect the character encoding of a page and convert the page to UTF-8."""

from __future__ import annotations

import re
import unicodedata

from charset_normalizer import from_bytes
from w3lib.encoding import (
    html_body_declared_encoding,
    http_content_type_encoding,
    read_bom,
    resolve_encoding,
)

from data.languages.detection import detect_language

DETECTION_BYTES = 65_536
"""Maximum number of bytes of a response body used to detect its character encoding."""

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
"""Usual encoding of pages per language, for pages without a declared encoding.

Source: WHATWG Encoding Standard, by locale. English is missing because many pages in other
languages declare English as their language."""

PROBE, READ = b"<p>+AGE- \\u0042", "<p>+AGE- \\u0042"
"""Bytes that every usable character encoding decodes as ASCII, and the decoded text.

Encodings that use such bytes as escapes for letters, such as UTF-7, decode them to another text."""

WESTERN = "cp1252"
"""Encoding of pages without any other evidence (Western European)."""

MARKUP = re.compile(r"(?is)<(script|style)\b.*?</\1|<[^>]*>")

SHIFTED = re.compile(rb"\x1b\$(?:\)[AC]|[@B]|\([@BD])|\x1b\([IJ]")
"""Escape sequences that switch 7-bit bytes to East Asian characters.

Sources: ISO 2022, RFC 1468, RFC 1557, RFC 1922."""

KOREAN = b"\x1b$)C"
TILDES = re.compile(r"(?i)charset\s*=\s*[\"']?hz(?:-gb-2312)?\b")
"""Declaration of the HZ encoding (RFC 1843), which writes Chinese text in 7-bit bytes."""


def recode(body: bytes, content_type: str) -> bytes:
    """Convert ``body`` from its actual encoding to UTF-8, even if its headers are wrong.

    A byte order mark decides. Otherwise, non-ASCII bytes that are valid UTF-8 are UTF-8: this is
    never a coincidence, and declared encodings are often wrong. Otherwise, the encoding comes from
    the HTTP header, the meta tag, the page's language or detection, in this order.
    """
    marked, bom = read_bom(body)
    if marked and bom:
        rest = body[len(bom) :]
        return rest.decode(marked, "replace").encode("utf-8", "replace")
    if shifted := seven_bit(body, content_type):
        return body.decode(shifted, "replace").encode("utf-8", "replace")
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return decode(body, content_type).encode("utf-8", "replace")
    return body


def seven_bit(body: bytes, content_type: str) -> str | None:
    """Return the encoding of 7-bit bytes that are not plain ASCII, or None if they are plain ASCII.

    ISO 2022 is recognized by its escape sequences. HZ must be declared, because tildes are common
    in ordinary text. UTF-7 is ignored, as in browsers, because it can hide markup.
    """
    if not body.isascii():
        return None
    if b"\x1b" in body and SHIFTED.search(body):
        return "iso2022_kr" if KOREAN in body else "iso2022_jp_ext"
    if b"~{" in body:
        declared = TILDES.search(content_type + body[:4096].decode("ascii"))
        return "hz" if declared else None
    return None


def decode(body: bytes, content_type: str) -> str:
    """Decode a ``body`` that is not UTF-8, with its declared or else its detected encoding."""
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
            pass  # not the usual encoding of this language: detect the encoding below
    found = from_bytes(body[:DETECTION_BYTES]).best()
    detected = found.encoding if found else WESTERN
    if is_latin(body[:DETECTION_BYTES].decode(detected, "replace")):
        # Detection confuses encodings of Latin letters with each other. The language decides
        # between them.
        sample = MARKUP.sub(" ", body[:DETECTION_BYTES].decode(WESTERN, "replace"))
        detected = USUAL_ENCODINGS.get(detect_language(" ".join(sample.split())) or "", WESTERN)
    return body.decode(detected, "replace")


def usable(declared: str) -> str | None:
    """Return the Python codec of a declared encoding, or None if no web page can use that encoding.

    Python has codecs that browsers reject. Some convert bytes to bytes (hex), and some have escapes
    (unicode_escape, UTF-7). Others encode only host names (idna) or change ASCII (EBCDIC).
    """
    name = resolve_encoding(declared)
    if name is None or name.startswith(("utf-16", "utf-32")):
        return name
    try:
        text = PROBE.decode(name, "replace")
    except (LookupError, UnicodeError):
        return None
    # Japanese and Korean encodings have a currency sign in place of the backslash.
    return name if text.replace("\u00a5", "\\").replace("\u20a9", "\\") == READ else None


def is_latin(text: str) -> bool:
    """Whether all letters of a text are Latin letters."""
    rare = {char for char in text if char > "\xff" and char.isalpha()}
    return all("LATIN" in unicodedata.name(char, "LATIN") for char in rare)
