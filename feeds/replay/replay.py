"""Recognizes requests for past states and routes them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import parse_qs

from data.settings import SiteSettings
from data.store import open_existing
from data.store.public_view import secrets_of
from feeds.replay.answer import RELEASE_HIDDEN, ReplayResponse
from feeds.replay.captured import PREFIX, CapturedPages, Restrictions
from feeds.replay.memento import ACCEPT_DATETIME, original_links
from feeds.replay.revisions import ReleaseMementos, original_of
from feeds.replay.withheld import Withheld
from feeds.urls import name_of

RELEASE = re.compile(r"/releases/([^/]+)/(timemap|capture/(?:page)?|revisions/([1-9]\d{0,8})/?)?")
"""The page of a release, its TimeMap, captures and captured page, and the page of a version."""

REVISION = re.compile(r"[1-9][0-9]{0,8}")
"""The number of a version."""


@dataclass(frozen=True, slots=True)
class ReplayRequest:
    """A request: its decoded path, its path as sent, its query and its headers."""

    path: str
    raw_path: bytes
    query: bytes
    headers: Iterable[tuple[bytes, bytes]]

    @property
    def datetime(self) -> bytes | None:
        """The value of Accept-Datetime, or None."""
        return datetime_in(self.headers)


class PageReplay:
    """Past states from the store at ``store_url``, for one site. Safe for several threads.

    Captured pages come from the folder ``archive``.
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
        """Return whether a request is for a past state."""
        if path.startswith(PREFIX):
            return self._pages is not None
        if not path.startswith("/releases/"):
            return False
        found = RELEASE.fullmatch(path)
        if found is None:
            return False
        if found[2] == "capture/":
            # Without an archive the published file already shows everything.
            return self._pages is not None and self._pages.are_there
        return found[2] is not None or datetime_in(headers) is not None

    def answer(self, asked: ReplayRequest) -> ReplayResponse | None:
        """Return the response to a request that this ``takes``; None if the state is unknown.

        Raises StoreError and ArchiveError.
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
        """Return the captured page of the current version, or of ``revision=2`` in the query."""
        asked = parse_qs(query.decode("latin-1"), keep_blank_values=True).get("revision", [])
        if not all(map(REVISION.fullmatch, asked)):
            return ReplayResponse(
                400,
                [],
                message="revision must be the number of a version, such as revision=2.",
            )
        number = int(asked[0]) if asked else None
        return mementos.captured(release, number, self._pages) if self._pages else None

    def _captured(self, asked: ReplayRequest) -> ReplayResponse | None:
        # The original address is used as sent, because its escapes are its own.
        _, _, url = asked.raw_path.decode("latin-1").partition(PREFIX)
        if asked.query:
            url += "?" + asked.query.decode("latin-1")
        if self._pages is None or not self._pages.are_there:
            return None
        with closing(open_existing(self._url)) as store:
            restrictions = Restrictions(
                secrets_of(store),
                partial(self._withheld.address, store),
                partial(self._withheld.capture, store),
            )
            return self._pages.answer(url, asked.datetime, restrictions)

    def headers(self, path: str) -> list[tuple[bytes, bytes]]:
        """Return additional headers for the file at a path: a release's page is also a TimeGate."""
        found = RELEASE.fullmatch(path)
        release = name_of(found[1]) if found and not found[2] else None
        if release is None:
            return []
        links = ", ".join(original_links(original_of(self._site, release)))
        return [(b"vary", ACCEPT_DATETIME), (b"link", links.encode())]


def datetime_in(headers: Iterable[tuple[bytes, bytes]]) -> bytes | None:
    """Return the value of Accept-Datetime, or None."""
    return next((value for name, value in headers if name == ACCEPT_DATETIME), None)
