"""What a page is encoded in, and its bytes in UTF-8."""

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

from data.text.language_detection import detect_language

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

PROBE, READ = b"<p>+AGE- \\u0042", "<p>+AGE- \\u0042"
"""Bytes that every usable charset reads as ASCII: no letters in escapes, as UTF-7 has."""

WESTERN = "cp1252"
MARKUP = re.compile(r"(?is)<(script|style)\b.*?</\1|<[^>]*>")

SHIFTED = re.compile(rb"\x1b\$(?:\)[AC]|[@B]|\([@BD])|\x1b\([IJ]")
"""What turns 7-bit bytes into East Asian letters (ISO 2022, RFC 1468, RFC 1557, RFC 1922)."""

KOREAN = b"\x1b$)C"
TILDES = re.compile(r"(?i)charset\s*=\s*[\"']?hz(?:-gb-2312)?\b")
"""Names of HZ, which turns 7-bit bytes into Chinese letters with tildes (RFC 1843)."""


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
    if shifted := seven_bit(body, content_type):
        return body.decode(shifted, "replace").encode("utf-8", "replace")
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return decode(body, content_type).encode("utf-8", "replace")
    return body


def seven_bit(body: bytes, content_type: str) -> str | None:
    """The encoding of 7-bit bytes that are more than ASCII; None where they are nothing else.

    ISO 2022 shows itself. HZ must be declared, as tildes stand in any text; UTF-7 is read by no
    browser, since markup hides in it.
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
    """The text of a ``body`` that is not UTF-8: as declared, else as detected."""
    declared = http_content_type_encoding(content_type) or html_body_declared_encoding(body[:4096])
    charset = usable(declared) if declared else None
    if charset and charset != "utf-8":
        return body.decode(charset, "replace")
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


def usable(declared: str) -> str | None:
    """The Python codec of a declared charset, or None if no page can be in it.

    Python has codecs that browsers refuse: some convert bytes to bytes (hex), some have escapes
    (unicode_escape, UTF-7), some encode only names (idna), and some change ASCII (EBCDIC).
    """
    name = resolve_encoding(declared)
    if name is None or name.startswith(("utf-16", "utf-32")):
        return name
    try:
        text = PROBE.decode(name, "replace")
    except (LookupError, UnicodeError):
        return None
    # Japanese and Korean charsets have a currency sign in place of the backslash.
    return name if text.replace("\u00a5", "\\").replace("\u20a9", "\\") == READ else None


def is_latin(text: str) -> bool:
    """Whether all letters of a text are Latin ones."""
    rare = {char for char in text if char > "\xff" and char.isalpha()}
    return all("LATIN" in unicodedata.name(char, "LATIN") for char in rare)
