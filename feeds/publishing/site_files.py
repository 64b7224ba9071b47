"""What lists all feeds of a site, and what all of its pages use."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import astuple
from importlib.resources import files
from importlib.resources.abc import Traversable
from urllib.parse import urlsplit

import msgspec

from data.models import Facet
from data.settings import Site
from feeds.catalog import Catalog
from feeds.formats import opml
from feeds.pages import builder_page
from feeds.pages.home_page import about_page
from feeds.pages.indexes.not_found_page import FILE as NOT_FOUND
from feeds.pages.indexes.not_found_page import static_not_found_page
from feeds.pages.renderer import PageRenderer
from feeds.pages.search_page import STATIC_FILE, static_page
from feeds.publishing.sitemaps import FILE as SITEMAP


class SiteFiles:
    """``files`` of the site by name, and how to make each."""

    def __init__(self, catalog: Catalog, facets: Iterable[Facet], pages: PageRenderer) -> None:
        self.files: dict[str, Callable[[], bytes]] = {
            "opml.xml": lambda: opml.render(catalog, facets),
            STATIC_FILE: lambda: static_page(pages),
            builder_page.FILE: lambda: builder_page.builder_page(pages),
            "about/index.html": lambda: about_page(pages),
            NOT_FOUND: lambda: static_not_found_page(pages),
        }
        self.files |= used_by_pages()
        # Search engines ask for it by its name, whatever a page says.
        self.files["robots.txt"] = lambda: robots(catalog.site)


def used_by_pages() -> dict[str, Callable[[], bytes]]:
    """The styles, scripts and icons of pages by name, and how to make each."""
    static = files("feeds.pages") / "static"
    # Browsers ask for the icons by these names, whatever a page says.
    icons = {f"favicon.{kind}": (static / f"icon.{kind}").read_bytes for kind in ("ico", "svg")}
    return {f"static/{file.name}": file.read_bytes for file in static.iterdir()} | icons


def robots(site: str) -> bytes:
    """What crawlers may ask for: everything that lies as a file, and no search."""
    path = urlsplit(site).path
    lines = ["User-agent: *", *(f"Disallow: {path}{one}" for one in NOT_CRAWLED)]
    return "\n".join([*lines, "", f"Sitemap: {site}/{SITEMAP}", ""]).encode()


NOT_CRAWLED = ("/search", "/feeds/search", "/api/search", "/admin", "/reader/")
"""What is made on demand, so that no end of addresses leads to it."""

Names = dict[str, tuple[str, ...]]


ANSWERING = ("offline/", "replay/", "server/", "websub/", "compression.py")
"""What answers, pushes and copies, and so shapes no file."""


def layout_of(site: Site, secrets: bytes = b"") -> bytes:
    """A digest of the settings, templates and code that shape what is written.

    ``secrets`` is Secrets.mark: another secret to hide renders everything again.
    """
    limits = (site.entries, site.max_feed_bytes)
    settings = (site.url, site.title, *limits, site.hub, site.language)
    digest = hashlib.sha256(repr(settings).encode() + secrets)
    for name, file in sorted(shaping(files("feeds"))):
        if name.startswith(ANSWERING):
            continue
        digest.update(name.encode() + file.read_bytes())
    return digest.hexdigest().encode()


def shaping(folder: Traversable, path: str = "") -> Iterator[tuple[str, Traversable]]:
    """The files of this package with their paths in it: modules, templates, styles."""
    for file in folder.iterdir():
        if file.is_dir():
            yield from shaping(file, f"{path}{file.name}/")
        elif file.name.endswith((".py", ".html", ".css", ".js", ".svg", ".po")):
            yield f"{path}{file.name}", file


def names_of(catalog: Catalog) -> bytes:
    """What the sources, sections and topics are called, and where these stand, as bytes to keep."""
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
    """Whether anything that had a name has another one, or none; new names change no entry.

    It has none where a source has another id: what leads to it is on pages of all kinds.
    """
    if not before or before == after:
        return False
    old, new = (msgspec.json.decode(names, type=Names) for names in (before, after))
    return any(new.get(name) != value for name, value in old.items())


def listing_of(layout: bytes, names: bytes, facets: Iterable[Facet]) -> bytes:
    """A digest of what the lists of all feeds say: their names and which there are."""
    known = sorted("\0".join(part or "" for part in astuple(one)) for one in facets)
    text = "\n".join(known)
    return hashlib.sha256(layout + names + text.encode("utf-8", "surrogatepass")).digest()
