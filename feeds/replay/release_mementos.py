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
    ACCEPT_DATETIME,
    CAPTURE_REMOVED,
    FRAME_HEADERS,
    LINK_FORMAT,
    PAGE_HEADERS,
    SHORT_LIVED,
    BadDatetime,
    Memento,
    OriginalResource,
    ReplayResponse,
    asked_datetime,
    chosen,
    gate_headers,
    memento_headers,
    original_links,
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
    """Responses with past states of the releases in a store, for one site.

    ``pages`` replays captured pages, or is None without an archive.
    """

    def __init__(
        self, store: Store, site: SiteSettings, pages: CapturedPages | None, withheld: Withheld
    ) -> None:
        self._store = store
        self._site = site
        self._pages = pages
        self._withheld = withheld

    @cached_property
    def _restrictions(self) -> Restrictions:
        return restrictions_of(self._store, self._withheld)

    def gate(self, release_id: str, asked: bytes) -> ReplayResponse | None:
        """Redirect to the version of a release that was current at a time.

        ``asked`` is the value of the Accept-Datetime header. Returns None if the release is
        unknown.
        """
        found = self._store.all_versions(release_id)
        if not found:
            return None
        original = original_of(self._site, release_id)
        try:
            at = asked_datetime(asked)
        except BadDatetime as error:
            links = ("link", ", ".join(original_links(original)))
            vary = ("vary", ACCEPT_DATETIME.decode())
            return ReplayResponse(400, [vary, links], message=str(error))
        mementos = mementos_of(self._site, found)
        return ReplayResponse(
            302, [*gate_headers(original, mementos, chosen(mementos, at)), SHORT_LIVED]
        )

    def timemap(self, release_id: str) -> ReplayResponse | None:
        """Return the TimeMap of a release's versions, or None for an unknown release."""
        found = self._store.all_versions(release_id)
        if not found:
            return None
        body = timemap(original_of(self._site, release_id), mementos_of(self._site, found))
        return ReplayResponse(200, [("content-type", LINK_FORMAT), SHORT_LIVED], body)

    def revision(self, release_id: str, number: int) -> ReplayResponse | None:
        """Return the page of a version of a release, by its number from 1.

        Returns None if the release has no such version.
        """
        release, found = self._store.release(release_id), self._store.all_versions(release_id)
        place = next((i for i, one in enumerate(found) if one.number == number), None)
        if release is None or place is None:
            return None
        original, mementos = original_of(self._site, release_id), mementos_of(self._site, found)
        headers = memento_headers(original, mementos, place)
        return ReplayResponse(200, [*PAGE_HEADERS, *headers], self._page(release, found, place))

    def captures(self, release_id: str) -> ReplayResponse | None:
        """Return the page that lists the captures of a release.

        Returns None if the release is unknown.
        """
        release, found = self._store.release(release_id), self._store.all_versions(release_id)
        if release is None:
            return None
        catalog = catalog_of(self._store, self._site)
        entry = entry_of(release, catalog, mixed=False)
        sightings = self._store.sightings(release_id)
        gone = sightings.gone if release.retracted else None
        is_told = any(one.capture == sightings.seen for one in found)
        seen = None if is_told else sightings.seen
        pages = PageRenderer(catalog, {})
        page = capture_page(
            pages,
            release,
            entry,
            found,
            gone,
            seen=seen,
            is_shown=True,
            renditions={
                one.number: [*self._pages.renditions(found, one.number)]
                for one in found
                if self._pages
            },
        )
        return ReplayResponse(200, PAGE_HEADERS, page)

    def captured(self, release_id: str, number: int | None) -> ReplayResponse | None:
        """Return the captured page of a version, shown in a frame, or None.

        If ``number`` is None, the current version is shown.
        """
        release, found = self._store.release(release_id), self._store.all_versions(release_id)
        wanted = number or (release.revision if release else 0)
        revision = next((one for one in found if one.number == wanted), None)
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
        renderer = PageRenderer(catalog_of(self._store, self._site), {})
        seen = self._store.sightings(release_id).seen if wanted == release.revision else None
        seen = seen if seen != revision.capture else None
        page = replay_page(renderer, release, revision, framed, seen=seen)
        return ReplayResponse(200, FRAME_HEADERS, page)

    def rendition(self, release_id: str, number: int | None, kind: str) -> ReplayResponse | None:
        """Return the archived screenshot or PDF of a version, or None.

        ``kind`` is a key of RENDITIONS. If ``number`` is None, the current version is used.
        """
        release, found = self._store.release(release_id), self._store.all_versions(release_id)
        wanted = number or (release.revision if release else 0)
        if self._pages is None or release is None:
            return None
        if release.content.redacted:
            return ReplayResponse(410, [], message=CAPTURE_REMOVED)
        entry = self._pages.renditions(found, wanted).get(kind)
        return self._pages.rendition(entry, self._restrictions) if entry else None

    def compare(self, release_id: str, old: int | None, new: int | None) -> ReplayResponse | None:
        """Return the page that shows two versions side by side, or None.

        By default, ``new`` is the current version, and ``old`` the version before ``new``.
        """
        release, found = self._store.release(release_id), self._store.all_versions(release_id)
        if self._pages is None or release is None:
            return None
        if release.content.redacted:
            return ReplayResponse(410, [], message=CAPTURE_REMOVED)
        places = {one.number: place for place, one in enumerate(found)}
        after = places.get(new or release.revision)
        before = places.get(old) if old else (after or 0) - 1
        if before is None or after is None or before < 0:
            return None
        sides = (
            self._side(self._pages, found, found[before]),
            self._side(self._pages, found, found[after]),
        )
        renderer = PageRenderer(catalog_of(self._store, self._site), {})
        return ReplayResponse(200, FRAME_HEADERS, compare_page(renderer, release, found, sides))

    def _side(
        self, pages: CapturedPages, found: Sequence[Revision], version: Revision
    ) -> ComparedVersion:
        """Return the data of one version for a comparison."""
        if version.capture is None or not version.capture.file:
            return ComparedVersion(version)
        try:
            framed = pages.framed(version.capture, self._restrictions)
        except (ArchiveError, Undecodable):
            return ComparedVersion(version)
        return ComparedVersion(version, framed, [*pages.renditions(found, version.number)])

    def _page(self, release: Release, found: Sequence[Revision], place: int) -> bytes:
        catalog = catalog_of(self._store, self._site)
        before = found[place - 1] if place else None
        entry = entry_of(release, catalog, mixed=False)
        return revision_page(
            PageRenderer(catalog, {}),
            release,
            entry,
            before,
            found[place],
            is_served=self._pages is not None and self._pages.are_there,
        )


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
