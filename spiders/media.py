"""The images and files of a release."""

from __future__ import annotations

import mimetypes
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import islice
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from lxml import etree

from data.models import Media
from data.normalize import clean_line
from data.sanitize import absolute
from spiders.metadata import Metadata, rank

MAX_MEDIA = 200
MAX_SUFFIX = 12
"""Characters at the end of a path that its type is read from."""

MAX_URL = 4_000
NEIGHBOURS = 4
"""Elements on each side of a body in which its lead image or its files may stand."""

LAZY = (
    "data-src", "data-lazy-src", "data-original", "data-lazy", "data-srcset", "data-lazy-srcset",
    "data-url", "data-full", "data-hi-res-src",
)  # fmt: skip
IMAGES = r"\.(?:jpe?g|png|webp|gif|avif|bmp|tiff?)"
FILES = r"\.(?:pdf|docx?|odt|rtf|xlsx?|ods|csv|pptx?|odp|zip|epub|mp4|m4v|mov|webm|mp3|m4a|ogg|wav)"
IMAGE = re.compile(f"{IMAGES}$", re.IGNORECASE)
FILE = re.compile(f"{FILES}$", re.IGNORECASE)
MAYBE_IMAGE = re.compile(f"%|{IMAGES}(?![a-z0-9])", re.IGNORECASE)
MAYBE_FILE = re.compile(f"%|{FILES}(?![a-z0-9])", re.IGNORECASE)
"""What an address of a file has somewhere; most have not, and need not be parsed."""

PLAIN = re.compile(
    r"(?:https?://[A-Za-z0-9.-]+|(?!//))(/[A-Za-z0-9/._~+-]*)(?:\?[A-Za-z0-9&=._~+-]*)?"
)
"""An address whose path can be read off it: most are such, and parsing takes long."""

HOLDERS = {
    "a": "href", "video": "src", "audio": "src", "source": "src",
    "iframe": "src", "embed": "src", "object": "data",
}  # fmt: skip
"""Elements that lead to a file or show it, and where each has its address."""

PLACEHOLDER = re.compile(
    r"^data:|blank\.|spacer|placeholder|pixel|1x1|loading|lazy\.", re.IGNORECASE
)


def largest_source(attributes: Mapping[str, Any]) -> str:
    """The address of an image: the one that a script would load, else its own, else of a set.

    A page that loads its images late keeps a stand-in in ``src``.
    """
    for name in LAZY:
        value = str(attributes.get(name) or "").strip()
        if value and not value.startswith("data:"):
            return of_set(value) if name.endswith("srcset") else value
    source = str(attributes.get("src") or "").strip()
    if source and not PLACEHOLDER.search(source):
        return source
    return of_set(str(attributes.get("srcset") or ""))


def of_set(srcset: str) -> str:
    """The last address of a ``srcset``, by width where widths are given."""
    best, width = "", -1.0
    for part in re.split(r",\s+|,(?=https?:|//|/)", srcset):
        address, _, size = part.strip().partition(" ")
        number = re.match(r"[\d.]+", size.strip())
        wide = float(number.group()) if number else 0.0
        if address and wide > width:
            best, width = address, wide
    return best


def around(element: etree._Element | None) -> Iterator[etree._Element]:
    """The elements before a body, the body's own, and those after it, each a few at the most.

    Beside a cell of a table are its other rows, if it has any.
    """
    if element is None:
        return
    row = element.getparent() if element.tag == "td" else None
    rows = row.getparent() if row is not None else None
    held = row if row is not None and rows is not None and len(rows) > 1 else element
    before = list(islice(held.itersiblings(preceding=True), NEIGHBOURS))
    yield from reversed(before)
    yield element
    yield from islice(held.itersiblings(), NEIGHBOURS)


def images_of(element: etree._Element | None, meta: Metadata, base: str) -> tuple[Media, ...]:
    """The lead image first, then those before the body and in it, each once."""
    found: dict[str, Media] = {}
    for part in around(element):
        for node in part.iter("img"):
            link = node.getparent()
            href = link.get("href") or "" if link is not None and link.tag == "a" else ""
            named = {str(name): value for name, value in node.items()}
            source = href if leads_to_image(href) else largest_source(named)
            if len(found) < MAX_MEDIA:
                add(found, base, source, node.get("alt"))
        if part is element:
            break
    told = meta.meta("og:image:secure_url", "og:image", "twitter:image") or stated_image(meta)
    lead = absolute(base, told)
    if lead and lead not in found:
        return (Media(lead, image_type(lead)), *found.values())
    return tuple(found.values())


def stated_image(meta: Metadata) -> str:
    """The address of the image that JSON-LD gives an article: a text, an object, or a list."""
    for node in meta.nodes:
        value = node.get("image") if rank(node) == 0 else None
        value = value[0] if isinstance(value, list) and value else value
        if isinstance(value, dict):
            value = value.get("url") or value.get("contentUrl")
        if isinstance(value, str):
            return value[:MAX_URL]
    return ""


def add(found: dict[str, Media], base: str, source: str, title: str | None) -> None:
    """Keep an image under its address, once."""
    url = absolute(base, source)
    if url and url not in found:
        found[url] = Media(url, image_type(url), title=clean_line(title or "") or None)


def image_type(url: str) -> str:
    """The media type that an image's address suggests."""
    kind = media_type(path_of(url)) or ""
    return kind if kind.startswith("image/") else "image/jpeg"


def media_type(path: str) -> str | None:
    """The media type that a path's end suggests, or None."""
    return _type_of(path[-MAX_SUFFIX:].partition(".")[2])


@lru_cache(maxsize=1024)  # the same few ends again and again
def _type_of(ending: str) -> str | None:
    return mimetypes.guess_type(f"file.{ending}")[0]


def attachments_of(element: etree._Element | None, base: str) -> tuple[Media, ...]:
    """The files that links in a body and beside it lead to, and those that it plays or shows."""
    found: dict[str, Media] = {}
    for part in around(element):
        for node in part.iter(*HOLDERS):
            href = node.get(HOLDERS[node.tag]) or ""
            if not leads_to_file(href):
                continue
            url = absolute(base, href)
            if url and url not in found and len(found) < MAX_MEDIA:
                kind = media_type(file_of(url)) or "application/octet-stream"
                said = map(str, node.itertext()) if node.tag == "a" else (node.get("title") or "",)
                found[url] = Media(url, kind, title=clean_line("".join(said)) or None)
    return tuple(found.values())


def leads_to_image(url: str) -> bool:
    """Whether an address is that of a picture, by its end."""
    return bool(MAYBE_IMAGE.search(url) and IMAGE.search(path_of(url)))


def leads_to_file(url: str) -> bool:
    """Whether an address is that of a file to download, by its end or by what it asks for."""
    return bool(MAYBE_FILE.search(url) and FILE.search(file_of(url)))


def file_of(url: str) -> str:
    """The path of an address, or the file that its query asks for: ``get.aspx?file=map.odt``."""
    path = path_of(url)
    if FILE.search(path) or "?" not in url:
        return path
    asked = (value for _, value in parse_qsl(url.partition("?")[2].partition("#")[0]))
    return next(filter(FILE.search, asked), path)


def path_of(url: str) -> str:
    """The decoded path of an address, empty where it is none."""
    if plain := PLAIN.fullmatch(url):
        return plain[1]
    try:
        return unquote(urlsplit(url).path)
    except ValueError:
        return ""
