"""Files that list the whole site, and files that all pages use."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import astuple
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import msgspec

from data.models import Facet
from data.settings import SiteSettings
from data.store.protocols import PublishStore
from feeds.catalog import Catalog
from feeds.formats import opml
from feeds.pages import builder_page
from feeds.pages.home_page import about_page
from feeds.pages.indexes.directories import (
    DAYS_FILE,
    days_page,
    languages_pages,
    sources_pages,
    topics_pages,
)
from feeds.pages.indexes.feeds_page import feeds_pages
from feeds.pages.indexes.not_found_page import FILE as NOT_FOUND
from feeds.pages.indexes.not_found_page import static_not_found_page
from feeds.pages.renderer import PageRenderer
from feeds.pages.search_page import STATIC_FILE, static_page
from feeds.publishing.sitemaps import FILE as SITEMAP


class SiteFiles:
    """The site's general files by name, with functions that generate them, in ``files``."""

    def __init__(self, catalog: Catalog, facets: Iterable[Facet], pages: PageRenderer) -> None:
        self.files: dict[str, Callable[[], bytes]] = {
            "opml.xml": lambda: opml.render(catalog, facets),
            STATIC_FILE: lambda: static_page(pages),
            builder_page.FILE: lambda: builder_page.builder_page(pages),
            "about/index.html": lambda: about_page(pages),
            NOT_FOUND: lambda: static_not_found_page(pages),
        }
        self.files |= used_by_pages()
        # Search engines request it by this name.
        self.files["robots.txt"] = lambda: robots(catalog.site)


def used_by_pages() -> dict[str, Callable[[], bytes]]:
    """Return the styles, scripts and icons of pages by name, with functions that read them."""
    static = files("feeds.pages") / "static"
    # Browsers request the icons by these names.
    icons = {f"favicon.{kind}": (static / f"icon.{kind}").read_bytes for kind in ("ico", "svg")}
    return {f"static/{file.name}": file.read_bytes for file in static.iterdir()} | icons


def robots(site: str) -> bytes:
    """Return robots.txt: crawlers may read all files but no search."""
    path = urlsplit(site).path
    lines = ["User-agent: *", *(f"Disallow: {path}{one}" for one in NOT_CRAWLED)]
    return "\n".join([*lines, "", f"Sitemap: {site}/{SITEMAP}", ""]).encode()


NOT_CRAWLED = ("/search", "/feeds/search", "/api/search", "/admin", "/reader/")
"""Prefixes of generated pages: their number is unlimited."""

Names = dict[str, tuple[str, ...]]
"""Names of sources, sections and topics, by kind and id."""


NOT_PUBLISHING = ("offline/", "replay/", "server/", "websub/", "compression.py")
"""Modules and folders of this package that do not shape published files."""


def layout_of(site: SiteSettings, secrets: bytes = b"") -> bytes:
    """Return a digest of the settings, templates and code that shape published files.

    ``secrets`` is Secrets.mark: a changed list of secrets renders everything again.
    """
    limits = (site.entries, site.max_feed_bytes)
    settings = (site.url, site.title, *limits, site.hub, site.language)
    digest = hashlib.sha256(repr(settings).encode() + secrets)
    for name, file in sorted(shaping(files("feeds"))):
        if name.startswith(NOT_PUBLISHING):
            continue
        digest.update(name.encode() + file.read_bytes())
    return digest.hexdigest().encode()


def shaping(folder: Traversable, path: str = "") -> Iterator[tuple[str, Traversable]]:
    """Yield the modules, templates and styles of this package with their paths."""
    for file in folder.iterdir():
        if file.is_dir():
            yield from shaping(file, f"{path}{file.name}/")
        elif file.name.endswith((".py", ".html", ".css", ".js", ".svg", ".po")):
            yield f"{path}{file.name}", file


def names_of(catalog: Catalog) -> bytes:
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
    """Return whether a name was changed or removed; added names do not count.

    A new id of a source counts as removed: links to it are on pages of all kinds.
    """
    if not before or before == after:
        return False
    old, new = (msgspec.json.decode(names, type=Names) for names in (before, after))
    return any(new.get(name) != value for name, value in old.items())


def listing_of(layout: bytes, names: bytes, facets: Iterable[Facet]) -> bytes:
    """Return a digest of the names and facets in the lists of all feeds."""
    known = sorted("\0".join(part or "" for part in astuple(one)) for one in facets)
    text = "\n".join(known)
    return hashlib.sha256(layout + names + text.encode("utf-8", "surrogatepass")).digest()


Generators = Mapping[str, Callable[[], bytes]]
"""Files of the site by name, with functions that generate them."""

COUNTED_FOLDERS: Final = ("sources/-", "topics/-", "languages/-")
"""Folders that contain only index pages: those with counts, and the directory of feeds."""
DIRECTORY_FOLDERS: Final = (
    *("feeds/sources", "feeds/sections", "feeds/topics", "feeds/languages", "feeds/dates"),
)
"""Folders that hold nothing but such pages: of those with counts, and of the directory of feeds."""

LANGUAGE_SAMPLE: Final = 50
"""Number of newest releases that determine a source's language."""


def counted_pages(store: PublishStore, pages: PageRenderer) -> Generators:
    """Return the index pages that change with every publication."""
    newest = store.newest_of_sources(limit=LANGUAGE_SAMPLE)
    return {
        **dict(sources_pages(pages, newest, store.last_health_events(), store.read_sources())),
        **dict(topics_pages(pages)),
        **dict(languages_pages(pages)),
        DAYS_FILE: lambda: days_page(pages),
    }


def directory_pages(pages: PageRenderer) -> Generators:
    """Return the index pages that change when feeds are added or removed."""
    return dict(feeds_pages(pages))


def left_over(folder: Path, places: tuple[str, ...], files: Generators) -> Iterator[str]:
    """Yield index pages in the folders that are no longer among the site's files."""
    for place in places:
        for path in (folder / place).rglob("index.html"):
            name = path.relative_to(folder).as_posix()
            if name not in files:
                yield name
