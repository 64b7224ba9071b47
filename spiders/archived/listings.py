"""Read captured listings of a source, to find out which other captured pages are releases."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Final
from urllib.parse import urljoin

from data.archive.served import Served
from data.clock import utc_now
from data.text.redaction import without_user
from data.text.urls import canonical_url
from spiders.crawl.listings.frontier import SITEMAP_INDEX
from spiders.crawl.page_errors import ReportError, page_errors
from spiders.download.documents import is_pdf, read_document
from spiders.items import ListingItem, Series
from spiders.listing.feed import sitemaps_to_walk
from spiders.listing.paging.loaders import continued
from spiders.listing.read import read_listing
from spiders.page.page import Page
from spiders.sources.source_file import SourceFile

MAX_LISTING_PAGES: Final = 5000
"""Maximum number of listing pages that are read, as in one walk."""


class ArchivedListings:
    """The listings of a source in an archive; ``items`` are their items by canonical address.

    ``front`` are the source's first listing page, its feed and its home page, which are not
    releases.
    """

    def __init__(self, file: SourceFile, report_error: ReportError) -> None:
        self.front = tuple(filter(None, (file.url, urljoin(file.url, "/"), file.feed)))
        self.items: dict[str, ListingItem] = {}
        self._rules = file.listing
        self._reading = file.date_context(utc_now())
        self._report_error = report_error
        self._pages = set(map(canonical_url, self.front))
        self._series: Series | None = None

    def __contains__(self, url: str) -> bool:
        """Whether a page is known to be a listing page."""
        return canonical_url(url) in self._pages

    def read(self, answers: Callable[[str], Iterable[Served]]) -> None:
        """Read all listing pages, starting with the first ones.

        ``answers`` returns the captured responses of an address.
        """
        waiting = [*self._pages]
        while waiting:
            for answer in answers(waiting.pop()):
                with page_errors(answer.url, self._report_error):
                    waiting += self._list(answer)

    def _list(self, answer: Served) -> list[str]:
        """Read one page; return the canonical addresses of new pages after it."""
        listing = read_listing(page_of(answer), self._reading, self._rules)
        listing = continued(listing, answer.url, None, self._series)
        self._series = listing.series or self._series
        following = [listing.next] if listing.next else []
        if listing.rule == SITEMAP_INDEX:
            following += sitemaps_to_walk(listing)
        else:
            for item in listing.items:
                self.items.setdefault(canonical_url(item.url), item)
        keys = dict.fromkeys(map(canonical_url, following))
        fresh = [key for key in keys if key not in self._pages][
            : MAX_LISTING_PAGES - len(self._pages)
        ]
        self._pages.update(fresh)
        return fresh


def page_of(answer: Served) -> Page:
    """Return the page in a response."""
    document = asyncio.run(read_document(answer.body)) if is_pdf(answer.body) else None
    return Page(without_user(answer.url), answer.body, answer.content_type, document)
