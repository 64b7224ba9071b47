"""Find the captures of pages in an archive by the URLs that lead to them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from http import HTTPStatus
from pathlib import Path
from typing import Final
from urllib.parse import urljoin

from data.archive.content_coding import Undecodable
from data.archive.served import Served, served
from data.archive.warc.cdxj import CdxjEntry
from data.archive.warc.index import Index
from data.archive.warc.reader import read_record
from data.errors import ArchiveError
from data.models import Capture

REDIRECTS: Final = frozenset([301, 302, 303, 307, 308])

MAX_REDIRECTS: Final = 20
"""Maximum number of redirects to follow, as in Scrapy."""


class PageCaptures:
    """The pages in an archive by URL; ``limit`` is the maximum size of a page (bytes)."""

    def __init__(self, archive: Path, index: Index, limit: int) -> None:
        self._archive = archive
        self._index = index
        self._limit = limit

    def of(self, url: str) -> tuple[list[CdxjEntry], list[str]]:
        """Return the captures of the page at a URL, and the URLs that redirect to it."""
        redirects: list[str] = []
        while len(redirects) < MAX_REDIRECTS:
            entries = self._index.captures(url)
            pages = [one for one in entries if one.status == HTTPStatus.OK]
            leads = [one for one in entries if one.status in REDIRECTS]
            if pages or not leads:
                return pages, redirects
            redirects.append(url)
            answer = self._served(leads[0].file, leads[0].offset)
            place = answer.header(b"location").decode("latin-1") if answer else ""
            # Ignore an invalid URL.
            with suppress(ValueError):
                url = urljoin(url, place)
        return [], redirects

    def answers(self, url: str) -> Iterator[Served]:
        """Yield the distinct responses of the page at a URL, newest first."""
        entries = {one.digest: one for one in reversed(self.of(url)[0])}
        return filter(None, (self._served(one.file, one.offset) for one in entries.values()))

    def answer(self, capture: Capture) -> Served | None:
        """Return the response in a capture, or None if it can't be read."""
        return self._served(capture.file, capture.offset)

    def capture(self, entry: CdxjEntry) -> Capture | None:
        """Return the capture of an index entry, or None if it can't be read."""
        with suppress(ArchiveError):
            return read_record(self._archive, entry.file, entry.offset).capture(entry.leaf)
        return None

    def _served(self, file: str, offset: int) -> Served | None:
        with suppress(ArchiveError, Undecodable):
            return served(self._archive, self._index, file, offset, self._limit)
        return None
