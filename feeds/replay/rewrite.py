"""Rewriting of captured pages and style sheets, so that they load all files from the archive.

The Content Security Policy blocks scripts and network access (see feeds.replay.captured_pages).
This module makes links and images lead to other captures. It removes frames and ``link`` elements,
because browsers open connections for them before they apply a policy.

Every pattern starts at a ``<`` or a fixed word and stops at the next ``<`` or word. So rewriting
takes time proportional to the length of a page.
"""

import re
from collections.abc import Callable
from html import escape, unescape
from typing import TypeAlias
from urllib.parse import urldefrag, urljoin

from w3lib.encoding import html_to_unicode

from data.text.urls import web_address

LINKING_TAG = re.compile(r"<(?:a|area|img|image|input|source|video)(?=[\s/])[^<>]*+", re.IGNORECASE)
"""Pattern that matches a tag that may contain links or embedded files."""
LINK = re.compile(r"<link(?=[\s/>])([^<>]*+)>?", re.IGNORECASE)
EMBEDDING_TAG = re.compile(
    r"<(?=(?:embed|fencedframe|frame|iframe|object|portal)[\s/>])", re.IGNORECASE
)
"""Pattern that matches the start of an element that embeds another page."""
BASE = re.compile(r"<base(?=[\s/])([^<>]*+)", re.IGNORECASE)
ATTRIBUTE = re.compile(
    r"""(?<=[\s"'/])([^\s"'<>/=]{1,40})\s{0,20}=\s{0,20}("[^"]*"|'[^']*'|[^\s"'<>]+)"""
)
CANDIDATE = re.compile(r"([^\s,]\S*)([^,]*)")
"""Pattern that matches a URL in a srcset attribute, and the text up to the next comma."""
CSS_URL = re.compile(r"""url\(\s{0,20}(["']?)([^"'()\s\\]{1,4096})\1\s{0,20}\)""", re.IGNORECASE)
CSS_IMPORT = re.compile(r"""(@import\s{1,20})(["'])([^"'\\\n]{1,4096})\2""", re.IGNORECASE)

ADDRESS_ATTRIBUTES = frozenset(["href", "src", "poster", "xlink:href"])
"""Names of attributes whose value is a URL."""

Place: TypeAlias = Callable[[str], str]
"""Function that maps an original URL to the URL of its memento in the archive."""


def rewritten_page(body: bytes, content_type: str, url: str, place: Place) -> bytes:
    """Return a page in UTF-8 whose links lead to captures. ``url`` is the page's own URL."""
    text = page_text(body, content_type)
    found = BASE.search(text)
    named = attributes(found[1]).get("href", "") if found else ""
    base = joined(url, named)

    def shown(tag: re.Match[str]) -> str:
        return ATTRIBUTE.sub(lambda one: _attribute(one, base, place), tag[0])

    text = EMBEDDING_TAG.sub("<span data-archived-", text)
    text = LINK.sub(lambda tag: _style_sheet(tag[1], base, place), text)
    return LINKING_TAG.sub(shown, text).encode("utf-8", "replace")


def rewritten_style(body: bytes, url: str, place: Place) -> bytes:
    """Return a style sheet whose images, fonts and imports are loaded from the archive."""

    def led(link: str) -> str:
        absolute = web_address(joined(url, link))
        return place(absolute) if absolute else link

    # Decoding as Latin-1 keeps all other bytes unchanged, whatever the real charset is.
    text = body.decode("latin-1")
    text = CSS_URL.sub(lambda found: f'url("{led(found[2])}")', text)
    text = CSS_IMPORT.sub(lambda found: f'{found[1]}"{led(found[3])}"', text)
    return text.encode("latin-1", "replace")


def page_text(body: bytes, content_type: str) -> str:
    """Decode a body with its declared charset, or with a guessed charset if none is declared."""
    try:
        return html_to_unicode(content_type or None, body, auto_detect_fun=guessed)[1]
    except (LookupError, ValueError):
        # Some codecs of Python, such as hex, do not decode text.
        return body.decode(guessed(body), "replace")


def guessed(body: bytes) -> str:
    """Guess the charset of a page without a declared charset, as browsers do."""
    try:
        body.decode()
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def attributes(inside: str) -> dict[str, str]:
    """Parse the attributes of a tag, by lower-case name.

    If a name occurs several times, the first attribute counts.
    """
    found: dict[str, str] = {}
    for name, value in ATTRIBUTE.findall(inside):
        found.setdefault(name.lower(), unquoted(value))
    return found


def unquoted(value: str) -> str:
    """Return an attribute's value without quotes and character references."""
    return unescape(value[1:-1] if value[0] in "\"'" else value).strip()


def joined(base: str, link: str) -> str:
    """Resolve a link on a page. An invalid link resolves to the page itself."""
    try:
        return urljoin(base, link)
    except ValueError:
        return base


def _attribute(found: re.Match[str], base: str, place: Place) -> str:
    name, value = found[1], unquoted(found[2])
    if name.lower() == "srcset":
        value = CANDIDATE.sub(lambda one: _led(one[1], base, place) + one[2], value)
    elif name.lower() in ADDRESS_ATTRIBUTES:
        value = _led(value, base, place)
    else:
        return found[0]
    return f'{name}="{escape(value)}"'


def _style_sheet(inside: str, base: str, place: Place) -> str:
    """Return the ``link`` element for a style sheet in the archive, or nothing for other links."""
    attrs = attributes(inside)
    address = web_address(joined(base, attrs.get("href", "")))
    if "stylesheet" not in attrs.get("rel", "").lower().split() or not address:
        return ""
    media = f' media="{escape(attrs["media"])}"' if "media" in attrs else ""
    return f'<link rel="stylesheet" href="{escape(place(address))}"{media}>'


def _led(link: str, base: str, place: Place) -> str:
    """Return the rewritten URL of a link.

    Fragments, and links with other schemes, do not change.
    """
    if link.startswith("#"):
        return link
    url, fragment = urldefrag(joined(base, link))
    address = web_address(url)
    if not address:
        return link
    return place(address) + (f"#{fragment}" if fragment else "")
