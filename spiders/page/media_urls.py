"""Whether an address is that of an image or of a file, and which source of an ``<img>`` is best."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from spiders.page.file_types import DOWNLOADS, IMAGES

LAZY = (
    "data-src", "data-lazy-src", "data-original", "data-lazy", "data-srcset", "data-lazy-srcset",
    "data-url", "data-full", "data-hi-res-src",
)  # fmt: skip

IMAGE = re.compile(rf"\.(?:{IMAGES})$", re.IGNORECASE)

FILE = re.compile(rf"\.(?:{DOWNLOADS})$", re.IGNORECASE)

MAYBE_IMAGE = re.compile(rf"%|\.(?:{IMAGES})(?![a-z0-9])", re.IGNORECASE)

MAYBE_FILE = re.compile(rf"%|\.(?:{DOWNLOADS})(?![a-z0-9])", re.IGNORECASE)
"""What an address of a file has somewhere; most have not, and need not be parsed."""

PLAIN = re.compile(
    r"(?:https?://[A-Za-z0-9.-]+|(?!//))(/[A-Za-z0-9/._~+-]*)(?:\?[A-Za-z0-9&=._~+-]*)?"
)
"""An address whose path can be read off it: most are such, and parsing takes long."""

PLACEHOLDER = re.compile(
    r"^data:|blank\.|spacer|placeholder|pixel|1x1|loading|lazy\.", re.IGNORECASE
)


def largest_source(attributes: Mapping[str, Any]) -> str:
    """The address of an image: the one that a script would load, else its own, else of a set.

    A page that loads its images late keeps a stand-in in ``src``.
    """
    for name in filter(attributes.__contains__, LAZY):
        value = str(attributes[name] or "").strip()
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
