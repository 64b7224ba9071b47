"""The pages of what was served: which records show a release, and a captured page itself."""

from __future__ import annotations

from typing import Final

from data.models import Capture, Facet, Release, Revision
from feeds.entries.entry import Entry, title_of
from feeds.pages.releases.release_page import crumbs
from feeds.pages.renderer import PageRenderer
from feeds.urls import capture_data_file, capture_file, release_file

MOST_VERSIONS: Final = 50
"""Versions whose records a page shows; the JSON has all."""


def capture_page(
    pages: PageRenderer,
    release: Release,
    entry: Entry,
    revisions: tuple[Revision, ...],
    gone: Capture | None,
    *,
    seen: Capture | None = None,
    is_shown: bool = False,
) -> bytes:
    """The page that says which records of the archive show a release, or that it is gone.

    Where a server shows captured pages (``is_shown``) it leads to them. The record that found
    the release ``seen`` last is for such a page too: a file would change with every visit.
    """
    return pages.render(
        "capture.html",
        capture_file(release.id),
        title=entry.title,
        facet=Facet(source=release.source),
        language=entry.language,
        id=release.id,
        revisions=revisions[-MOST_VERSIONS:],
        more=max(0, len(revisions) - MOST_VERSIONS),
        seen=seen,
        gone=gone,
        is_shown=is_shown,
        data=capture_data_file(release.id),
        release=release_file(release.id),
        timemap=release_file(release.id).replace("index.html", "timemap"),
        crumbs=crumbs(pages.catalog, release, entry.title),
    )


def replay_page(
    pages: PageRenderer,
    release: Release,
    revision: Revision,
    uri: str,
    shown: str,
    *,
    imported: str = "",
    seen: Capture | None = None,
) -> bytes:
    """The page around the captured page of a version, which ``shown`` is the address of.

    ``uri`` is the address that served it, ``imported`` the file that it was taken in from, if
    it was, and ``seen`` the last capture that found it again. It lies at capture/page below its
    release.
    """
    title = title_of(revision.content)
    return pages.render(
        "replay.html",
        release_file(release.id).replace("index.html", "capture/page"),
        title=title,
        facet=Facet(source=release.source),
        number=revision.number,
        at=revision.capture.at if revision.capture else revision.seen,
        uri=uri,
        imported=imported,
        seen=seen,
        shown=shown,
        captures=capture_file(release.id),
        crumbs=crumbs(pages.catalog, release, title),
    )
