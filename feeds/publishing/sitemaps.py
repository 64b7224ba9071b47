"""Sitemaps: one or more per month of releases, and one or more of index pages.

A month's sitemaps are written again when one of its releases changes. The cache has the last change
in each sitemap, so the sitemap index needs no query.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from html import escape
from itertools import islice
from typing import Final

import msgspec

from data.models import Facet
from feeds.pages.renderer import PageRenderer
from feeds.publishing.context.publish_context import PublishContext
from feeds.urls import MONTH, href, is_published, page_file, release_file

FILE: Final = "sitemap.xml"

UNDATED: Final = "undated"
"""The name used in place of a month for releases without a date."""

INDEX_PAGES: Final = "pages"
"""The name used in place of a month for index pages."""

INDEXES: Final = ("sources", "topics", "languages", "days", "changes", "retractions", "feeds")
"""Folders of index pages."""

MAX_SITEMAP_URLS: Final = 50_000
"""Maximum number of URLs in one sitemap, by the protocol."""

SCHEMA: Final = "http://www.sitemaps.org/schemas/sitemap/0.9"


class Sitemaps:
    """Writes the sitemaps of one publication."""

    def __init__(self, context: PublishContext) -> None:
        self._context = context

    def write_month(self, month: str) -> None:
        """Write the sitemaps of the releases of a month, or of those without a date."""
        period = "" if month == UNDATED else month
        found = self._context.store.last_changes(period)
        self._write(month, ((release_file(one), changed) for one, changed in found))

    def write_pages(self, pages: PageRenderer) -> None:
        """Write the sitemaps of pages that list releases."""
        facets = filter(is_published, pages.navigation.counts)
        files = [f"{folder}/index.html" for folder in INDEXES]
        files += sorted({*map(page_file, facets), page_file(Facet())})
        self._write(INDEX_PAGES, ((file, None) for file in files))

    def write_index(self, counts: Iterable[Facet], *, undated: bool) -> None:
        """Write the sitemap index. ``undated`` means that releases without a date changed."""
        months = {one.period for one in counts if one.period and len(one.period) == MONTH}
        names = [*sorted(months), UNDATED]
        for name in names:
            if self._known(name) is None or (name == UNDATED and undated):
                self.write_month(name)
        every = [
            (file_of(name, number), changed)
            for name in (INDEX_PAGES, *names)
            for number, changed in enumerate(self._known(name) or ())
        ]
        self._context.write(FILE, sitemap_index(self._context.catalog.site, every))

    def _write(self, name: str, pages: Iterable[tuple[str, dt.datetime | None]]) -> None:
        """Write the sitemaps for some pages, one in memory at a time."""
        context, last = self._context, []
        for number, some in enumerate(parts(pages)):
            context.write(file_of(name, number), urlset(context.catalog.site, some))
            last.append(max((changed for _, changed in some if changed), default=None))
        context.cache.keep_note(note_of(name), msgspec.json.encode(last))
        number = len(last)
        while context.is_there(file := file_of(name, number)):
            context.remove(file)
            number += 1

    def _known(self, name: str) -> list[dt.datetime | None] | None:
        """Return the last change in each sitemap of a month; None if it is unknown."""
        noted = self._context.cache.note(note_of(name))
        return msgspec.json.decode(noted, type=list[dt.datetime | None]) if noted else None


def parts(
    pages: Iterable[tuple[str, dt.datetime | None]],
) -> Iterator[tuple[tuple[str, dt.datetime | None], ...]]:
    """Yield pages in batches that fit into one sitemap."""
    left = iter(pages)
    while some := tuple(islice(left, MAX_SITEMAP_URLS)):
        yield some


def file_of(name: str, number: int) -> str:
    """Return the file of a sitemap: ``sitemaps/2022-11.xml``, ``sitemaps/2022-11-2.xml``."""
    return f"sitemaps/{name}{f'-{number + 1}' if number else ''}.xml"


def note_of(name: str) -> str:
    """Return the key in the cache for the last changes of sitemaps."""
    return f"sitemap {name}"


def urlset(site: str, pages: Iterable[tuple[str, dt.datetime | None]]) -> bytes:
    """Return the sitemap of files of a site, each with the time of its last change, if known."""
    return document("urlset", "url", site, pages)


def sitemap_index(site: str, sitemaps: Iterable[tuple[str, dt.datetime | None]]) -> bytes:
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
