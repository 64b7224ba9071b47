"""Pages and style sheets as they are shown again: what they refer to is taken from the archive.

What keeps a page from running scripts or reaching a network is the policy that it is served with
(see feeds.replay.captured). This lets links and pictures lead to other captures, and takes away
frames and ``link`` elements: browsers open connections for them before they look at any policy.

All patterns begin at a ``<`` or a fixed word and stop at the next one, so that they take time in
proportion to the length of a page, whatever it holds.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from html import escape, unescape
from typing import TypeAlias
from urllib.parse import urldefrag, urljoin

from w3lib.encoding import html_to_unicode

from data.text.urls import web_address

SHOWING = re.compile(r"<(?:a|area|img|image|input|source|video)(?=[\s/])[^<>]*+", re.IGNORECASE)
LINK = re.compile(r"<link(?=[\s/>])([^<>]*+)>?", re.IGNORECASE)
FRAMES = re.compile(r"<(?=(?:embed|fencedframe|frame|iframe|object|portal)[\s/>])", re.IGNORECASE)
BASE = re.compile(r"<base(?=[\s/])([^<>]*+)", re.IGNORECASE)
ATTRIBUTE = re.compile(
    r"""(?<=[\s"'/])([^\s"'<>/=]{1,40})\s{0,20}=\s{0,20}("[^"]*"|'[^']*'|[^\s"'<>]+)"""
)
CANDIDATE = re.compile(r"([^\s,]\S*)([^,]*)")
CSS_URL = re.compile(r"""url\(\s{0,20}(["']?)([^"'()\s\\]{1,4096})\1\s{0,20}\)""", re.IGNORECASE)
CSS_IMPORT = re.compile(r"""(@import\s{1,20})(["'])([^"'\\\n]{1,4096})\2""", re.IGNORECASE)

ADDRESSES = frozenset(["href", "src", "poster", "xlink:href"])

Place: TypeAlias = Callable[[str], str]
"""Gives for a web address the one under which the archive shows it."""


def rewritten_page(body: bytes, content_type: str, url: str, place: Place) -> bytes:
    """A page in UTF-8 whose links lead into the archive; ``url`` is its own address."""
    text = page_text(body, content_type)
    found = BASE.search(text)
    named = attributes(found[1]).get("href", "") if found else ""
    base = joined(url, named)

    def shown(tag: re.Match[str]) -> str:
        return ATTRIBUTE.sub(lambda one: _attribute(one, base, place), tag[0])

    text = FRAMES.sub("<span data-archived-", text)
    text = LINK.sub(lambda tag: _style_sheet(tag[1], base, place), text)
    return SHOWING.sub(shown, text).encode("utf-8", "replace")


def rewritten_style(body: bytes, url: str, place: Place) -> bytes:
    """A style sheet whose pictures, fonts and imports are those of the archive."""

    def led(link: str) -> str:
        absolute = web_address(joined(url, link))
        return place(absolute) if absolute else link

    # Bytes beyond ASCII stay as they are, whatever they stand for.
    text = body.decode("latin-1")
    text = CSS_URL.sub(lambda found: f'url("{led(found[2])}")', text)
    text = CSS_IMPORT.sub(lambda found: f'{found[1]}"{led(found[3])}"', text)
    return text.encode("latin-1", "replace")


def page_text(body: bytes, content_type: str) -> str:
    """A body in the charset that it declares, or in a guessed one."""
    try:
        return html_to_unicode(content_type or None, body, auto_detect_fun=guessed)[1]
    except (LookupError, ValueError):
        # Some charsets that Python knows, such as hex, decode no text.
        return body.decode(guessed(body), "replace")


def guessed(body: bytes) -> str:
    """The character set of a page that declares none, as browsers take it."""
    try:
        body.decode()
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def attributes(inside: str) -> dict[str, str]:
    """The attributes of a tag by their names in small letters; the first of a name counts."""
    found: dict[str, str] = {}
    for name, value in ATTRIBUTE.findall(inside):
        found.setdefault(name.lower(), unquoted(value))
    return found


def unquoted(value: str) -> str:
    """What the value of an attribute says."""
    return unescape(value[1:-1] if value[0] in "\"'" else value).strip()


def joined(base: str, link: str) -> str:
    """The address that a link leads to from a page; the page's own where it leads nowhere."""
    try:
        return urljoin(base, link)
    except ValueError:
        return base


def _attribute(found: re.Match[str], base: str, place: Place) -> str:
    name, value = found[1], unquoted(found[2])
    if name.lower() == "srcset":
        value = CANDIDATE.sub(lambda one: _led(one[1], base, place) + one[2], value)
    elif name.lower() in ADDRESSES:
        value = _led(value, base, place)
    else:
        return found[0]
    return f'{name}="{escape(value)}"'


def _style_sheet(inside: str, base: str, place: Place) -> str:
    """The element that links a style sheet of the archive, or nothing for any other link."""
    told = attributes(inside)
    address = web_address(joined(base, told.get("href", "")))
    if "stylesheet" not in told.get("rel", "").lower().split() or not address:
        return ""
    media = f' media="{escape(told["media"])}"' if "media" in told else ""
    return f'<link rel="stylesheet" href="{escape(place(address))}"{media}>'


def _led(link: str, base: str, place: Place) -> str:
    """Where a link leads in the archive; one within the page, and one to no page, stays."""
    if link.startswith("#"):
        return link
    url, fragment = urldefrag(joined(base, link))
    address = web_address(url)
    if not address:
        return link
    return place(address) + (f"#{fragment}" if fragment else "")
