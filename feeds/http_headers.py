"""Cache-Control, Content-Type and Content-Encoding of the site's files.

Both the web server and the upload to a bucket use these headers.
"""

import re
from collections.abc import Callable, Mapping
from pathlib import PurePath
from typing import Final

import brotli
import zstandard
from isal import igzip

from data.network.request_signer import DIRECTORY_PATH, DIRECTORY_TYPE
from feeds.urls import FEED_TYPES

PAGE_CACHE: Final = "public, max-age=60, stale-while-revalidate=600, stale-if-error=86400"
"""Cache-Control of feeds and pages. A response is fresh for a minute. For ten more minutes, a cache
may use the response while it sends a revalidation request. It may use the response for a day while
our server fails."""

ASSET_CACHE: Final = "public, max-age=3600, stale-while-revalidate=86400"
"""Cache-Control of style sheets, scripts and icons, which change only with a new version of
Communique."""

IMMUTABLE_CACHE: Final = "public, max-age=31536000, immutable"
"""Cache-Control of files that never change: full archive pages of feeds, and tiles of the log."""

CHECKPOINT_CACHE: Final = "public, max-age=5"
"""Cache-Control of checkpoints of the log, which change whenever the log grows."""

ASSET_SUFFIXES: Final = {".css", ".js", ".svg"}

TILE_PREFIX: Final = "/log/tile/"

SIGNED_PATH: Final = re.compile(r"/log/(?!tile/)(?!.*\.tsr$).+|/witness/.+")
"""Pattern that matches URL paths of the log's plain-text files: checkpoints, keys and witness
signatures."""

ARCHIVE_PAGE: Final = re.compile(r"((?:.*/)?feeds/.+/page/)([1-9]\d{0,8})(\.(?:atom|rss|json))")

MEDIA_TYPES: Final = {
    ".atom": f"{FEED_TYPES['atom']}; charset=utf-8",
    ".rss": f"{FEED_TYPES['rss']}; charset=utf-8",
    ".json": FEED_TYPES["json"],
    ".xml": "application/xml; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".ico": "image/vnd.microsoft.icon",
    ".txt": "text/plain; charset=utf-8",
}
"""Content types of responses by file suffix."""

SIGNED_TYPE: Final = "text/plain; charset=utf-8"

COMPRESSORS: Mapping[str, Callable[[bytes], bytes]] = {
    "zstd": lambda body: zstandard.ZstdCompressor(level=6).compress(body),
    "br": lambda body: brotli.compress(body, quality=5),
    "gzip": lambda body: igzip.compress(body, 3, mtime=0),
}
"""Compression functions by content coding (RFC 9110, section 8.4.1), in order of preference."""

CONTENT_CODINGS = tuple(COMPRESSORS)
IDENTITY = "identity"


def cache_control_of(address: str, file: str, *, followed: bool) -> str:
    """Return the Cache-Control value (RFC 9111, 5861) for the ``file`` at a URL path.

    ``followed`` is true if the file is an archive page that has a next page. Such a page never
    changes.
    """
    if address.startswith(TILE_PREFIX):
        return IMMUTABLE_CACHE
    if SIGNED_PATH.fullmatch(address):
        return CHECKPOINT_CACHE
    if followed:
        return IMMUTABLE_CACHE
    return ASSET_CACHE if PurePath(file).suffix in ASSET_SUFFIXES else PAGE_CACHE


def content_type_of(address: str, file: str) -> str:
    """Return the Content-Type of the ``file`` at a URL path."""
    if SIGNED_PATH.fullmatch(address):
        return SIGNED_TYPE
    if address == DIRECTORY_PATH:
        return DIRECTORY_TYPE
    if address.startswith("/releases/") and file.endswith(".json"):
        return "application/json"
    if file.endswith("opml.xml"):
        return "text/x-opml; charset=utf-8"
    # Other JSON files are feeds.
    return MEDIA_TYPES.get(file[file.rfind(".") :], "application/octet-stream")


def page_after(file: str) -> str | None:
    """Return the file of the next archive page of a feed.

    Returns None if ``file`` is not an archive page.
    """
    found = ARCHIVE_PAGE.fullmatch(file)
    return f"{found[1]}{int(found[2]) + 1}{found[3]}" if found else None


def page_before(file: str) -> str | None:
    """Return the file of the previous archive page of a feed.

    Returns None if ``file`` is not an archive page, or if it is the first one.
    """
    found = ARCHIVE_PAGE.fullmatch(file)
    return f"{found[1]}{int(found[2]) - 1}{found[3]}" if found and int(found[2]) > 1 else None
