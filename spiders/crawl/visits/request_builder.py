"""Build the Scrapy requests of visits, with callbacks, priorities and conditional headers."""

from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any

from scrapy import Request, Spider
from scrapy.http import Response
from twisted.python.failure import Failure

from data.models import Link, ListingKind, Validator
from data.text.masking import without_user
from data.text.urls import page_address, part_fragment
from spiders.attachments.read import READING
from spiders.crawl.page_errors import BadAddress
from spiders.crawl.visits.next_requests import Wanted
from spiders.crawl.visits.visit import Visit
from spiders.download.capture import MAX_BODY
from spiders.download.documents import UNREAD_META_KEY
from spiders.download.responses import posting
from spiders.download.settings import EXTEND, PICTURED, RENDER, needs_browser
from spiders.items import ListingItem
from spiders.listing.paging.labels import control_to_click

MAX_REQUISITE_SECONDS = 10.0
"""Maximum time to download one page requisite, in seconds."""

LISTING_PRIORITY, STORED_PRIORITY, NEW_PRIORITY = 2, 1, 0
"""Priorities of requests; the highest is sent first. Stored releases come before new ones, so that
a moved page can be distinguished from a copy."""


def limited(parse: Callable[..., Any]) -> Callable[..., Iterator[Any]]:
    """Limit the CPU time of each step of a callback or errback. Other visits run between steps.

    An errback gets its ``request`` and ``visit`` as arguments.
    """

    @wraps(parse)
    def limited_parse(spider: Spider, found: Response | Failure, **arguments: Any) -> Iterator[Any]:
        request: Any = getattr(found, "request", None)
        visit: Visit = request.cb_kwargs["visit"]
        url = found.url if isinstance(found, Response) else request.url
        if isinstance(found, Failure):
            arguments = {"request": request, "visit": visit}
        steps: Iterator[Any] | None = None
        while True:
            with visit.limit(url):
                if steps is None:
                    steps = iter(parse(spider, found, **arguments) or ())
                try:
                    one = next(steps)
                except StopIteration:
                    return
            yield one

    return limited_parse


class RequestBuilder:
    """Builds a visit's requests, and adds each to the responses that the visit awaits.

    The callbacks of the requests are methods of ``spider``.
    """

    def __init__(self, spider: Spider) -> None:
        # Any, because the module with the callbacks imports this one.
        self._spider: Any = spider
        self.timeout = MAX_REQUISITE_SECONDS
        """Maximum time to download any response, in seconds."""

    def wanted(self, visit: Visit, wanted: Wanted) -> Request | None:
        """Return the next request, or None if this visit has already requested the page."""
        if wanted.link:
            return self.linked(visit, wanted.link)
        if wanted.kind == "listing":
            return self.listing(visit, wanted.url, wanted.listing_kind, is_first=False)
        if wanted.kind == "requisite":
            return self.requisite(visit, wanted.url)
        if wanted.kind in {"file", "feed"}:
            return self.file(visit, wanted.url, feed=wanted.kind == "feed")
        if wanted.kind == "again":
            parse = self._spider.parse_listing_again
            return self._request(visit, wanted.url, parse, LISTING_PRIORITY, conditional=False)
        known = wanted.kind == "stored"
        return self.release(visit, wanted.url, wanted.item, known=known)

    def listing(
        self, visit: Visit, url: str, listing_kind: ListingKind, *, is_first: bool
    ) -> Request:
        """Return the request for a page of a listing."""
        form = None if is_first else visit.frontier.forms.get(url)
        conditional = (
            not (visit.scope.backfill or form)
            and visit.store.cached_listing(url, visit.scope.listing_rules) is not None
        )
        more = {"listing_kind": listing_kind, "is_first": is_first}
        request = self._request(
            visit,
            url,
            self._spider.parse_listing,
            LISTING_PRIORITY,
            conditional=conditional,
            **more,
        )
        if form:
            return posting(request, form)
        return request.replace(meta={**request.meta, EXTEND: control_to_click})

    def page(self, visit: Visit) -> Request:
        """Return the request for the page of a source that is a single page."""
        url = visit.file.url
        known = visit.release_at(url) is not None
        visit.requested.claim(url)
        visit.add_request(url, known=known)
        conditional = known and not visit.scope.backfill
        parse = self._spider.parse_release
        return self._request(visit, url, parse, NEW_PRIORITY, conditional=conditional, item=None)

    def release(
        self, visit: Visit, url: str, item: ListingItem | None, *, known: bool = True
    ) -> Request | None:
        """Return a request for a release's page, or None if this visit has already requested it."""
        if part_fragment(url):
            page = page_address(url)
            if not visit.requested.claim(page):
                return None
            return self._request(
                visit, page, self._spider.parse_parts, STORED_PRIORITY, conditional=False
            )
        visit.add_request(url, known=known)
        priority = STORED_PRIORITY if known else NEW_PRIORITY
        return self._request(
            visit,
            url,
            self._spider.parse_release,
            priority,
            conditional=known and not visit.is_unconditional(url),
            item=item,
        )

    def linked(self, visit: Visit, link: Link) -> Request:
        """Return the request for a page that a release page links to."""
        request = self._request(
            visit, link.url, self._spider.parse_linked, NEW_PRIORITY, conditional=False, link=link
        )
        # A page must not redirect the visit to another site.
        meta = {**request.meta, "dont_redirect": True, "handle_httpstatus_list": []}
        return request.replace(meta=meta, errback=self._spider.failed_aside)

    def file(self, visit: Visit, url: str, *, feed: bool) -> Request:
        """Return the request for a release's file, or for a feed."""
        parse = self._spider.parse_feed if feed else self._spider.parse_file
        reading = None if feed else visit.files.reading(url)
        conditional = reading is not None and bool(reading.known)
        request = self._request(visit, url, parse, NEW_PRIORITY, conditional=conditional)
        meta = {**request.meta, RENDER: False, UNREAD_META_KEY: not feed, READING: reading}
        return request.replace(
            meta=meta, errback=self._spider.failed_aside if feed else self._spider.failed_file
        )

    def requisite(self, visit: Visit, url: str) -> Request:
        """Return the request for a page requisite."""
        headers = _conditions(visit.requisites.validator(url))
        limit = visit.requisites.limit()
        callback = self._spider.parse_requisite
        request = self._request(visit, url, callback, NEW_PRIORITY, conditional=False)
        meta = {**request.meta, RENDER: False, UNREAD_META_KEY: True, MAX_BODY: limit}
        errback = self._spider.failed_requisite
        if page := visit.requisites.pictured(url):
            meta |= {RENDER: True, PICTURED: page, "dont_redirect": True, "dont_retry": True}
            return request.replace(url=page[0].url, meta=meta, errback=errback)
        # A later visit requests it again, so a host that hangs does not delay this one for long.
        meta |= {"dont_retry": True, "download_timeout": min(self.timeout, MAX_REQUISITE_SECONDS)}
        return request.replace(meta=meta, headers=headers, errback=errback)

    def _request(
        self,
        visit: Visit,
        url: str,
        callback: Any,
        priority: int,
        *,
        conditional: bool,
        **more: Any,
    ) -> Request:
        render = needs_browser(visit.file, url)
        # A page filled by scripts may change while its document stays the same.
        validator = visit.store.validator(url) if conditional and not render else None
        try:
            request = Request(
                # Never send the user and password in a URL.
                without_user(url),
                callback=callback,
                errback=self._spider.failed,
                headers=_conditions(validator),
                priority=priority,
                cb_kwargs={"visit": visit, **more},
                meta={"asked": url, RENDER: render},
            )
        except ValueError as error:
            raise BadAddress(error) from error
        # Do not wait for a URL that can't be requested.
        visit.awaited += 1
        return request


def _conditions(validator: Validator | None) -> dict[str, str]:
    """Return the headers of a conditional request."""
    headers = {
        "If-None-Match": validator.etag if validator else None,
        "If-Modified-Since": validator.last_modified if validator else None,
    }
    return {name: value for name, value in headers.items() if value}
