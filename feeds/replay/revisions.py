"""Versions of a release as mementos; the release's page is their TimeGate."""

from __future__ import annotations

from collections.abc import Sequence

from data.archive.content_coding import Undecodable
from data.errors import ArchiveError
from data.models import Release, Revision
from data.settings import SiteSettings
from data.store.protocols import ReadStore
from data.store.public_view import secrets_of
from data.text.urls import site_address
from feeds.catalog import catalog_of
from feeds.entries.entry import entry_of
from feeds.pages.releases.capture_page import capture_page, replay_page
from feeds.pages.releases.revision_page import revision_page
from feeds.pages.renderer import PageRenderer
from feeds.replay.answer import CAPTURE_REMOVED, FRAME, PAGE, SHORT_LIVED, ReplayResponse
from feeds.replay.captured import CapturedPages, public_cause
from feeds.replay.memento import (
    ACCEPT_DATETIME,
    LINK_FORMAT,
    BadDatetime,
    Memento,
    OriginalResource,
    asked_datetime,
    chosen,
    gate_headers,
    memento_headers,
    original_links,
    timemap,
)
from feeds.urls import href, release_file, revision_file


class ReleaseMementos:
    """Responses about the releases of one store and site."""

    def __init__(self, store: ReadStore, site: SiteSettings) -> None:
        self._store = store
        self._site = site

    def gate(self, release_id: str, asked: bytes) -> ReplayResponse | None:
        """Redirect to the version that was current at a time; None without versions.

        ``asked`` is the value of Accept-Datetime.
        """
        found = self._store.revisions(release_id)
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
        """Return the TimeMap of a release's versions."""
        found = self._store.revisions(release_id)
        if not found:
            return None
        body = timemap(original_of(self._site, release_id), mementos_of(self._site, found))
        return ReplayResponse(200, [("content-type", LINK_FORMAT), SHORT_LIVED], body)

    def revision(self, release_id: str, number: int) -> ReplayResponse | None:
        """Return the page of one version, by its number from 1."""
        release, found = self._store.release(release_id), self._store.revisions(release_id)
        place = next((i for i, one in enumerate(found) if one.number == number), None)
        if release is None or place is None:
            return None
        original, mementos = original_of(self._site, release_id), mementos_of(self._site, found)
        headers = memento_headers(original, mementos, place)
        return ReplayResponse(200, [*PAGE, *headers], self._page(release, found, place))

    def captures(self, release_id: str) -> ReplayResponse | None:
        """Return the page that lists the captures of a release."""
        release, found = self._store.release(release_id), self._store.revisions(release_id)
        if release is None:
            return None
        catalog = catalog_of(self._store, self._site)
        entry = entry_of(release, catalog, mixed=False)
        sightings = self._store.sightings(release_id)
        gone = sightings.gone if release.retracted else None
        is_told = any(one.capture == sightings.seen for one in found)
        seen = None if is_told else sightings.seen
        pages = PageRenderer(catalog, {})
        page = capture_page(pages, release, entry, found, gone, seen=seen, is_shown=True)
        return ReplayResponse(200, PAGE, page)

    def captured(
        self, release_id: str, number: int | None, pages: CapturedPages
    ) -> ReplayResponse | None:
        """Return the captured page of a version, or of the current one for None, in a frame."""
        release, found = self._store.release(release_id), self._store.revisions(release_id)
        wanted = number or (release.revision if release else 0)
        revision = next((one for one in found if one.number == wanted), None)
        if release is None or revision is None or revision.capture is None:
            return None
        if release.content.redacted or not revision.capture.file:
            return ReplayResponse(410, [], message=CAPTURE_REMOVED)
        try:
            # An imported record has the address from its file, which may contain a secret.
            secrets = secrets_of(self._store)
            uri, shown = pages.address_of(revision.capture, secrets)
        except (ArchiveError, Undecodable) as error:
            return ReplayResponse(
                404, [], message=f"The page of this version can't be shown: {public_cause(error)}."
            )
        renderer = PageRenderer(catalog_of(self._store, self._site), {})
        seen = self._store.sightings(release_id).seen if wanted == release.revision else None
        page = replay_page(
            renderer,
            release,
            revision,
            uri,
            shown,
            imported=pages.origin(revision.capture, secrets),
            seen=seen if seen != revision.capture else None,
        )
        return ReplayResponse(200, FRAME, page)

    def _page(self, release: Release, found: Sequence[Revision], place: int) -> bytes:
        catalog = catalog_of(self._store, self._site)
        before = found[place - 1] if place else None
        entry = entry_of(release, catalog, mixed=False)
        return revision_page(PageRenderer(catalog, {}), release, entry, before, found[place])


def original_of(site: SiteSettings, release_id: str) -> OriginalResource:
    """Return a release's page as an original resource; it is its own TimeGate."""
    page = site_address(site.url) + href(release_file(release_id))
    return OriginalResource(page, page, f"{page}timemap")


def mementos_of(site: SiteSettings, revisions: Sequence[Revision]) -> list[Memento]:
    """Return the pages of a release's versions as mementos."""
    base = site_address(site.url)
    return [
        Memento(base + href(revision_file(one.release, one.number)), one.seen) for one in revisions
    ]
