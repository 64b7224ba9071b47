"""Find captures of pages in an archive, by URL or through a source's captured listings."""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from http import HTTPStatus
from pathlib import Path
from typing import Final
from urllib.parse import urljoin

from data.archive.archived_response import Served, served
from data.archive.content_coding import Undecodable
from data.archive.warc.cdxj import CdxjEntry
from data.archive.warc.http_head import REDIRECTS
from data.archive.warc.index import Index
from data.archive.warc.reader import read_record
from data.clock import utc_now
from data.errors import ArchiveError
from data.models import Capture
from data.text.masking import without_user
from data.text.urls import canonical_url
from spiders.crawl.listings.frontier import SITEMAP_INDEX
from spiders.crawl.page_errors import ReportError, page_errors
from spiders.download.documents import read_document
from spiders.items import Listing, ListingItem, Series
from spiders.listing.feed import sitemaps_to_walk
from spiders.listing.paging.loaders import continued
from spiders.listing.read import read_listing
from spiders.page.document import is_pdf
from spiders.page.page import Page
from spiders.sources.source_file import SourceFile

MAX_REDIRECTS: Final = 20
"""Maximum number of redirects that are followed, as in Scrapy."""

MAX_LISTING_PAGES: Final = 5000
"""Maximum number of listing pages read per source, as in a visit."""


class PageCaptures:
    """Finds the captures of pages in an archive. ``limit`` is the maximum page size in bytes."""

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
        """Yield the distinct captured responses from a URL, newest first."""
        entries = {one.digest: one for one in reversed(self.of(url)[0])}
        return filter(None, (self._served(one.file, one.offset) for one in entries.values()))

    def answer(self, capture: Capture) -> Served | None:
        """Return the response in a capture, or None if the capture can't be read."""
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


class ArchivedListings:
    """The listings of a source in an archive.

    ``items`` maps canonical URLs to listing items. ``front`` contains the URLs of the source's
    first listing page, its feed and its home page, which are not releases.
    """

    def __init__(self, file: SourceFile, report_error: ReportError) -> None:
        self.front = tuple(filter(None, (file.url, urljoin(file.url, "/"), file.feed)))
        self.items: dict[str, ListingItem] = {}
        self._rules = file.listing
        self._context = file.date_context(utc_now())
        self._report_error = report_error
        self._pages = set(map(canonical_url, self.front))
        self._series: Series | None = None

    def __contains__(self, url: str) -> bool:
        """Whether a URL is known as a listing page."""
        return canonical_url(url) in self._pages

    def read(self, answers: Callable[[str], Iterable[Served]]) -> None:
        """Read all captured listing pages, beginning with the first page of each listing.

        ``answers`` returns the captured responses from a URL.
        """
        waiting = [*self._pages]
        while waiting:
            for answer in answers(waiting.pop()):
                with page_errors(answer.url, self._report_error):
                    waiting += self._list(answer)

    def add(self, answer: Served) -> list[str]:
        """Extract a listing page, and return the canonical URLs of its items."""
        keys: list[str] = []
        with page_errors(answer.url, self._report_error):
            keys += (canonical_url(item.url) for item in self._listing(answer).items)
        return keys

    def _listing(self, answer: Served) -> Listing:
        """Extract a listing page, and remember its items and its further listing pages."""
        listing = read_listing(page_of(answer), self._context, self._rules)
        listing = continued(listing, answer.url, None, self._series)
        self._series = listing.series or self._series
        if listing.rule != SITEMAP_INDEX:
            for item in listing.items:
                self.items.setdefault(canonical_url(item.url), item)
        return listing

    def _list(self, answer: Served) -> list[str]:
        """Extract a listing page, and return the canonical URLs of listing pages it links to."""
        listing = self._listing(answer)
        following = [listing.next] if listing.next else []
        if listing.rule == SITEMAP_INDEX:
            following += sitemaps_to_walk(listing)
        keys = dict.fromkeys(map(canonical_url, following))
        fresh = [key for key in keys if key not in self._pages][
            : MAX_LISTING_PAGES - len(self._pages)
        ]
        self._pages.update(fresh)
        return fresh


def page_of(answer: Served) -> Page:
    """Convert a response to a page."""
    document = asyncio.run(read_document(answer.body)) if is_pdf(answer.body) else None
    return Page(without_user(answer.url), answer.body, answer.content_type, document)
