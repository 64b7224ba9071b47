"""Files about the whole site, such as sitemaps, and static files that all pages use.

The sitemaps of a month are written again when a release of the month changes. The cache contains
the time of the last change in each sitemap, so writing the sitemap index needs no query.
"""

import datetime as dt
import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import astuple
from html import escape
from importlib.resources import files
from importlib.resources.abc import Traversable
from itertools import islice
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import msgspec

from data.models import Facet
from data.settings import SiteSettings
from data.store.core.store import Store
from feeds.catalog import Catalog
from feeds.formats import opml
from feeds.pages import builder_page
from feeds.pages.directories import (
    DAYS_FILE,
    days_page,
    languages_pages,
    sources_pages,
    topics_pages,
)
from feeds.pages.home_and_about_pages import BOT_FILE, BotFacts, about_page, bot_page
from feeds.pages.not_found_page import NOT_FOUND_FILE, static_not_found_page
from feeds.pages.renderer import PageRenderer
from feeds.pages.search_page import STATIC_FILE, static_page
from feeds.publishing.publish_context import PublishContext
from feeds.urls import MONTH, href, is_published, page_file, release_file

NOT_CRAWLED = ("/search", "/feeds/search", "/api/search", "/admin", "/reader/")
"""URL path prefixes of generated pages. Crawlers must not read these pages, because there are
infinitely many.
"""

Names = dict[str, tuple[str, ...]]
"""Names of sources, sections and topics, by kind and id."""

NOT_PUBLISHING = (
    "publishing/offline_copy.py",
    "publishing/static/",
    "replay/",
    "server/",
    "websub/",
)
"""Modules and folders of this package that do not affect published files."""

Generators = Mapping[str, Callable[[], bytes]]
"""Functions that generate files of the site, by file name."""

COUNTED_FOLDERS: Final = ("sources/-", "topics/-", "languages/-")
"""Folders that contain only index pages with counts."""
DIRECTORY_FOLDERS: Final = (
    *("feeds/sources", "feeds/sections", "feeds/topics", "feeds/languages", "feeds/dates"),
)
"""Folders that contain only pages of the directory of feeds."""

LANGUAGE_SAMPLE: Final = 50
"""Number of newest releases from which a source's main language is determined."""

SITEMAP_FILE: Final = "sitemap.xml"

SITEMAPS_FOLDER: Final = "sitemaps"
"""Folder of the sitemaps."""

UNDATED_SITEMAP: Final = "undated"
"""Name of the sitemaps for releases without a date. It is used instead of a month."""

INDEX_PAGES: Final = "pages"
"""Name of the sitemaps for index pages. It is used instead of a month."""

INDEX_FOLDERS: Final = ("sources", "topics", "languages", "days", "changes", "retractions", "feeds")
"""Folders of index pages."""

MAX_SITEMAP_URLS: Final = 50_000
"""Maximum number of URLs per sitemap, as sitemaps.org specifies."""

SITEMAP_NS: Final = "http://www.sitemaps.org/schemas/sitemap/0.9"


def site_files(
    catalog: Catalog, facets: Iterable[Facet], pages: PageRenderer, bot: BotFacts | None
) -> Generators:
    """Return generators of the files about the whole site."""
    return {
        "opml.xml": lambda: opml.render(catalog, facets),
        STATIC_FILE: lambda: static_page(pages),
        builder_page.BUILDER_FILE: lambda: builder_page.builder_page(pages),
        "about/index.html": lambda: about_page(pages),
        NOT_FOUND_FILE: lambda: static_not_found_page(pages),
        **({BOT_FILE: lambda: bot_page(pages, bot)} if bot else {}),
        **used_by_pages(),
        # Search engines request the file by this name.
        "robots.txt": lambda: robots(catalog.site),
    }


def used_by_pages() -> dict[str, Callable[[], bytes]]:
    """Return the style sheets, scripts and icons of pages.

    The result maps file names to functions that read the files.
    """
    static = files("feeds.pages") / "static"
    # Browsers request the icons by these names.
    icons = {f"favicon.{kind}": (static / f"icon.{kind}").read_bytes for kind in ("ico", "svg")}
    return {f"static/{file.name}": file.read_bytes for file in static.iterdir()} | icons


def robots(site: str) -> bytes:
    """Return robots.txt, which allows crawlers to read all files but no generated pages."""
    path = urlsplit(site).path
    lines = ["User-agent: *", *(f"Disallow: {path}{one}" for one in NOT_CRAWLED)]
    return "\n".join([*lines, "", f"Sitemap: {site}/{SITEMAP_FILE}", ""]).encode()


def layout_of(site: SiteSettings, secrets: bytes = b"", bot: BotFacts | None = None) -> bytes:
    """Return a digest of the settings, templates and code that affect published files.

    ``secrets`` is Secrets.mark: if the list of secrets changes, everything is rendered again.
    """
    limits = (site.entries, site.max_feed_bytes)
    settings = (site.url, site.title, *limits, site.hub, site.language, bot)
    digest = hashlib.sha256(repr(settings).encode() + secrets)
    for name, file in sorted(shaping(files("feeds"))):
        if name.startswith(NOT_PUBLISHING):
            continue
        digest.update(name.encode() + file.read_bytes())
    return digest.hexdigest().encode()


def shaping(folder: Traversable, path: str = "") -> Iterator[tuple[str, Traversable]]:
    """Yield the modules, templates, styles and translations in a folder, with their paths."""
    for file in folder.iterdir():
        if file.is_dir():
            yield from shaping(file, f"{path}{file.name}/")
        elif file.name.endswith((".py", ".html", ".css", ".js", ".svg", ".po")):
            yield f"{path}{file.name}", file


def catalog_names(catalog: Catalog) -> bytes:
    """Return the names of sources, sections and topics, and the parents of topics, as JSON."""
    names: Names = {
        f"topic {slug}": (label, catalog.parents.get(slug, ""))
        for slug, label in catalog.topics.items()
    }
    names |= {
        f"section {source} {slug}": (label,) for (source, slug), label in catalog.sections.items()
    }
    names |= {
        f"source {source.id}": (source.name, source.url) for source in catalog.sources.values()
    }
    return msgspec.json.encode(names, order="sorted")


def names_changed(before: bytes, after: bytes) -> bool:
    """Return whether a source, section or topic was renamed or removed.

    New names do not count. A source with a new id counts as removed, because links on all kinds of
    pages contain the id.
    """
    if not before or before == after:
        return False
    old, new = (msgspec.json.decode(names, type=Names) for names in (before, after))
    return any(new.get(name) != value for name, value in old.items())


def listing_of(layout: bytes, names: bytes, facets: Iterable[Facet]) -> bytes:
    """Return a digest of the names and facets in the directory of feeds."""
    known = sorted("\0".join(part or "" for part in astuple(one)) for one in facets)
    text = "\n".join(known)
    return hashlib.sha256(layout + names + text.encode("utf-8", "surrogatepass")).digest()


def counted_pages(store: Store, pages: PageRenderer) -> Generators:
    """Return generators of the index pages that change with every publication."""
    newest = store.newest_of_sources(limit=LANGUAGE_SAMPLE)
    return {
        **dict(sources_pages(pages, newest, store.last_health_events(), store.read_sources())),
        **dict(topics_pages(pages)),
        **dict(languages_pages(pages)),
        DAYS_FILE: lambda: days_page(pages),
    }


def left_over(folder: Path, places: tuple[str, ...], files: Generators) -> Iterator[str]:
    """Yield files in the folders ``places`` that no longer belong to the site's index pages."""
    for place in places:
        for path in (folder / place).rglob("index.html"):
            name = path.relative_to(folder).as_posix()
            if name not in files:
                yield name


class Sitemaps:
    """Writes the sitemaps of one publication."""

    def __init__(self, context: PublishContext) -> None:
        self._context = context

    def write_month(self, month: str) -> None:
        """Write the sitemaps for the releases of a month, or for undated releases."""
        period = "" if month == UNDATED_SITEMAP else month
        found = self._context.store.last_changes(period)
        self._write(month, ((release_file(one), changed) for one, changed in found))

    def write_pages(self, pages: PageRenderer) -> None:
        """Write the sitemaps for pages that list releases."""
        facets = filter(is_published, pages.navigation.counts)
        files = [f"{folder}/index.html" for folder in INDEX_FOLDERS]
        files += sorted({*map(page_file, facets), page_file(Facet())})
        self._write(INDEX_PAGES, ((file, None) for file in files))

    def write_index(self, counts: Iterable[Facet], *, undated: bool) -> None:
        """Write the sitemap index. ``undated`` is true if undated releases changed."""
        months = {one.period for one in counts if one.period and len(one.period) == MONTH}
        names = [*sorted(months), UNDATED_SITEMAP]
        for name in names:
            if self._known(name) is None or (name == UNDATED_SITEMAP and undated):
                self.write_month(name)
        every = [
            (file_of(name, number), changed)
            for name in (INDEX_PAGES, *names)
            for number, changed in enumerate(self._known(name) or ())
        ]
        self._context.write(
            SITEMAP_FILE, document("sitemapindex", "sitemap", self._context.catalog.site, every)
        )

    def _write(self, name: str, pages: Iterable[tuple[str, dt.datetime | None]]) -> None:
        """Write the sitemaps for pages, with only one sitemap in memory at a time.

        Each page is a pair of a file and the time of its last change.
        """
        context, left = self._context, iter(pages)
        last: list[dt.datetime | None] = []
        while some := tuple(islice(left, MAX_SITEMAP_URLS)):
            number = len(last)
            sitemap = document("urlset", "url", context.catalog.site, some)
            context.write(file_of(name, number), sitemap)
            last.append(max((changed for _, changed in some if changed), default=None))
        context.cache.keep_note(note_of(name), msgspec.json.encode(last))
        number = len(last)
        while context.is_there(file := file_of(name, number)):
            context.remove(file)
            number += 1

    def _known(self, name: str) -> list[dt.datetime | None] | None:
        """Return the time of the last change in each sitemap of a month.

        Returns None if the times are not known.
        """
        noted = self._context.cache.note(note_of(name))
        return msgspec.json.decode(noted, type=list[dt.datetime | None]) if noted else None


def file_of(name: str, number: int) -> str:
    """Return the file of a sitemap: ``sitemaps/2022-11.xml``, ``sitemaps/2022-11-2.xml``."""
    return f"{SITEMAPS_FOLDER}/{name}{f'-{number + 1}' if number else ''}.xml"


def note_of(name: str) -> str:
    """Return the cache key under which the times of the last changes in sitemaps are stored."""
    return f"sitemap {name}"


def document(
    root: str, element: str, site: str, files: Iterable[tuple[str, dt.datetime | None]]
) -> bytes:
    """Return the XML of a sitemap or sitemap index: URLs, with their times if known."""
    lines = [f"<?xml version='1.0' encoding='UTF-8'?>\n<{root} xmlns=\"{SITEMAP_NS}\">"]
    for file, changed in files:
        time = ""
        if changed:
            time = f"<lastmod>{changed.astimezone(dt.UTC).isoformat(timespec='seconds')}</lastmod>"
        lines.append(f"<{element}><loc>{escape(site + href(file))}</loc>{time}</{element}>")
    return "\n".join([*lines, f"</{root}>\n"]).encode()
