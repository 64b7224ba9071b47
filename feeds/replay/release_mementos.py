"""Past states of releases: versions, captured pages, and comparisons of versions.

The page of a release is the TimeGate of the release's versions.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property, partial

from data.archive.content_coding import Undecodable
from data.errors import ArchiveError
from data.models import Release, Revision
from data.settings import SiteSettings
from data.store.core.store import Store
from data.text.urls import site_address
from feeds.catalog import catalog_of
from feeds.entries.entry import entry_of
from feeds.pages.releases.version_and_capture_pages import (
    ComparedVersion,
    capture_page,
    compare_page,
    replay_page,
    revision_page,
)
from feeds.pages.renderer import PageRenderer
from feeds.replay.captured_pages import CapturedPages
from feeds.replay.captured_response import Restrictions, public_cause
from feeds.replay.memento import (
    CAPTURE_REMOVED,
    FRAME_HEADERS,
    PAGE_HEADERS,
    Memento,
    OriginalResource,
    ReplayResponse,
    memento_headers,
    timegate,
    timemap,
)
from feeds.replay.withheld_captures import Withheld
from feeds.urls import href, release_file, revision_file


def restrictions_of(store: Store, withheld: Withheld) -> Restrictions:
    """Return the functions that decide which captured content must not be shown."""
    return Restrictions(
        store.secrets(), partial(withheld.address, store), partial(withheld.capture, store)
    )


class ReleaseMementos:
    """Responses with past states of one release, for one site. The release may be unknown.

    ``pages`` replays captured pages, or is None without an archive. The methods return None if the
    release is unknown or has no such state.
    """

    def __init__(
        self,
        store: Store,
        site: SiteSettings,
        pages: CapturedPages | None,
        withheld: Withheld,
        release_id: str,
    ) -> None:
        self._store = store
        self._site = site
        self._pages = pages
        self._withheld = withheld
        self._id = release_id

    @cached_property
    def _restrictions(self) -> Restrictions:
        return restrictions_of(self._store, self._withheld)

    @cached_property
    def _release(self) -> Release | None:
        return self._store.release(self._id)

    @cached_property
    def _versions(self) -> tuple[Revision, ...]:
        return self._store.all_versions(self._id)

    @cached_property
    def _renderer(self) -> PageRenderer:
        return PageRenderer(catalog_of(self._store, self._site), {})

    @property
    def _resource(self) -> tuple[OriginalResource, list[Memento]]:
        return original_of(self._site, self._id), mementos_of(self._site, self._versions)

    def gate(self, asked: bytes) -> ReplayResponse | None:
        """Redirect to the version of the release that was current at a time.

        ``asked`` is the value of the Accept-Datetime header.
        """
        return timegate(*self._resource, asked) if self._versions else None

    def timemap(self) -> ReplayResponse | None:
        """Return the TimeMap of the release's versions."""
        return timemap(*self._resource) if self._versions else None

    def revision(self, number: int) -> ReplayResponse | None:
        """Return the page of a version of the release, by its number from 1."""
        release, found = self._release, self._versions
        place = next((i for i, one in enumerate(found) if one.number == number), None)
        if release is None or place is None:
            return None
        page = revision_page(
            self._renderer,
            release,
            entry_of(release, self._renderer.catalog, mixed=False),
            found[place - 1] if place else None,
            found[place],
            is_served=self._pages is not None and self._pages.are_there,
        )
        headers = memento_headers(*self._resource, place)
        return ReplayResponse(200, [*PAGE_HEADERS, *headers], page)

    def captures(self) -> ReplayResponse | None:
        """Return the page that lists the captures of the release."""
        release, found = self._release, self._versions
        if release is None:
            return None
        sightings = self._store.sightings(self._id)
        is_told = any(one.capture == sightings.seen for one in found)
        page = capture_page(
            self._renderer,
            release,
            entry_of(release, self._renderer.catalog, mixed=False),
            found,
            sightings.gone if release.retracted else None,
            seen=None if is_told else sightings.seen,
            is_shown=True,
            renditions={
                one.number: [*self._pages.renditions(found, one.number)]
                for one in found
                if self._pages
            },
        )
        return ReplayResponse(200, PAGE_HEADERS, page)

    def captured(self, number: int | None) -> ReplayResponse | None:
        """Return the captured page of a version, shown in a frame.

        If ``number`` is None, the current version is shown.
        """
        release = self._release
        wanted = number or (release.revision if release else 0)
        revision = next((one for one in self._versions if one.number == wanted), None)
        if self._pages is None or release is None or revision is None or revision.capture is None:
            return None
        if release.content.redacted or not revision.capture.file:
            return ReplayResponse(410, [], message=CAPTURE_REMOVED)
        try:
            framed = self._pages.framed(revision.capture, self._restrictions)
        except (ArchiveError, Undecodable) as error:
            return ReplayResponse(
                404, [], message=f"The page of this version can't be shown: {public_cause(error)}."
            )
        seen = self._store.sightings(self._id).seen if wanted == release.revision else None
        seen = seen if seen != revision.capture else None
        page = replay_page(self._renderer, release, revision, framed, seen=seen)
        return ReplayResponse(200, FRAME_HEADERS, page)

    def rendition(self, number: int | None, kind: str) -> ReplayResponse | None:
        """Return the archived screenshot or PDF of a version.

        ``kind`` is a key of RENDITIONS. If ``number`` is None, the current version is used.
        """
        release = self._release
        if self._pages is None or release is None:
            return None
        if release.content.redacted:
            return ReplayResponse(410, [], message=CAPTURE_REMOVED)
        entry = self._pages.renditions(self._versions, number or release.revision).get(kind)
        return self._pages.rendition(entry, self._restrictions) if entry else None

    def compare(self, old: int | None, new: int | None) -> ReplayResponse | None:
        """Return the page that shows two versions side by side.

        By default, ``new`` is the current version, and ``old`` the version before ``new``.
        """
        release, found = self._release, self._versions
        if self._pages is None or release is None:
            return None
        if release.content.redacted:
            return ReplayResponse(410, [], message=CAPTURE_REMOVED)
        places = {one.number: place for place, one in enumerate(found)}
        after = places.get(new or release.revision)
        before = places.get(old) if old else (after or 0) - 1
        if before is None or after is None or before < 0:
            return None
        sides = self._side(self._pages, found[before]), self._side(self._pages, found[after])
        return ReplayResponse(
            200, FRAME_HEADERS, compare_page(self._renderer, release, found, sides)
        )

    def _side(self, pages: CapturedPages, version: Revision) -> ComparedVersion:
        """Return the data of one version for a comparison."""
        if version.capture is None or not version.capture.file:
            return ComparedVersion(version)
        try:
            framed = pages.framed(version.capture, self._restrictions)
        except (ArchiveError, Undecodable):
            return ComparedVersion(version)
        return ComparedVersion(version, framed, [*pages.renditions(self._versions, version.number)])


def original_of(site: SiteSettings, release_id: str) -> OriginalResource:
    """Return a release's page as an original resource, which is its own TimeGate."""
    page = site_address(site.url) + href(release_file(release_id))
    return OriginalResource(page, page, f"{page}timemap")


def mementos_of(site: SiteSettings, revisions: Sequence[Revision]) -> list[Memento]:
    """Return the pages of a release's versions as mementos."""
    base = site_address(site.url)
    return [
        Memento(base + href(revision_file(one.release, one.number)), one.seen) for one in revisions
    ]
