"""Routing of requests for past states of releases and of archived addresses."""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs

from data.settings import SiteSettings
from data.store.open import open_existing
from feeds.catalog import catalog_of
from feeds.pages.releases.version_and_capture_pages import memento_page
from feeds.pages.renderer import PageRenderer
from feeds.replay.captured_pages import CapturedPages
from feeds.replay.memento import (
    ACCEPT_DATETIME,
    FRAME_HEADERS,
    RELEASE_HIDDEN,
    ReplayResponse,
    original_links,
)
from feeds.replay.memento_address import MEMENTO_PREFIX, PartGrants, asked_memento
from feeds.replay.release_mementos import ReleaseMementos, original_of, restrictions_of
from feeds.replay.withheld_captures import Withheld
from feeds.urls import name_of

NOT_CAPTURED = (
    "This archive has no capture of this address. The address of a capture looks like "
    "/memento/2022/https://acme.example/."
)

RELEASE_PATH = re.compile(
    r"/releases/([^/]+)/(timemap|capture/(?:page|compare|screenshot|pdf)?|revisions/([1-9]\d{0,13})/?)?"
)
"""Pattern that matches the paths of a release: its page, TimeMap, captures, captured page,
comparison of versions, screenshot, PDF, and versions."""

REVISION_NUMBER = re.compile(r"[1-9][0-9]{0,13}")
"""Pattern that matches a version number, which may be a time with 14 digits."""


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


class PageReplay:
    """Responds to requests for past states in the store at ``store_url``. Thread-safe.

    Captured pages are read from the folder ``archive``. All methods serve one site. ``grants`` give
    browsers access to the parts of captured pages.
    """

    def __init__(
        self,
        store_url: str,
        site: SiteSettings,
        archive: Path | None = None,
        grants: PartGrants | None = None,
    ) -> None:
        self._url = store_url
        self._site = site
        self._pages = CapturedPages(archive, site, grants) if archive else None
        self._withheld = Withheld(self._pages.part_addresses) if self._pages else Withheld()

    def close(self) -> None:
        """Close the archive; the next request for a captured page opens it again."""
        if self._pages:
            self._pages.close()

    def takes(self, path: str, headers: Iterable[tuple[bytes, bytes]]) -> bool:
        """Return whether a request with this path and headers is for a past state."""
        if path.startswith(MEMENTO_PREFIX):
            return self._pages is not None
        if not path.startswith("/releases/"):
            return False
        found = RELEASE_PATH.fullmatch(path)
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
        if asked.path.startswith(MEMENTO_PREFIX):
            return self._captured(asked)
        found = RELEASE_PATH.fullmatch(asked.path)
        release = name_of(found[1]) if found else None
        if found is None or release is None:
            return None
        with closing(open_existing(self._url)) as store:
            if store.hidden_release(release):
                return ReplayResponse(410, [], message=RELEASE_HIDDEN)
            mementos = ReleaseMementos(store, self._site, self._pages, self._withheld, release)
            return state_of(mementos, found, asked)

    def _captured(self, asked: ReplayRequest) -> ReplayResponse | None:
        url = asked_memento(asked.raw_path, asked.query)
        if self._pages is None or not self._pages.are_there:
            return None
        with closing(open_existing(self._url)) as store:
            restrictions = restrictions_of(store, self._withheld)
            made = self._pages.answer(url, asked.datetime, restrictions, is_tab=asked.is_tab)
            if made is None:
                return ReplayResponse(404, [], message=NOT_CAPTURED)
            if made.framed is None:
                return made
            kept = [one for one in made.headers if one[0] in {"link", "memento-datetime", "vary"}]
            page = memento_page(PageRenderer(catalog_of(store, self._site), {}), made.framed)
        headers = [*FRAME_HEADERS, *kept, ("cache-control", "private, max-age=60")]
        return ReplayResponse(made.status, headers, page)

    def headers(self, path: str) -> list[tuple[bytes, bytes]]:
        """Return additional headers for a path.

        The page of a release gets the headers of a TimeGate.
        """
        found = RELEASE_PATH.fullmatch(path)
        release = name_of(found[1]) if found and not found[2] else None
        if release is None:
            return []
        links = ", ".join(original_links(original_of(self._site, release)))
        return [(b"vary", ACCEPT_DATETIME), (b"link", links.encode())]


def state_of(
    mementos: ReleaseMementos, found: re.Match[str], asked: ReplayRequest
) -> ReplayResponse | None:
    """Return the response for a path of a release, which matches RELEASE_PATH."""
    match found[2]:
        case None:
            return mementos.gate(asked.datetime or b"")
        case "timemap":
            return mementos.timemap()
        case "capture/":
            return mementos.captures()
        case path if path.startswith("capture/"):
            return of_version(mementos, path, asked.query)
    return mementos.revision(int(found[3]))


def of_version(mementos: ReleaseMementos, path: str, query: bytes) -> ReplayResponse | None:
    """Return the page of a version (``revision=2``) or of a comparison (``old=1&new=2``)."""
    values = parse_qs(query.decode("latin-1"), keep_blank_values=True)
    names = ("old", "new") if path == "capture/compare" else ("revision",)
    for name in names:
        if not all(map(REVISION_NUMBER.fullmatch, values.get(name, []))):
            message = f"{name} must be the number of a version, such as {name}=2."
            return ReplayResponse(400, [], message=message)
    numbers = [int(values[name][0]) if name in values else None for name in names]
    if path == "capture/compare":
        return mementos.compare(*numbers)
    if path == "capture/page":
        return mementos.captured(numbers[0])
    return mementos.rendition(numbers[0], path.removeprefix("capture/"))


def datetime_in(headers: Iterable[tuple[bytes, bytes]]) -> bytes | None:
    """Return the value of the Accept-Datetime header, or None."""
    return next((value for name, value in headers if name == ACCEPT_DATETIME), None)
