"""How long what is at an address of the site may be kept, and of which type it is.

The web server says so, and so does a bucket that holds the site, behind a CDN.
"""

from __future__ import annotations

import re
from pathlib import PurePath
from typing import Final

from feeds.urls import media_type_of

FRESH: Final = "public, max-age=60, stale-while-revalidate=600, stale-if-error=86400"
"""For feeds and pages, which change: a minute, and what is older only until there is an answer."""

LASTING: Final = "public, max-age=3600, stale-while-revalidate=86400"
"""For what all pages use, and changes with the version at the most."""

ENDLESS: Final = "public, max-age=31536000, immutable"
"""For what never changes: full archive pages of feeds, tiles of the log."""

BRIEF: Final = "public, max-age=5"
"""For checkpoints, which change whenever the log grows."""

STATIC: Final = {".css", ".js", ".svg"}

TILES: Final = "/log/tile/"

SIGNED: Final = re.compile(r"/log/(?!tile/)(?!.*\.tsr$).+|/witness/.+")
"""Texts: checkpoints, keys, and what witnesses sign."""

ARCHIVED: Final = re.compile(r"((?:.*/)?feeds/.+/page/)([1-9]\d{0,8})(\.(?:atom|rss|json))")

TEXT: Final = "text/plain; charset=utf-8"


def cache_control_of(address: str, file: str, *, followed: bool) -> str:
    """How long the ``file`` at an address may be kept, as Cache-Control has it (RFC 9111, 5861).

    ``followed`` is whether it is an archive page with another after it: such a page is for ever.
    """
    if address.startswith(TILES):
        return ENDLESS
    if SIGNED.fullmatch(address):
        return BRIEF
    if followed:
        return ENDLESS
    return LASTING if PurePath(file).suffix in STATIC else FRESH


def content_type_of(address: str, file: str) -> str:
    """The media type of the ``file`` at an address."""
    if SIGNED.fullmatch(address):
        return TEXT
    if address.startswith("/releases/") and file.endswith(".json"):
        return "application/json"
    return media_type_of(file)


def page_after(file: str) -> str | None:
    """The archive page of a feed that comes after one; None where a file is none."""
    found = ARCHIVED.fullmatch(file)
    return f"{found[1]}{int(found[2]) + 1}{found[3]}" if found else None


def page_before(file: str) -> str | None:
    """The archive page of a feed that comes before one; None where there is none."""
    found = ARCHIVED.fullmatch(file)
    return f"{found[1]}{int(found[2]) - 1}{found[3]}" if found and int(found[2]) > 1 else None
