"""Data shared by the modules of one visit: its source, store, requests and report."""

import datetime as dt
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from typing import Final, Literal
from urllib.parse import urljoin

import msgspec

from data.health.run_errors import ARCHIVE, SLOW_MOVED, ErrorKind
from data.models import Run, RunError
from data.settings import Collect
from data.store.core.store import Store
from data.text.clean import allowed
from data.text.masking import masked
from data.text.urls import canonical_url, host_and_port
from data.wording import counted
from spiders.crawl.page_errors import page_errors, reported_url
from spiders.sources.source_file import SourceFile

LISTING_VERSION: Final = "5"
"""Version of the listing extraction. Increase it to re-extract unchanged listings."""


HOST_KINDS: Final = frozenset(("dns", "connection", "certificate"))
"""Kinds of errors of the server, not of a single page. Each is reported once per host."""


class VisitReport:
    """The report of one visit. ``run`` is the report so far.

    ``url`` is the URL of the source, and ``public_text`` removes secrets from a text.
    """

    def __init__(
        self, source: str, url: str, started: dt.datetime, public_text: Callable[[str], str]
    ) -> None:
        self.run = Run(source, started, 0.0)
        self.has_moved = False
        """Whether a page was so slow that the visit continues in a separate process."""
        self._url = url
        self._public_text = public_text
        self._known_errors: set[RunError] = set()
        self._unvisited: Counter[tuple[str, ErrorKind, str]] = Counter()
        self._unreachable: dict[tuple[str, ErrorKind, str], tuple[RunError, set[str]]] = {}
        """The first error of each host and reason, and the URLs with the same error."""
        self._is_archive_reported = False

    def error(self, url: str, kind: ErrorKind, message: str) -> None:
        """Add an error, unless it was already added. The visit continues."""
        self.has_moved = self.has_moved or kind == SLOW_MOVED
        found = RunError(reported_url(url), kind, self._public_text(allowed(message)))
        if kind in HOST_KINDS:
            host = host_and_port(url)
            first, urls = self._unreachable.setdefault((host, kind, message), (found, set()))
            urls.add(found.url)
            found = first
        if found not in self._known_errors:
            self._known_errors.add(found)
            self.run = replace(self.run, errors=(*self.run.errors, found))

    def errors(self) -> AbstractContextManager[None]:
        """Return a context manager that reports exceptions as errors of the whole source."""
        return page_errors(self._url, self.error)

    def note(self, text: str) -> None:
        """Add a note for the operator, unless it was already added. A note is not an error."""
        note = self._public_text(allowed(text))
        if note not in self.run.notes:
            self.run = replace(self.run, notes=(*self.run.notes, note))

    def add_page(self, not_archived: str) -> None:
        """Count a response of this visit.

        ``not_archived`` is the reason if it could not be archived, or "".
        """
        self.run = replace(self.run, pages=self.run.pages + 1)
        self.add_archive_error(not_archived)

    def add_archive_error(self, reason: str) -> None:
        """Report that a response could not be archived, for the first reason only.

        Does nothing if ``reason`` is "".
        """
        if reason and not self._is_archive_reported:
            self._is_archive_reported = True
            self.error(self._url, ARCHIVE, reason)

    def count(self, kind: Literal["new", "changed", "unchanged"], *, returned: bool) -> None:
        """Count a recorded release.

        ``returned`` is true if the release had been retracted.
        """
        counts = {kind: getattr(self.run, kind) + 1, "returned": self.run.returned + returned}
        self.run = replace(self.run, **counts)

    def add_unvisited(self, url: str, kind: ErrorKind, message: str) -> None:
        """Count a page that could not be requested because of a problem with the whole host."""
        self._unvisited[url, kind, message] += 1

    def report_unvisited(self) -> None:
        """Report the number of pages that could not be requested, once per reason."""
        for (url, kind, message), count in self._unvisited.items():
            self.error(url, kind, f"{message}; {counted(count, 'page')} not visited")
        self._unvisited.clear()
        for first, urls in self._unreachable.values():
            if len(urls) > 1:
                more = f"{first.message}; the same for {counted(len(urls) - 1, 'other page')}"
                errors = (
                    replace(first, message=more) if one == first else one for one in self.run.errors
                )
                self.run = replace(self.run, errors=tuple(errors))
        self._unreachable.clear()


class RequestedUrls:
    """The URLs that a visit has requested, and listed URLs whose releases are stored elsewhere."""

    def __init__(self) -> None:
        self._keys: set[str] = set()
        self._listed: dict[str, str] = {}

    def claim(self, url: str) -> bool:
        """Mark a URL as requested. Returns False if this visit has already requested it."""
        key = canonical_url(url)
        if key in self._keys:
            return False
        self._keys.add(key)
        return True

    def has(self, url: str) -> bool:
        """Whether this visit has already requested a URL."""
        return canonical_url(url) in self._keys

    def replace(self, listed: str, url: str) -> str:
        """Record that the release listed at ``listed`` is stored at ``url``. Returns ``url``."""
        key = canonical_url(url)
        if key != canonical_url(listed):
            self._listed[key] = listed
        return url

    def claim_replaced(self, url: str) -> str | None:
        """Mark the listed URL of the release at ``url`` as requested, and return it.

        Returns None if the release has no other URL, or if that URL was requested before.
        """
        listed = self._listed.get(canonical_url(url))
        return listed if listed and self.claim(listed) else None


@dataclass(slots=True)
class VisitScope:
    """A visit to the source ``id`` that began at ``started``.

    - ``explicit``: whether a user started the visit, which then checks all stored releases
    - ``backfill``: whether to page through all listings, with unconditional requests
    - ``public_text``: removes secrets from errors and notes
    - ``since``: the start of the interrupted first visit that this visit resumes, else ``started``.
      Releases seen since then count as seen by this visit.
    - ``entry_urls``: the listing, the home page and the feed, which are never releases. Empty for a
      source that is a single page.
    - ``listing_rules``: identifies the rules that extract the source's listings
    """

    id: str
    file: SourceFile
    store: Store
    limits: Collect
    started: dt.datetime
    explicit: bool = False
    backfill: bool = False
    public_text: Callable[[str], str] = masked
    report: VisitReport = field(init=False)
    requested: RequestedUrls = field(init=False, default_factory=RequestedUrls)
    since: dt.datetime = field(init=False)
    entry_urls: tuple[str, ...] = field(init=False)
    listing_rules: str = field(init=False)

    def __post_init__(self) -> None:
        """Compute the values that depend on the source file."""
        file = self.file
        self.since = self.started
        self.report = VisitReport(self.id, file.url, self.started, self.public_text)
        listings = (file.url, urljoin(file.url, "/"), *filter(None, [file.feed]))
        self.entry_urls = () if file.is_page else listings
        self.listing_rules = f"{LISTING_VERSION} {msgspec.json.encode(file.listing).decode()}"
