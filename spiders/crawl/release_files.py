"""The attachments and images of releases that a visit has archived, after all else that it reads.

Each is asked for until it is in the archive, and then never again. What can't be had is told, and
asked for by later visits a few times.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from data.health.run_errors import FILE
from data.models import Capture, Draft
from data.settings import Archive
from data.store.protocol import Store
from spiders.crawl.page_errors import Tell
from spiders.page.page import is_web
from spiders.sources.source_file import SourceFile

MOST: Final = 200
"""Files that one visit asks for; the next one goes on."""

CHUNK: Final = 10
"""Files that are asked for at a time."""


@dataclass(frozen=True, slots=True)
class FileKinds:
    """Which files of releases are archived."""

    attachments: bool = False
    images: bool = False

    @classmethod
    def wanted(cls, file: SourceFile, settings: Archive) -> FileKinds:
        """Those that a source file asks for, or else the settings."""
        if not settings.enabled:
            return cls()
        if file.archive is None:
            return cls(settings.attachments, settings.images)
        return cls(file.archive != "none", file.archive == "all")


class ReleaseFiles:
    """The files of one source, as far as a visit that began at ``since`` has them archived."""

    def __init__(
        self, source: str, store: Store, kinds: FileKinds, since: dt.datetime, tell: Tell
    ) -> None:
        self._source = source
        self._store = store
        self._kinds = kinds
        self._since = since
        self._tell = tell
        self._left = MOST

    def note(self, draft: Draft) -> None:
        """Remember the files of a release; the one that is the release itself is archived."""
        content = draft.content
        media = content.attachments if self._kinds.attachments else ()
        media += content.images if self._kinds.images else ()
        urls = {one.url for one in media if is_web(one.url)} - {draft.url}
        if urls:
            self._store.await_files(self._source, sorted(urls))

    def next(self, now: dt.datetime) -> tuple[str, ...]:
        """The addresses of files to ask for now."""
        if not (self._kinds.attachments or self._kinds.images):
            return ()
        limit = min(CHUNK, self._left)
        found = self._store.awaited_files(self._source, now=now, since=self._since, limit=limit)
        self._left -= len(found)
        return tuple(found)

    def read(self, url: str, status: int, capture: Capture | None) -> None:
        """Take in that a server gave a file, or said by a status that it does not."""
        if status != HTTPStatus.OK:
            self.failed(url, str(status), f"the server answered {status}")
        elif capture:
            self._store.keep_file(self._source, url, capture)

    def failed(self, url: str, kind: str, message: str) -> None:
        """Tell why a file could not be had; the source works without it."""
        self._tell(url, f"{FILE}:{kind}", message)

    def cut(self, url: str, capture: Capture | None, message: str) -> None:
        """Tell that a file is too large: what was archived of it has to do."""
        if capture:
            self._store.keep_file(self._source, url, capture)
        self.failed(url, "size", message)
