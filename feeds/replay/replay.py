"""Which address asks for a state of the past, and who answers it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import parse_qs

from data.settings import Site
from data.store import open_existing
from data.store.public_view import secrets_of
from feeds.replay.answer import HIDDEN, Answer
from feeds.replay.captured import PREFIX, CapturedPages, Restrictions
from feeds.replay.memento import ACCEPT_DATETIME, original_links
from feeds.replay.revisions import ReleaseMementos, original_of
from feeds.replay.withheld import Withheld
from feeds.urls import name_of

RELEASE = re.compile(r"/releases/([^/]+)/(timemap|capture/(?:page)?|revisions/([1-9]\d{0,8})/?)?")
"""The page of a release, its TimeMap, its captures, a captured page, and the page of a version."""

REVISION = re.compile(r"[1-9][0-9]{0,8}")


@dataclass(frozen=True, slots=True)
class Asked:
    """A request: its decoded path, its path as it was sent, its query and its headers."""

    path: str
    raw_path: bytes
    query: bytes
    headers: Iterable[tuple[bytes, bytes]]

    @property
    def datetime(self) -> bytes | None:
        """The time that is asked for, or None."""
        return datetime_in(self.headers)


class Replay:
    """Answers from the store that ``store_url`` names, for one site; any thread may ask.

    Captured pages are those of the folder ``archive``.
    """

    def __init__(self, store_url: str, site: Site, archive: Path | None = None) -> None:
        self._url = store_url
        self._site = site
        self._pages = CapturedPages(archive, site) if archive else None
        self._withheld = Withheld()

    def close(self) -> None:
        """Let go of the archive; whoever asks for a captured page opens it again."""
        if self._pages:
            self._pages.close()

    def takes(self, path: str, headers: Iterable[tuple[bytes, bytes]]) -> bool:
        """Whether a request is for a state of the past; any other is for what is now."""
        if path.startswith(PREFIX):
            return self._pages is not None
        if not path.startswith("/releases/"):
            return False
        found = RELEASE.fullmatch(path)
        if found is None:
            return False
        if found[2] == "capture/":
            # Without an archive there is no more to show than in the file.
            return self._pages is not None and self._pages.are_there
        return found[2] is not None or datetime_in(headers) is not None

    def answer(self, asked: Asked) -> Answer | None:
        """The answer to a request that this ``takes``, or None where there is no such thing.

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
                return Answer(410, [], said=HIDDEN)
            return self._of_release(ReleaseMementos(store, self._site), release, found, asked)

    def _of_release(
        self, mementos: ReleaseMementos, release: str, found: re.Match[str], asked: Asked
    ) -> Answer | None:
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

    def _page(self, mementos: ReleaseMementos, release: str, query: bytes) -> Answer | None:
        """The captured page of the version that a query names: ``revision=2``, or the present."""
        asked = parse_qs(query.decode("latin-1"), keep_blank_values=True).get("revision", [])
        if not all(map(REVISION.fullmatch, asked)):
            return Answer(400, [], said="revision is the number of a version, such as revision=2.")
        number = int(asked[0]) if asked else None
        return mementos.captured(release, number, self._pages) if self._pages else None

    def _captured(self, asked: Asked) -> Answer | None:
        # The address behind the prefix is taken as it was sent: its escapes are its own.
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
        """What the answer with the file at a path says besides: that it is a TimeGate."""
        found = RELEASE.fullmatch(path)
        release = name_of(found[1]) if found and not found[2] else None
        if release is None:
            return []
        links = ", ".join(original_links(original_of(self._site, release)))
        return [(b"vary", ACCEPT_DATETIME), (b"link", links.encode())]


def datetime_in(headers: Iterable[tuple[bytes, bytes]]) -> bytes | None:
    """The value of Accept-Datetime, or None."""
    return next((value for name, value in headers if name == ACCEPT_DATETIME), None)
