"""Sitemaps (https://www.sitemaps.org/protocol.html): the addresses of pages, for search engines."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from html import escape
from typing import Final

from feeds.urls import href

MOST: Final = 50_000
"""Addresses of one sitemap at the most, by the protocol."""

SCHEMA: Final = "http://www.sitemaps.org/schemas/sitemap/0.9"


def urlset(site: str, pages: Iterable[tuple[str, dt.datetime | None]]) -> bytes:
    """The sitemap of some files of a site, each with the time of its last change where known."""
    return document("urlset", "url", site, pages)


def index(site: str, sitemaps: Iterable[tuple[str, dt.datetime | None]]) -> bytes:
    """The list of sitemaps, each with the last change of its pages where known."""
    return document("sitemapindex", "sitemap", site, sitemaps)


def document(
    root: str, element: str, site: str, files: Iterable[tuple[str, dt.datetime | None]]
) -> bytes:
    """Addresses with times, as both kinds have them."""
    lines = [f"<?xml version='1.0' encoding='UTF-8'?>\n<{root} xmlns=\"{SCHEMA}\">"]
    for file, changed in files:
        time = ""
        if changed:
            time = f"<lastmod>{changed.astimezone(dt.UTC).isoformat(timespec='seconds')}</lastmod>"
        lines.append(f"<{element}><loc>{escape(site + href(file))}</loc>{time}</{element}>")
    return "\n".join([*lines, f"</{root}>\n"]).encode()
