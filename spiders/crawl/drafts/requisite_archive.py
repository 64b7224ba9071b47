"""The archive of page requisites, screenshots and PDFs, shared by all visits of a process."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from contextlib import suppress
from http import HTTPStatus

from data.archive.archive import Archive
from data.archive.archived_response import Served, served
from data.archive.content_coding import Undecodable
from data.archive.requisite_cache import RequisiteCache, WaitingPage
from data.archive.warc.records import target_uri
from data.clock import utc_now
from data.errors import ArchiveError
from data.settings.archive import Requisites
from spiders.download.settings import PICTURE_TYPES


class RequisiteArchive:
    """The archive of requisites, shared by all visits of a process."""

    def __init__(
        self,
        archive: Archive,
        mode: Requisites,
        limit: int,
        redacted: frozenset[str] = frozenset(),
        *,
        pictures: bool = False,
        no_browser: str = "",
    ) -> None:
        self.mode = mode
        self.redacted = redacted
        """URLs whose archive records were redacted. They are not requested again."""
        self.takes_pictures = pictures and not no_browser
        self.no_browser = no_browser if pictures else ""
        """Why no screenshots can be taken although the settings ask for them, or ""."""
        self.cache = RequisiteCache(archive.folder)
        self._archive = archive
        self._limit = limit

    def served(self, file: str, offset: int) -> Served:
        """Return an archived response. Raises ArchiveError and Undecodable."""
        return served(self._archive.folder, self._archive.index, file, offset, self._limit)

    def newest(self, url: str) -> dt.datetime | None:
        """Return the time of the newest capture of a URL, or None."""
        found = self._archive.index.captures(url)
        return found[-1].at if found else None

    def sheet(self, url: str) -> Served | None:
        """Return the newest capture of a style sheet, or None."""
        entry = self._archive.index.newest(url)
        return self.served(entry.file, entry.offset) if entry else None

    def part(self, url: str) -> Served | None:
        """Return the newest capture of a page's requisite, or None if it can't be read.

        For a redacted file, the status is 410.
        """
        uri, is_whole = target_uri(url)
        if uri in self.redacted:
            return Served(uri, utc_now(), HTTPStatus.GONE, (), b"", "")
        with suppress(ArchiveError, Undecodable):
            return self.sheet(uri) if is_whole else None
        return None

    def add_pictures(self, page: WaitingPage, pictures: Mapping[str, bytes]) -> None:
        """Archive the screenshot and the PDF of a page. Raises ArchiveError."""
        record = self._archive.record(page.file, page.offset)
        for kind, block in pictures.items():
            self._archive.rendition(record, kind, PICTURE_TYPES[kind], block, at=utc_now())
