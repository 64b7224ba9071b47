"""Which address asks for a state of the past, and who answers it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import closing

from data.settings import Site
from data.store import open_store
from feeds.replay.answer import Answer
from feeds.replay.memento import ACCEPT_DATETIME, Original, original_links
from feeds.replay.revisions import ReleaseMementos, original_of
from feeds.urls import name_of

RELEASE = re.compile(r"/releases/([^/]+)/(timemap|revisions/([1-9]\d{0,8})/?)?")
"""The page of a release, its TimeMap, and the page of one version."""


class Replay:
    """Answers from the store that ``store_url`` names, for one site; any thread may ask."""

    def __init__(self, store_url: str, site: Site) -> None:
        self._url = store_url
        self._site = site

    def takes(self, path: str, headers: Iterable[tuple[bytes, bytes]]) -> bool:
        """Whether a request is for a state of the past; any other is for what is now."""
        if not path.startswith("/releases/"):
            return False
        found = RELEASE.fullmatch(path)
        return found is not None and (found[2] is not None or asked(headers) is not None)

    def answer(self, path: str, headers: Iterable[tuple[bytes, bytes]]) -> Answer | None:
        """The answer to a request that this ``takes``, or None where there is no such thing.

        Raises StoreError.
        """
        found = RELEASE.fullmatch(path)
        release = name_of(found[1]) if found else None
        if found is None or release is None:
            return None
        with closing(open_store(self._url)) as store:
            mementos = ReleaseMementos(store, self._site)
            if found[3]:
                return mementos.revision(release, int(found[3]))
            if found[2]:
                return mementos.timemap(release)
            return mementos.gate(release, asked(headers) or b"")

    def headers(self, path: str) -> list[tuple[bytes, bytes]]:
        """What the answer with the file at a path says besides: that it is a TimeGate."""
        found = RELEASE.fullmatch(path)
        release = name_of(found[1]) if found and not found[2] else None
        if release is None:
            return []
        original: Original = original_of(self._site, release)
        links = ", ".join(original_links(original))
        return [(b"vary", ACCEPT_DATETIME), (b"link", links.encode())]


def asked(headers: Iterable[tuple[bytes, bytes]]) -> bytes | None:
    """The time that a request asks for, or None where it asks for none."""
    return next((value for name, value in headers if name == ACCEPT_DATETIME), None)
