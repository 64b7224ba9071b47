"""The page of a release: its text as kept, where it comes from, its versions."""

from __future__ import annotations

from markupsafe import Markup

from data.models import Facet, Release, Revision
from data.text.clean import plain
from data.text.urls import web_address
from feeds.catalog import Catalog
from feeds.entries.body import body_of
from feeds.entries.entry import Entry, title_of
from feeds.pages.renderer import PageRenderer
from feeds.urls import capture_file, page_file, release_file, revision_file


def release_page(
    pages: PageRenderer,
    release: Release,
    entry: Entry,
    revisions: tuple[Revision, ...],
    *,
    captured: bool = False,
) -> bytes:
    """The page of a release.

    ``captured`` is whether it has a page of captures.
    """
    catalog = pages.catalog
    source = Facet(source=release.source)
    url = web_address(release.url) or entry.page
    return pages.render(
        "release.html",
        release_file(release.id),
        title=entry.title,
        facet=source,
        entry=entry,
        redacted=release.content.redacted,
        url=url,
        body=Markup(entry.body or body_of(release, url)),  # noqa: S704 - body_of sanitizes
        topics=[
            (catalog.topic(topic), page_file(Facet(topic=topic)))
            for topic in release.content.topics
        ],
        aliases=[plain(alias) for alias in release.aliases if alias != release.url],
        published=release.published,
        seen=release.first_seen,
        captures=capture_file(release.id) if captured else None,
        versions=[
            {
                "seen": revision.seen,
                "title": title_of(revision.content),
                "file": revision_file(release.id, revision.number),
            }
            for revision in revisions
        ],
        crumbs=source_crumbs(catalog, release.source),
    )


def source_crumbs(catalog: Catalog, source: str) -> list[tuple[str, str]]:
    """The way down to the page of a source."""
    facet = Facet(source=source)
    return [("All", "index.html"), (catalog.name(facet), page_file(facet))]


def crumbs(catalog: Catalog, release: Release, title: str) -> list[tuple[str, str]]:
    """The way down to the page of a release."""
    return [*source_crumbs(catalog, release.source), (title, release_file(release.id))]
