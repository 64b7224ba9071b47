"""What comes from outside, made fit for any format: text, addresses, media types, HTML.

The store keeps sanitized bodies; they are sanitized again here, where harm would be done, since an
imported or restored store may hold anything.
"""

from __future__ import annotations

import re
from functools import lru_cache
from html import escape
from urllib.parse import quote, urlsplit

from data.language_codes import LANGUAGES
from data.models import Media
from data.normalize import allowed
from data.sanitize import sanitize

LANGUAGE = re.compile(r"([A-Za-z]{2,3})(-[A-Za-z0-9]{1,8})*")
MEDIA_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+", re.ASCII)

HOST = re.compile(r"(?:[\w-]+\.)*[\w-]+\.?|[0-9a-f:.]+", re.ASCII)
STRAY = re.compile(r"%(?![0-9A-Fa-f]{2})")

RIGHT_TO_LEFT = frozenset(
    "ar ara ckb div dv fa fas he heb ks kas per ps pus sd snd syr ug uig ur urd yi yid".split()  # noqa: SIM905 - words read better in a row
)
SCRIPTS_TO_LEFT = frozenset(["adlm", "arab", "aran", "hebr", "nkoo", "rohg", "syrc", "thaa"])
SCRIPT = 4
"""Letters of a tag's part that names a script."""

LONGEST_NAME = 500
"""Characters that a title or any other name may have in a feed."""

LARGEST_BODY = 1_000_000
"""Characters of HTML that one entry may bring into a feed; beyond it the entry has the summary."""


def plain(text: str) -> str:
    """One line of text without characters that XML forbids; never HTML."""
    return " ".join(allowed(text).split())


def excerpt(text: str, length: int = 300) -> str:
    """The beginning of a text, at most ``length`` characters, cut at a word where words are parted.

    Many scripts put no spaces between words: a text is cut anywhere rather than lose a third of it.
    """
    line = plain(text)
    if len(line) <= length:
        return line
    said = line[: length - 1]
    whole = said.rpartition(" ")[0]
    return (whole if 3 * len(whole) > 2 * len(said) else said).rstrip(",;:–—- ") + "…"


def as_name(text: str) -> str:
    """A text as a name: one line of at most LONGEST_NAME characters."""
    return excerpt(text, LONGEST_NAME)


@lru_cache(maxsize=1000)
def web_address(url: str) -> str | None:
    """An absolute http or https address by the letter of RFC 3986, or None for anything else."""
    bare = re.sub(r"[\t\r\n]", "", allowed(url)).strip()
    try:
        parts = urlsplit(bare)
        host = parts.hostname or ""
        if not host.isascii():
            host = host.encode("idna").decode()
        if parts.scheme not in {"http", "https"} or not HOST.fullmatch(host) or parts.port == 0:
            return None
    except (ValueError, UnicodeError):
        return None
    user, at, place = parts.netloc.rpartition("@")
    if not place.isascii():
        place = host + (f":{parts.port}" if parts.port else "")
    rest, mark, fragment = bare[len(f"{parts.scheme}://{parts.netloc}") :].partition("#")
    path = f"/{rest}" if rest.startswith("?") else rest
    return f"{parts.scheme}://{escaped(user)}{at}{place}{escaped(path)}{mark}{escaped(fragment)}"


def site_address(url: str) -> str:
    """The address of a site as feeds name it, without a slash at its end."""
    return (web_address(url) or url).rstrip("/")


def escaped(text: str) -> str:
    """Part of an address, percent-encoded where it has to be and is not yet."""
    return quote(STRAY.sub("%25", text), safe="%/:?@!$&'()*+,;=~")


def web_media(media: Media) -> Media | None:
    """A file with a usable address and media type, or None where it has no usable address."""
    url = web_address(media.url)
    if url is None:
        return None
    kind = media.type.partition(";")[0].strip().lower()
    if not MEDIA_TYPE.fullmatch(kind):
        kind = "application/octet-stream"
    length = media.length if media.length and media.length > 0 else None
    return Media(url, kind, length, as_name(media.title or "") or None)


def language_tag(language: str | None) -> str | None:
    """A language tag as RFC 5646 forms it, of a language that readers know, or None."""
    found = LANGUAGE.fullmatch(language or "")
    return language if found and found[1].lower() in LANGUAGES else None


def is_right_to_left(language: str | None) -> bool:
    """Whether a language is written from right to left."""
    name, *more = (language or "").lower().split("-")
    script = next((part for part in more if len(part) == SCRIPT), None)
    return script in SCRIPTS_TO_LEFT if script else name in RIGHT_TO_LEFT


def safe_html(html: str, base: str) -> str:
    """HTML without scripts, styles, frames or forms, every address absolute against ``base``."""
    # Twice: a character reference such as &#1; becomes a character only by sanitizing.
    return allowed(sanitize(allowed(html), base))


def paragraphs(text: str) -> str:
    """Plain text as HTML, a paragraph where a blank line parts it."""
    parts = allowed(text).split("\n\n")
    return "".join(f"<p>{escape(part.strip())}</p>" for part in parts if part.strip())
