"""The archive of page requisites, screenshots and PDFs, and the time for which files are fresh.

HTTP caching rules (RFC 9111) decide how long an archived requisite does not have to be requested
again, within a minimum and a maximum. Many servers forbid caching, or allow only an hour, for files
that change once a year. So each check that finds a file unchanged doubles the minimum.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from http import HTTPStatus
from typing import Final

from data.archive.archive import Archive
from data.archive.archived_response import Served, served
from data.archive.content_coding import Undecodable
from data.archive.requisite_cache import RequisiteCache, WaitingPage
from data.archive.warc.records import target_uri
from data.clock import utc_now
from data.errors import ArchiveError
from data.network.http_dates import parse_http_date
from data.settings.archive import Requisites
from spiders.download.settings import PICTURE_TYPES

MIN_SECONDS: Final = 86_400.0
"""Minimum time until a requisite is requested again, in seconds."""

MAX_SECONDS: Final = 30 * 86_400.0
"""Maximum time until a requisite is requested again, in seconds, even if its server allows more."""

MAX_DOUBLINGS: Final = 5

HEURISTIC_SHARE: Final = 0.1
"""Share of a file's age (the time since its last modification) for which it is fresh without
caching rules (RFC 9111, section 4.2.2)."""

FAILED_SECONDS: Final = 3_600.0
"""Time after which a requisite that could not be fetched is requested again, in seconds."""

_MAX_AGE: Final = re.compile(r"(?:^|[,\s])max-age\s*=\s*\"?(\d{1,10})", re.IGNORECASE)
_IMMUTABLE: Final = re.compile(r"(?:^|[,\s])immutable\b", re.IGNORECASE)
_UNCACHED: Final = re.compile(r"(?:^|[,\s])no-(?:cache|store)\b", re.IGNORECASE)


def fresh_seconds(header: Callable[[str], str], checks: int) -> float:
    """Return for how many seconds a response is fresh.

    ``header`` returns the value of a header, or an empty string. ``checks`` is the number of
    consecutive checks that found the file unchanged.
    """
    least = MIN_SECONDS * float(1 << min(checks, MAX_DOUBLINGS))
    return min(max(_permitted(header), least), MAX_SECONDS)


def _permitted(header: Callable[[str], str]) -> float:
    control = header("Cache-Control")
    if _IMMUTABLE.search(control):
        return MAX_SECONDS
    if _UNCACHED.search(control):
        return 0.0
    if found := _MAX_AGE.search(control):
        age = header("Age").strip()
        return float(found[1]) - (float(age) if age.isdecimal() and len(age) < 10 else 0.0)  # noqa: PLR2004
    date = parse_http_date(header("Date"))
    if expires := parse_http_date(header("Expires")):
        return (expires - date).total_seconds() if date else 0.0
    modified = parse_http_date(header("Last-Modified"))
    return (date - modified).total_seconds() * HEURISTIC_SHARE if date and modified else 0.0


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

    def is_fresh(self, url: str, now: float) -> bool:
        """Whether a requisite does not have to be requested at the time ``now``."""
        known = self.cache.known(url)
        if known and known.until > now and not known.digest:
            return True
        captured = self.newest(url)
        if known is None:
            return captured is not None and captured.timestamp() > now - MIN_SECONDS
        return captured is not None and known.until > now

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
