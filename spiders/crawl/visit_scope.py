"""What all parts of one visit share: its source, its store, its report and its requests."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urljoin

import msgspec

from data.settings import Collect
from data.store.core.store import Store
from data.text.redaction import redacted
from data.text.urls import canonical_url
from spiders.crawl.visit_report import VisitReport
from spiders.sources.source_file import SourceFile

LISTING_VERSION: Final = "4"
"""Version of the extraction of listings; a new version reads unchanged listings again."""


class RequestedUrls:
    """The requested addresses of a visit, and the listed addresses that others replaced."""

    def __init__(self) -> None:
        self._keys: set[str] = set()
        self._listed: dict[str, str] = {}

    def claim(self, url: str) -> bool:
        """Mark an address as requested. Return False if this visit has already requested it."""
        key = canonical_url(url)
        if key in self._keys:
            return False
        self._keys.add(key)
        return True

    def has(self, url: str) -> bool:
        """Whether this visit has already requested an address."""
        return canonical_url(url) in self._keys

    def replace(self, listed: str, url: str) -> str:
        """Return a release's address ``url``, and remember that it replaces the ``listed`` one."""
        key = canonical_url(url)
        if key != canonical_url(listed):
            self._listed[key] = listed
        return url

    def claim_replaced(self, url: str) -> str | None:
        """Mark the listed address of the release at ``url`` as requested, and return it.

        None if the release has no other address, or if that was requested before.
        """
        listed = self._listed.get(canonical_url(url))
        return listed if listed and self.claim(listed) else None


@dataclass(slots=True)
class VisitScope:
    """A visit to the source ``id`` that began at ``started``.

    - An ``explicit`` visit was requested by a person and checks all stored releases.
    - A ``backfill`` visit walks through all listing pages, and requests them without conditions.
    - ``public_text`` removes secrets from errors and notes.
    - ``entry_urls`` are the listing, the home page and the feed, which are never releases.
    - ``listing_rules`` is a name of the rules that read the source's listings.
    """

    id: str
    file: SourceFile
    store: Store
    limits: Collect
    started: dt.datetime
    explicit: bool = False
    backfill: bool = False
    public_text: Callable[[str], str] = redacted
    report: VisitReport = field(init=False)
    requested: RequestedUrls = field(init=False, default_factory=RequestedUrls)
    entry_urls: tuple[str, ...] = field(init=False)
    listing_rules: str = field(init=False)

    def __post_init__(self) -> None:
        """Derive the values that depend on the source file."""
        file = self.file
        self.report = VisitReport(self.id, file.url, self.started, self.public_text)
        self.entry_urls = (file.url, urljoin(file.url, "/"), *filter(None, [file.feed]))
        self.listing_rules = f"{LISTING_VERSION} {msgspec.json.encode(file.listing).decode()}"
