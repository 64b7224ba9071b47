"""Routing of requests for past states, and replay of versions of releases.

The page of a release is the TimeGate of the release's versions.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import parse_qs

from data.archive.content_coding import Undecodable
from data.errors import ArchiveError
from data.models import Release, Revision
from data.settings import SiteSettings
from data.store.core.store import Store
from data.store.open import open_existing
from data.store.public_view import secrets_of
from data.text.urls import site_address
from feeds.catalog import catalog_of
from feeds.entries.entry import entry_of
from feeds.pages.releases.capture_page import capture_page, memento_page, replay_page
from feeds.pages.releases.release_page import revision_page
from feeds.pages.renderer import PageRenderer
from feeds.replay.captured_pages import PREFIX, CapturedPages, Restrictions, public_cause
from feeds.replay.memento import (
    ACCEPT_DATETIME,
    CAPTURE_REMOVED,
    FRAME,
    LINK_FORMAT,
    PAGE,
    RELEASE_HIDDEN,
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
from feeds.urls import href, name_of, release_file, revision_file

RELEASE = re.compile(r"/releases/([^/]+)/(timemap|capture/(?:page)?|revisions/([1-9]\d{0,8})/?)?")
"""Pattern that matches the paths of a release: its page, TimeMap, captures, captured page, and
versions."""

REVISION = re.compile(r"[1-9][0-9]{0,8}")
"""Pattern that matches a version number."""


@dataclass(frozen=True, slots=True)
class ReplayRequest:
    """A request for a past state: decoded path, path as sent by the client, query and headers."""

    path: str
    raw_path: bytes
    query: bytes
    headers: Iterable[tuple[bytes, bytes]]

    @property
    def datetime(self) -> bytes | None:
        """Value of the Accept-Datetime header, or None."""
        return datetime_in(self.headers)

    @property
    def is_tab(self) -> bool:
        """Whether a browser will show the response in a tab, not in a frame."""
        return (b"sec-fetch-dest", b"document") in {*self.headers}


def framed_memento(store: Store, site: SiteSettings, made: ReplayResponse) -> ReplayResponse:
    """Return the page that shows a memento in a frame, with the Memento headers."""
    if made.framed is None:
        return made
    kept = [one for one in made.headers if one[0] in {"link", "memento-datetime", "vary"}]
    page = memento_page(PageRenderer(catalog_of(store, site), {}), made.framed)
    headers = [*FRAME, *kept, ("cache-control", "private, max-age=60")]
    return ReplayResponse(made.status, headers, page)


class PageReplay:
    """Responds to requests for past states, from the store at ``store_url``. Thread-safe.

    Captured pages are read from the folder ``archive``. All methods serve one site.
    """

    def __init__(self, store_url: str, site: SiteSettings, archive: Path | None = None) -> None:
        self._url = store_url
        self._site = site
        self._pages = CapturedPages(archive, site) if archive else None
        self._withheld = Withheld()

    def close(self) -> None:
        """Close the archive; the next request for a captured page opens it again."""
        if self._pages:
            self._pages.close()

    def takes(self, path: str, headers: Iterable[tuple[bytes, bytes]]) -> bool:
        """Return whether a request with this path and headers is for a past state."""
        if path.startswith(PREFIX):
            return self._pages is not None
        if not path.startswith("/releases/"):
            return False
        found = RELEASE.fullmatch(path)
        if found is None:
            return False
        if found[2] == "capture/":
            # If there is no archive, the published file already shows everything.
            return self._pages is not None and self._pages.are_there
        return found[2] is not None or datetime_in(headers) is not None

    def answer(self, asked: ReplayRequest) -> ReplayResponse | None:
        """Return the response to a request that ``takes`` accepts, or None for an unknown state.

        Raises StoreError or ArchiveError if the store or the archive can't be read.
        """
        if asked.path.startswith(PREFIX):
            return self._captured(asked)
        found = RELEASE.fullmatch(asked.path)
        release = name_of(found[1]) if found else None
        if found is None or release is None:
            return None
        with closing(open_existing(self._url)) as store:
            if store.hidden_release(release):
                return ReplayResponse(410, [], message=RELEASE_HIDDEN)
            return self._of_release(ReleaseMementos(store, self._site), release, found, asked)

    def _of_release(
        self, mementos: ReleaseMementos, release: str, found: re.Match[str], asked: ReplayRequest
    ) -> ReplayResponse | None:
        match found[2]:
            case None:
                return mementos.gate(release, asked.datetime or b"")
            case "timemap":
                return mementos.timemap(release)
            case "capture/":
                return mementos.captures(release)
            case "capture/page":
                return self._page(mementos, release, asked.query)
        return mementos.revision(release, int(found[3]))

    def _page(self, mementos: ReleaseMementos, release: str, query: bytes) -> ReplayResponse | None:
        """Return the captured page of a release's current version.

        If the query contains ``revision=2``, version 2 is returned instead.
        """
        asked = parse_qs(query.decode("latin-1"), keep_blank_values=True).get("revision", [])
        if not all(map(REVISION.fullmatch, asked)):
            return ReplayResponse(
                400,
                [],
                message="revision must be the number of a version, such as revision=2.",
            )
        number = int(asked[0]) if asked else None
        if self._pages is None:
            return None
        return mementos.captured(release, number, self._pages, self._restrictions(mementos.store))

    def _captured(self, asked: ReplayRequest) -> ReplayResponse | None:
        # The original URL is used as the client sent it, because its escapes are a part of it.
        _, _, url = asked.raw_path.decode("latin-1").partition(PREFIX)
        if asked.query:
            url += "?" + asked.query.decode("latin-1")
        if self._pages is None or not self._pages.are_there:
            return None
        with closing(open_existing(self._url)) as store:
            restrictions = self._restrictions(store)
            made = self._pages.answer(url, asked.datetime, restrictions, is_tab=asked.is_tab)
            return framed_memento(store, self._site, made) if made and made.framed else made

    def _restrictions(self, store: Store) -> Restrictions:
        return Restrictions(
            secrets_of(store),
            partial(self._withheld.address, store),
            partial(self._withheld.capture, store),
        )

    def headers(self, path: str) -> list[tuple[bytes, bytes]]:
        """Return additional headers for a path.

        The page of a release gets the headers of a TimeGate.
        """
        found = RELEASE.fullmatch(path)
        release = name_of(found[1]) if found and not found[2] else None
        if release is None:
            return []
        links = ", ".join(original_links(original_of(self._site, release)))
        return [(b"vary", ACCEPT_DATETIME), (b"link", links.encode())]


def datetime_in(headers: Iterable[tuple[bytes, bytes]]) -> bytes | None:
    """Return the value of the Accept-Datetime header, or None."""
    return next((value for name, value in headers if name == ACCEPT_DATETIME), None)


class ReleaseMementos:
    """Responses with past states of the releases in a store, for one site."""

    def __init__(self, store: Store, site: SiteSettings) -> None:
        self.store = store
        self._site = site

    def gate(self, release_id: str, asked: bytes) -> ReplayResponse | None:
        """Redirect to the version of a release that was current at a time.

        ``asked`` is the value of the Accept-Datetime header. Returns None if the release is
        unknown.
        """
        found = self.store.revisions(release_id)
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
        found = self.store.revisions(release_id)
        if not found:
            return None
        body = timemap(original_of(self._site, release_id), mementos_of(self._site, found))
        return ReplayResponse(200, [("content-type", LINK_FORMAT), SHORT_LIVED], body)

    def revision(self, release_id: str, number: int) -> ReplayResponse | None:
        """Return the page of a version of a release, by its number from 1.

        Returns None if the release has no such version.
        """
        release, found = self.store.release(release_id), self.store.revisions(release_id)
        place = next((i for i, one in enumerate(found) if one.number == number), None)
        if release is None or place is None:
            return None
        original, mementos = original_of(self._site, release_id), mementos_of(self._site, found)
        headers = memento_headers(original, mementos, place)
        return ReplayResponse(200, [*PAGE, *headers], self._page(release, found, place))

    def captures(self, release_id: str) -> ReplayResponse | None:
        """Return the page that lists the captures of a release.

        Returns None if the release is unknown.
        """
        release, found = self.store.release(release_id), self.store.revisions(release_id)
        if release is None:
            return None
        catalog = catalog_of(self.store, self._site)
        entry = entry_of(release, catalog, mixed=False)
        sightings = self.store.sightings(release_id)
        gone = sightings.gone if release.retracted else None
        is_told = any(one.capture == sightings.seen for one in found)
        seen = None if is_told else sightings.seen
        pages = PageRenderer(catalog, {})
        page = capture_page(pages, release, entry, found, gone, seen=seen, is_shown=True)
        return ReplayResponse(200, PAGE, page)

    def captured(
        self,
        release_id: str,
        number: int | None,
        pages: CapturedPages,
        restrictions: Restrictions,
    ) -> ReplayResponse | None:
        """Return the captured page of a version, shown in a frame, or None.

        If ``number`` is None, the current version is shown.
        """
        release, found = self.store.release(release_id), self.store.revisions(release_id)
        wanted = number or (release.revision if release else 0)
        revision = next((one for one in found if one.number == wanted), None)
        if release is None or revision is None or revision.capture is None:
            return None
        if release.content.redacted or not revision.capture.file:
            return ReplayResponse(410, [], message=CAPTURE_REMOVED)
        try:
            framed = pages.framed(revision.capture, restrictions)
        except (ArchiveError, Undecodable) as error:
            return ReplayResponse(
                404, [], message=f"The page of this version can't be shown: {public_cause(error)}."
            )
        renderer = PageRenderer(catalog_of(self.store, self._site), {})
        seen = self.store.sightings(release_id).seen if wanted == release.revision else None
        seen = seen if seen != revision.capture else None
        page = replay_page(renderer, release, revision, framed, seen=seen)
        return ReplayResponse(200, FRAME, page)

    def _page(self, release: Release, found: Sequence[Revision], place: int) -> bytes:
        catalog = catalog_of(self.store, self._site)
        before = found[place - 1] if place else None
        entry = entry_of(release, catalog, mixed=False)
        return revision_page(PageRenderer(catalog, {}), release, entry, before, found[place])


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
