"""The Scrapy spider that sends the requests of visits and processes the responses."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any, Final

from scrapy import Request, Spider
from scrapy.http import Response
from scrapy.settings import BaseSettings
from twisted.python.failure import Failure

from data.archive.archive import Archive
from data.health.run_errors import CUT, SLOW_PAGE_MESSAGE
from data.models import Link, ListingKind
from data.network.hosts import is_elsewhere
from data.text.urls import canonical_url, page_key
from spiders.attachments.read import READING, AttachmentMiddleware
from spiders.crawl.drafts.release_reader import PageDraft
from spiders.crawl.listings.listing_walk import ListingWalk
from spiders.crawl.page_errors import MissingRelease, NoListing, page_errors
from spiders.crawl.visits.listing_response import (
    listing_or_report,
    read_listing_response,
    report_unread,
)
from spiders.crawl.visits.next_requests import Wanted
from spiders.crawl.visits.release_response import (
    GONE_STATUSES,
    REDIRECT_TO_LISTING_MESSAGE,
    flush_later,
    linked_draft,
    moved_message,
    part_drafts,
    report_status,
    with_stored_addresses,
)
from spiders.crawl.visits.request_builder import RequestBuilder, limited
from spiders.crawl.visits.visit import Visit
from spiders.download.capture import capture_of, why_not_archived
from spiders.download.downloader import SlowRequest
from spiders.download.responses import (
    describe_failure,
    is_posted,
    links_of,
    page_of,
    requested_url,
    validator_of,
)
from spiders.download.retry_after import HostError, HostMemory
from spiders.download.settings import LOADED, needs_browser
from spiders.items import Listing, ListingItem
from spiders.listing.read import read_listing

ATTACHMENT_PRIORITY: Final = 571
"""Position of AttachmentMiddleware among the downloader middlewares, next to DocumentMiddleware."""

log = logging.getLogger(__name__)


class PressRoomSpider(Spider):
    """Sends the requests of several visits.

    Each response is passed to the visit that requested it.
    """

    name = "press-room"
    handle_httpstatus_list = (304, *range(400, 600))

    @classmethod
    def update_settings(cls, settings: BaseSettings) -> None:
        """Add the middleware that reads attachments, which only visits need."""
        super().update_settings(settings)
        settings.set_in_component_priority_dict(
            "DOWNLOADER_MIDDLEWARES", AttachmentMiddleware, ATTACHMENT_PRIORITY
        )

    def __init__(
        self,
        arriving: AsyncIterator[Visit],
        memory: HostMemory,
        archive: Archive | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self._arriving = arriving
        self.memory = memory
        self.archive = archive
        self._requests = RequestBuilder(self)

    async def start(self) -> AsyncIterator[Request]:
        """Yield requests for the first listing pages and the due releases of each visit."""
        self._requests.timeout = self.settings.getfloat("DOWNLOAD_TIMEOUT")
        async for visit in self._arriving:
            # Expect the end of this block too, so that the visit ends even if it requests nothing.
            visit.awaited += 1
            with self.response(visit, visit.file.url):
                if visit.file.is_page:
                    yield self._requests.page(visit)
                    continue
                due = [walk for walk in visit.frontier.walks.values() if self._is_due(visit, walk)]
                visit.frontier.awaited = len(due)
                for walk in due:
                    visit.requested.claim(walk.start)
                    yield self._requests.listing(visit, walk.start, walk.kind, is_first=True)
                for url in filter(visit.requested.claim, visit.due()):
                    if visit.resumes:
                        visit.requests.postponed.append(Wanted("stored", url))
                        continue
                    with page_errors(url, visit.report.error):
                        if request := self._requests.release(visit, url, None):
                            yield request

    @contextmanager
    def response(self, visit: Visit, url: str) -> Iterator[None]:
        """Process a response in a ``with`` block. An exception is reported as an error of its page.

        After the last awaited response, the visit requests the next pages or ends.
        """
        try:
            with page_errors(url, visit.report.error):
                yield
        finally:
            visit.settle()
            if visit.report.has_moved:
                visit.stop(CUT, SLOW_PAGE_MESSAGE)
            with visit.limit(""):
                while not (visit.awaited or visit.ended):
                    for one in visit.requests.choose() or visit.finish():
                        self._send(visit, one)

    def _send(self, visit: Visit, wanted: Wanted) -> None:
        """Send the request for a URL. An exception is reported as an error of its page."""
        sinks = {"file": visit.files.failed, "requisite": visit.requisites.failed}
        with page_errors(wanted.url, sinks.get(wanted.kind, visit.report.error)):
            request = self._requests.wanted(visit, wanted)
            if request and self.crawler.engine:
                self.crawler.engine.crawl(request)

    @limited
    def parse_listing(
        self, response: Response, visit: Visit, listing_kind: ListingKind, *, is_first: bool
    ) -> Iterator[Request]:
        """Process a listing page. When all first pages have arrived, request their items."""
        with self.response(visit, response.url):
            visit.report.add_page(why_not_archived(response))
            listing = None
            with page_errors(response.url, visit.report.error):
                listing = listing_or_report(response, visit, listing_kind, is_first=is_first)
            with page_errors(response.url, visit.report.error):
                visit.parts.extend(part_drafts(response, visit, listing))
            if is_first:
                yield from self._follow(visit, listing_kind, listing)
            elif listing:
                url = requested_url(response)
                visit.frontier.read(listing_kind, url, listing, posted=is_posted(response))
            self._record_parts(visit)

    @limited
    def parse_parts(self, response: Response, visit: Visit) -> None:
        """Process a page whose parts are releases, if it is not a listing page of this visit."""
        with self.response(visit, response.url):
            visit.report.add_page(why_not_archived(response))
            url = requested_url(response)
            if response.status in GONE_STATUSES:
                for part in visit.store.parts_of_page(visit.id, url):
                    visit.add_missing(part, response.status, capture_of(response))
            elif response.status >= HTTPStatus.BAD_REQUEST:
                report_status(response, visit)
            elif not is_elsewhere(response.url, [url]):
                page = page_of(response)
                visit.check_page(page.url)
                listing = read_listing(page, visit.reader.dates, visit.file.listing)
                listing = with_stored_addresses(listing, visit)
                visit.parts.extend(part_drafts(response, visit, listing))
                self._record_parts(visit)

    def _record_parts(self, visit: Visit) -> None:
        """Record the waiting drafts of page parts, once all first pages have arrived.

        Before that, the positions of the parts in the listing are not known.
        """
        if visit.frontier.awaited:
            return
        parts, visit.parts = visit.parts, []
        for draft in parts:
            flush_later(visit, is_same=visit.record(PageDraft(draft)))

    def _follow(
        self, visit: Visit, listing_kind: ListingKind, first_page: Listing | None
    ) -> Iterator[Request]:
        """Yield requests for the items of the first pages, once all first pages have arrived.

        Also requests stored releases whose rows disappeared from between other rows, because they
        may have been deleted.
        """
        found = [*visit.frontier.open(listing_kind, first_page)]
        if visit.frontier.stale:
            visit.report.error(visit.file.feed or "", "stale", visit.frontier.stale)
        if not visit.frontier.awaited:
            found += [(item, True) for item in visit.facts.disappeared_items()]
        keys = [canonical_url(item.url) for item, known in found if known]
        places = visit.store.current_addresses(visit.id, keys)
        for item, known in found:
            with page_errors(item.url, visit.report.error):
                # A stored release that is listed at another URL is requested at its stored URL.
                place = places.get(canonical_url(item.url)) if known else None
                url = visit.requested.replace(item.url, place or item.url)
                if known and not visit.requested.claim(url):
                    continue
                if known and visit.resumes:
                    visit.requests.postponed.append(Wanted("stored", url, item))
                else:
                    request = self._requests.release(visit, url, item, known=known)
                    if request:
                        yield request

    @limited
    def parse_release(
        self, response: Response, visit: Visit, item: ListingItem | None
    ) -> Iterator[Request]:
        """Record the draft of a release page, or report why the page is not a release."""
        url, status = requested_url(response), response.status
        with self.response(visit, response.url):
            visit.report.add_page(why_not_archived(response))
            visit.requisites.add_loaded(capture_of(response), response.meta.get(LOADED, {}))
            if message := moved_message(visit, url, response.url):
                visit.report.error(url, "redirect", message)
            elif status == HTTPStatus.NOT_MODIFIED:
                visit.confirm(url, capture_of(response))
                flush_later(visit, is_same=True)
            elif status in GONE_STATUSES:
                yield from self._missed(response, visit, item)
            elif status >= HTTPStatus.BAD_REQUEST:
                report_status(response, visit)
            elif page_key(response.url) in map(page_key, visit.scope.entry_urls):
                message = REDIRECT_TO_LISTING_MESSAGE.format(url=response.url)
                visit.report.error(url, "redirect", message)
            else:
                try:
                    # A single page is read alone, so that a changed title is not kept.
                    known = None if visit.file.is_page else visit.stored.item_of(url)
                    read = visit.draft(response, item or known)
                except MissingRelease:
                    if visit.release_at(url) is None:
                        raise
                    yield from self._missed(response, visit, item)
                else:
                    flush_later(visit, is_same=visit.record(read))

    def _missed(
        self, response: Response, visit: Visit, item: ListingItem | None
    ) -> Iterator[Request]:
        """Record that a page is gone. Yield a request for the release's other URL, if any."""
        url = requested_url(response)
        visit.add_missing(url, response.status, capture_of(response))
        other = visit.requested.claim_replaced(url)
        if other and (request := self._requests.release(visit, other, item, known=False)):
            yield request

    @limited
    def parse_linked(self, response: Response, visit: Visit, link: Link) -> None:
        """Record the draft of a linked page, if it is certainly a release."""
        with self.response(visit, response.url):
            visit.report.add_page(why_not_archived(response))
            if read := linked_draft(response, visit, link):
                flush_later(visit, is_same=visit.record(read))

    @limited
    def parse_feed(self, response: Response, visit: Visit) -> None:
        """Process the feed that a page links to, to find its WebSub hub."""
        with self.response(visit, response.url):
            visit.report.add_page(why_not_archived(response))
            if response.status == HTTPStatus.OK:
                url = requested_url(response)
                visit.feed_hubs.read_feed(url, page_of(response), links_of(response))

    @limited
    def failed_aside(self, failure: Failure, request: Request, visit: Visit) -> None:
        """Log a failed request for a linked page. A later visit tries again."""
        log.info("the linked page %s could not be fetched: %s", request.url, failure.value)
        with self.response(visit, request.url):
            if isinstance(failure.value, SlowRequest):
                visit.report.error(request.url, failure.value.kind, str(failure.value))

    @limited
    def parse_file(self, response: Response, visit: Visit) -> None:
        """Process the response for a release's file, which is already archived."""
        with self.response(visit, response.url):
            visit.report.add_archive_error(why_not_archived(response))
            reading = response.meta.get(READING)
            url = requested_url(response)
            capture, validator = capture_of(response), validator_of(response)
            visit.files.read(url, response.status, capture, reading, validator)

    @limited
    def failed_file(self, failure: Failure, request: Request, visit: Visit) -> None:
        """Report that a file of a release could not be fetched."""
        asked = str(request.meta["asked"])
        with self.response(visit, asked):
            kind, message = describe_failure(failure, self)
            if kind == "size":
                visit.files.cut(asked, capture_of(request), message)
            else:
                # Report a reason that concerns a whole host only once.
                whole = isinstance(failure.value, HostError)
                visit.files.failed(visit.file.url if whole else asked, kind, message)

    @limited
    def parse_requisite(self, response: Response, visit: Visit) -> None:
        """Process the response for a page requisite, which is already archived."""
        with self.response(visit, response.url), page_errors(response.url, visit.requisites.failed):
            visit.requisites.read(response)

    @limited
    def failed_requisite(self, failure: Failure, request: Request, visit: Visit) -> None:
        """Count a page requisite that could not be fetched."""
        asked = str(request.meta["asked"])
        with self.response(visit, asked):
            visit.requisites.failed(asked, *describe_failure(failure, self))

    @limited
    def parse_listing_again(self, response: Response, visit: Visit) -> None:
        """Process a listing that was requested again because its 304 response was wrong."""
        with self.response(visit, response.url):
            visit.report.add_page(why_not_archived(response))
            listing = read_listing_response(response, visit)
            visit.frontier.read_again(requested_url(response), listing)

    @limited
    def failed(self, failure: Failure, request: Request, visit: Visit) -> Iterator[Request]:
        """Report a failed request.

        If the request was for the last awaited first page, yields requests for the items of the
        other first pages.
        """
        with self.response(visit, request.url):
            kind, message = describe_failure(failure, self)
            is_first = bool(request.cb_kwargs.get("is_first"))
            if isinstance(failure.value, HostError) and kind != "robots":
                # The reason concerns all pages of the host: report it once and stop the walks.
                url = failure.value.url or visit.file.url
                visit.report.add_unvisited(url, kind, message)
                visit.requests.is_paused = True
            elif request.callback != self.parse_listing or isinstance(failure.value, SlowRequest):
                visit.report.error(request.url, kind, message)
            else:
                error = NoListing(kind, message)
                listing_kind, url = request.cb_kwargs["listing_kind"], request.meta["asked"]
                report_unread(visit, listing_kind, url, error, is_first=is_first)
            if is_first:
                yield from self._follow(visit, request.cb_kwargs["listing_kind"], None)
            self._record_parts(visit)

    @staticmethod
    def _is_due(visit: Visit, walk: ListingWalk) -> bool:
        """Whether the first page of a listing should be requested.

        If the source has a feed, a page that needs a browser is requested only in backfills and in
        visits started by a user.
        """
        cheap = (
            visit.scope.explicit
            or visit.scope.backfill
            or not needs_browser(visit.file, walk.start)
        )
        return cheap or not visit.file.feed
