"""Feeds and pages for one topic of one source, generated on request.

There are too many of them to publish, and few are read. They contain the same releases as published
ones would. But their archive pages are computed per request, so an old release that is found later
moves other releases to different archive pages.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from data.models import Facet
from data.settings import SiteSettings
from data.store.core.store import Store
from feeds.catalog import Catalog
from feeds.entries.entry import EntryLink, FeedEntry, entry_of
from feeds.formats.feed import archive_page, feed_of, neighbouring_pages, with_archives
from feeds.formats.rendering import rendered, rendered_document
from feeds.pages.facet_page import (
    MAX_FIRST_PAGE,
    archive_pages,
    facet_page,
    first_paging,
    latest_pages,
    newer_page,
)
from feeds.pages.renderer import PageRenderer, ReleaseRow
from feeds.publishing.archive_pages import Releases, cut_archive_pages
from feeds.urls import FORMATS, Format, is_published, page_file, part_file, stem_of

FEED_PATH = re.compile(r"/(feeds/source/[^/]+/topic/[^/]+?)(?:/page/([1-9]\d{0,8}))?\.([a-z]+)")
"""Pattern that matches the path of a feed for one topic of one source. Its groups are the path
without suffix, the number of an archive page, and the format."""
PAGE_PATH = re.compile(r"/(sources/[^/]+/topics/[^/]+/)(?:page/(latest|[1-9]\d{0,8})(-\d{1,4})?/)?")
"""Pattern that matches the path of a page for a topic of a source. Its groups are the folder, and
the page of older releases."""


@dataclass(frozen=True, slots=True)
class Address:
    """The parsed path of a feed or page for one topic of one source.

    ``stem`` is the path without suffix. ``kind`` is the feed format, or None for an HTML page.
    ``number`` is the number of an archive page, and ``part`` the name of an HTML page of older
    releases.
    """

    stem: str
    kind: Format | None = None
    number: int | None = None
    part: str = ""


def address_of(path: str) -> Address | None:
    """Parse a decoded path. Returns None if it can't be a feed or page of a source's topic."""
    if found := PAGE_PATH.fullmatch(path):
        return Address(f"{found[1]}index", part=(found[2] or "") + (found[3] or ""))
    if found := FEED_PATH.fullmatch(path):
        kind = next((kind for kind in FORMATS if kind == found[3]), None)
        return Address(found[1], kind, int(found[2]) if found[2] else None) if kind else None
    return None


def source_topic(
    store: Store,
    catalog: Catalog,
    address: Address,
    site: SiteSettings,
    links: tuple[EntryLink, ...] = (),
) -> bytes | None:
    """Return the feed or page at an address, or None if no release has that source and topic.

    ``site`` contains the limits on a feed's number of entries and size. ``links`` are added to the
    feed.
    """
    counts = store.facets()
    where = page_file if address.kind is None else stem_of
    wanted = address.stem + (".html" if address.kind is None else "")
    named = (one for one in counts if not is_published(one) and where(one) == wanted)
    facet = next(named, None)
    if facet is None:
        return None
    releases, pages = cut_archive_pages(store.summaries(facet), site.entries)
    if address.kind is None:
        renderer = PageRenderer(catalog, counts)
        return people_page(
            store, renderer, facet, part=address.part, releases=releases, pages=pages
        )
    number = address.number
    if number is not None:
        if number > len(pages):
            return None
        releases = pages[number - 1]
    entries_shown = entries_of(store, catalog, releases)
    made = rendered_document(entries_shown, max_bytes=site.max_feed_bytes, mixed=False)
    feed = replace(feed_of(catalog, facet, made), links=links)
    if number is None:
        feed = with_archives(feed, len(pages))
    else:
        feed = archive_page(feed, number, neighbouring_pages(number, len(pages)))
    return rendered(feed, made, address.kind)


def people_page(
    store: Store,
    renderer: PageRenderer,
    facet: Facet,
    *,
    part: str,
    releases: Releases,
    pages: Sequence[Releases],
) -> bytes | None:
    """Return the HTML page with the newest releases or with one part of the older releases.

    Returns None for an unknown part.
    """
    name = part.partition("-")[0]
    if name.isdigit():
        if int(name) > len(pages):
            return None
        newer = newer_page(facet, int(name), len(pages), has_latest=len(releases) > MAX_FIRST_PAGE)
        lines = release_rows(store, renderer, pages[int(name) - 1])
        return dict(archive_pages(renderer, facet, int(name), lines, newer)).get(
            part_file(facet, part)
        )
    lines = release_rows(store, renderer, releases)
    if name:
        rest = (
            latest_pages(renderer, facet, lines[MAX_FIRST_PAGE:], len(pages))
            if lines[MAX_FIRST_PAGE:]
            else []
        )
        return dict(rest).get(part_file(facet, part))
    paging = first_paging(facet, len(pages), has_latest=len(lines) > MAX_FIRST_PAGE)
    return facet_page(renderer, facet, lines[:MAX_FIRST_PAGE], paging=paging)


def release_rows(store: Store, renderer: PageRenderer, releases: Releases) -> list[ReleaseRow]:
    """Return the rows that list releases on a page."""
    entries = entries_of(store, renderer.catalog, releases)
    return [ReleaseRow(one.day, renderer.row(one), one.timed) for one in entries]


def entries_of(store: Store, catalog: Catalog, releases: Releases) -> list[FeedEntry]:
    """Return the feed entries of releases of one source."""
    found = (store.release(one.id) for one in releases)
    return [entry_of(one, catalog, mixed=False) for one in found if one]
