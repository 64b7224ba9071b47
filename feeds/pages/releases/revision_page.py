"""The page of one version of a release: what it changed, and its text."""

from __future__ import annotations

from dataclasses import replace

from markupsafe import Markup

from data.models import Facet, Release, Revision
from data.text.language_tags import feed_language
from data.text.urls import web_address
from feeds.entries.body import body_of, difference
from feeds.entries.entry import Entry, title_of
from feeds.pages.releases.release_page import crumbs
from feeds.pages.renderer import PageRenderer
from feeds.urls import capture_file, release_file, revision_file


def revision_page(
    pages: PageRenderer,
    release: Release,
    entry: Entry,
    before: Revision | None,
    after: Revision,
) -> bytes:
    """The page of the version ``after`` another, or of the first one."""
    url = web_address(release.url) or entry.page
    version = replace(release, content=after.content)
    return pages.render(
        "revision.html",
        revision_file(release.id, after.number),
        title=title_of(after.content),
        facet=Facet(source=release.source),
        language=feed_language(after.content.language),
        number=after.number,
        last=after.number == release.revision,
        reading=after.reason == "reading",
        seen=after.seen,
        change=Markup(difference(before.content, after.content)) if before else None,  # noqa: S704 - difference escapes
        body=Markup(body_of(version, url)),  # noqa: S704 - body_of sanitizes
        backed=[one for one in (before, after) if one and one.capture],
        captures=capture_file(release.id),
        release=release_file(release.id),
        crumbs=crumbs(pages.catalog, release, entry.title),
    )
