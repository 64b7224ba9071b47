"""Sitemaps for search engines (https://www.sitemaps.org/protocol.html)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from html import escape
from typing import Final

from feeds.urls import href

MAX_SITEMAP_URLS: Final = 50_000
"""Maximum number of URLs in one sitemap, by the protocol."""

SCHEMA: Final = "http://www.sitemaps.org/schemas/sitemap/0.9"


def urlset(site: str, pages: Iterable[tuple[str, dt.datetime | None]]) -> bytes:
    """Return the sitemap of files of a site, each with the time of its last change, if known."""
    return document("urlset", "url", site, pages)


def index(site: str, sitemaps: Iterable[tuple[str, dt.datetime | None]]) -> bytes:
    """Return the index of sitemaps, each with the last change of its pages, if known."""
    return document("sitemapindex", "sitemap", site, sitemaps)


def document(
    root: str, element: str, site: str, files: Iterable[tuple[str, dt.datetime | None]]
) -> bytes:
    """Return an XML document of URLs and times; both kinds of sitemaps share its shape."""
    lines = [f"<?xml version='1.0' encoding='UTF-8'?>\n<{root} xmlns=\"{SCHEMA}\">"]
    for file, changed in files:
        time = ""
        if changed:
            time = f"<lastmod>{changed.astimezone(dt.UTC).isoformat(timespec='seconds')}</lastmod>"
        lines.append(f"<{element}><loc>{escape(site + href(file))}</loc>{time}</{element}>")
    return "\n".join([*lines, f"</{root}>\n"]).encode()
