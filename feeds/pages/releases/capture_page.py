"""Page that lists the captures of a release, and page that shows a captured page in a frame."""

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from data.models import Capture, Facet, Release, Revision
from feeds.entries.entry import FeedEntry, title_of
from feeds.pages.releases.release_page import crumbs
from feeds.pages.renderer import PageRenderer
from feeds.urls import capture_data_file, capture_file, href, release_file

MAX_VERSIONS: Final = 50
"""Maximum number of versions whose archive records the page lists. The JSON file lists all
versions."""

NO_RENDITIONS: Final[Mapping[int, Collection[str]]] = {}


def capture_page(
    pages: PageRenderer,
    release: Release,
    entry: FeedEntry,
    revisions: tuple[Revision, ...],
    gone: Capture | None,
    *,
    seen: Capture | None = None,
    is_shown: bool = False,
    renditions: Mapping[int, Collection[str]] = NO_RENDITIONS,
) -> bytes:
    """Render the list of archive records of a release.

    ``gone`` is the capture of the response that reported the missing page. If a server shows
    captured pages (``is_shown``), the list links to them. ``seen`` is the last capture of the
    unchanged release. Only the web server passes ``seen``: a static file would change after every
    visit. ``renditions`` contains "screenshot" and "pdf" for each version that has them.
    """
    return pages.render(
        "capture.html",
        capture_file(release.id),
        title=entry.title,
        facet=Facet(source=release.source),
        language=entry.language,
        id=release.id,
        revisions=revisions[-MAX_VERSIONS:],
        more=max(0, len(revisions) - MAX_VERSIONS),
        seen=seen,
        gone=gone,
        is_shown=is_shown,
        renditions=renditions,
        data=capture_data_file(release.id),
        release=release_file(release.id),
        timemap=release_file(release.id).replace("index.html", "timemap"),
        crumbs=crumbs(pages.catalog, release, entry.title),
    )


@dataclass(frozen=True, slots=True)
class FramedPage:
    """A captured page in a frame: its original ``url``, and its ``address`` on this site.

    ``at`` is the time of the capture. ``oldest`` and ``newest`` are the times of its archived
    parts, such as images, or None if it has none. ``missing`` is the number of files that the
    page may use and that are not archived. ``imported`` is the name of the file from which the
    capture was imported, or empty. All times are in UTC.
    """

    url: str
    address: str
    at: dt.datetime
    oldest: dt.datetime | None = None
    newest: dt.datetime | None = None
    missing: int = 0
    imported: str = ""


def replay_page(
    pages: PageRenderer,
    release: Release,
    revision: Revision,
    framed: FramedPage,
    *,
    seen: Capture | None = None,
) -> bytes:
    """Render the page that shows the captured page of a version in a frame.

    ``seen`` is the last capture of the same version, if known.
    """
    title = title_of(revision.content)
    return pages.render(
        "replay.html",
        release_file(release.id).replace("index.html", "capture/page"),
        title=title,
        facet=Facet(source=release.source),
        number=revision.number,
        label=revision.label,
        framed=framed,
        seen=seen,
        captures=capture_file(release.id),
        crumbs=crumbs(pages.catalog, release, title),
    )


def memento_page(pages: PageRenderer, framed: FramedPage) -> bytes:
    """Render the page that shows any captured page in a frame."""
    root = urlsplit(pages.catalog.site).path
    return pages.render(
        "replay.html",
        "memento/index.html",
        title=framed.url,
        facet=Facet(),
        number=None,
        label=None,
        framed=framed,
        seen=None,
        canonical=framed.url,
        # The page has the address of the memento, so relative links would depend on its depth.
        link=lambda file: root + href(file),
        crumbs=[],
    )
