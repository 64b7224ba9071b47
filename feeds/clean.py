"""What comes from outside, made fit for any format: text, addresses, media types, HTML.

The store keeps sanitized bodies; they are sanitized again here, where harm would be done, since an
imported or restored store may hold anything.
"""

from __future__ import annotations

import re
from functools import lru_cache
from html import escape
from urllib.parse import quote, urlsplit

from data.models import Media
from data.normalize import allowed
from data.sanitize import sanitize
from feeds.languages import LANGUAGES

LANGUAGE = re.compile(r"([A-Za-z]{2,3})(-[A-Za-z0-9]{1,8})*")
MEDIA_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+", re.ASCII)

RIGHT_TO_LEFT = {"ar", "ckb", "dv", "fa", "he", "ps", "sd", "ug", "ur", "yi"}
LARGEST_BODY = 1_000_000
"""Characters of HTML that one entry may bring into a feed; beyond it the entry has the summary."""


def plain(text: str) -> str:
    """One line of text without characters that XML forbids; never HTML."""
    return " ".join(allowed(text).split())


def excerpt(text: str, length: int = 300) -> str:
    """The beginning of a text, cut at a word, at most ``length`` characters."""
    line = plain(text)
    if len(line) <= length:
        return line
    return line[: length - 1].rpartition(" ")[0].rstrip(",;:–—- ") + "…"


@lru_cache(maxsize=1000)
def web_address(url: str) -> str | None:
    """An absolute http or https address, percent-encoded, or None for anything else."""
    bare = re.sub(r"[\t\r\n]", "", allowed(url)).strip()
    try:
        parts = urlsplit(bare)
        host = parts.hostname or ""
        if parts.scheme not in {"http", "https"} or not host or parts.port == 0:
            return None
        if not host.isascii():
            bare = bare.replace(host, host.encode("idna").decode(), 1)
    except (ValueError, UnicodeError):
        return None
    return quote(bare, safe="%/:?#[]@!$&'()*+,;=~")


def web_media(media: Media) -> Media | None:
    """A file with a usable address and media type, or None where it has no usable address."""
    url = web_address(media.url)
    if url is None:
        return None
    kind = media.type if MEDIA_TYPE.fullmatch(media.type) else "application/octet-stream"
    length = media.length if media.length and media.length > 0 else None
    return Media(url, kind.lower(), length, plain(media.title or "") or None)


def language_tag(language: str | None) -> str | None:
    """A language tag as RFC 5646 forms it, of a language that readers know, or None."""
    found = LANGUAGE.fullmatch(language or "")
    return language if found and found[1].lower() in LANGUAGES else None


def is_right_to_left(language: str | None) -> bool:
    """Whether a language is written from right to left."""
    return (language or "").partition("-")[0].lower() in RIGHT_TO_LEFT


def safe_html(html: str, base: str) -> str:
    """HTML without scripts, styles, frames or forms, every address absolute against ``base``."""
    # Twice: a character reference such as &#1; becomes a character only by sanitizing.
    return allowed(sanitize(allowed(html), base))


def paragraphs(text: str) -> str:
    """Plain text as HTML, a paragraph where a blank line parts it."""
    parts = allowed(text).split("\n\n")
    return "".join(f"<p>{escape(part.strip())}</p>" for part in parts if part.strip())
