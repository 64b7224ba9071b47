"""The one spider: it visits press rooms as their source files and the store tell it to."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from scrapy import Request, Spider
from scrapy.http import Response
from twisted.python.failure import Failure

from data.models import Draft, Link
from data.normalize import canonical_url, without_campaign
from spiders.answers import asked_of, explain, page_of, validator_of
from spiders.cross_check import cross_check
from spiders.drafting import NotARelease, draft_release
from spiders.listing_answer import NoListing, read_answer
from spiders.named import failed_named, parse_named
from spiders.page_errors import BUG, page_errors
from spiders.pages import ListingItem, ListingPage
from spiders.rendering import RENDER, needs_browser
from spiders.visit import Visit

LISTING, KNOWN, NEW = 2, 1, 0
"""Priorities. What is known comes first, so that a moved page is told from a copied one."""

log = logging.getLogger(__name__)

GONE = (HTTPStatus.NOT_FOUND, HTTPStatus.GONE)


class PressRoomSpider(Spider):
    """Visits a batch of sources. Each answer goes to the visit that awaits it."""

    name = "press-room"
    handle_httpstatus_list = (304, *range(400, 600))

    def __init__(self, visits: Iterable[Visit], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.visits: Mapping[str, Visit] = {visit.id: visit for visit in visits}

    async def start(self) -> AsyncIterator[Request]:
        """The listing of each source, and its stored releases that are due."""
        for visit in self.visits.values():
            visit.ask_named = partial(self._ask_named, visit)
            visit.ask_anew = partial(self._ask_anew, visit)
            # Its own end is awaited too, so that it comes if nothing can be asked for.
            visit.expect()
            with page_errors(visit.file.url, visit.error):
                yield self._ask_listing(visit, visit.file.feed or visit.file.url, 1)
                for url in filter(visit.asked.claim, visit.due()):
                    with page_errors(url, visit.error):
                        yield self._ask_release(visit, url, None)
            visit.settle()

    def parse_listing(self, response: Response, visit: Visit, number: int) -> Iterator[Request]:
        """Follow the releases of a listing page, and the next page while there is something new."""
        try:
            visit.page_read()
            listing = self._listing(response, visit)
            if number == 1:
                yield from self._ask_page(visit, listing)
            if listing is None:
                return
            fresh = [*self._fresh(visit, listing)]
            visit.listed((item.url for item in fresh), number)
            keys = [canonical_url(item.url) for item in fresh]
            known = visit.store.whereabouts(visit.id, keys)
            for item, key in zip(fresh, keys, strict=True):
                # Listed under another address than its own, it is looked at where it is.
                url = visit.asked.instead(item.url, known.get(key) or item.url)
                if (number == 1 or key not in known) and visit.asked.claim(url):
                    with page_errors(url, visit.error):
                        yield self._ask_release(visit, url, item, known=key in known)
            something_new = len(known) < len(fresh) or (visit.thorough and bool(fresh))
            go_on = something_new and number < visit.most_pages
            if listing.next and go_on and visit.asked.claim(listing.next):
                yield self._ask_listing(visit, listing.next, number + 1)
        except Exception as error:
            log.exception("reading the listing %s failed", response.url)
            visit.error(response.url, "bug", f"{BUG} ({type(error).__name__}: {error})")
        finally:
            visit.settle()

    def parse_page(
        self, response: Response, visit: Visit, feed: ListingPage | None, number: int
    ) -> Iterator[Request]:
        """Follow the releases that a page lists and its feed lacks; back to the first, if asked."""
        try:
            visit.page_read()
            page = read_answer(response, visit)
            items = tuple(self._fresh(visit, page))
            known = visit.store.known(visit.id, [canonical_url(item.url) for item in items])
            found = cross_check(feed, replace(page, items=items), known, first=number == 1)
            if found.stale and number == 1:
                visit.error(visit.file.feed or "", "stale", found.stale)
            visit.listed(item.url for item in found.lacks)
            for item in found.lacks:
                if canonical_url(item.url) not in known and visit.asked.claim(item.url):
                    with page_errors(item.url, visit.error):
                        yield self._ask_release(visit, item.url, item, known=False)
            if visit.backfill and found.lacks and page.next and number < visit.most_pages:
                yield from self._ask_page(visit, feed, page.next, number + 1)
        except NoListing as error:
            log.info("%s can't be compared with its feed: %s", response.url, error)
        except Exception as error:
            log.exception("comparing %s with its feed failed", response.url)
            visit.error(response.url, "bug", f"{BUG} ({type(error).__name__}: {error})")
        finally:
            visit.settle()

    def parse_release(
        self, response: Response, visit: Visit, item: ListingItem | None
    ) -> Iterator[Draft | Request]:
        """Draft the release on a page, or note why there is none."""
        asked = asked_of(response)
        try:
            visit.page_read()
            if response.status == HTTPStatus.NOT_MODIFIED:
                visit.confirm(asked)
            elif response.status in GONE:
                visit.missed(asked, response.status)
                if other := visit.asked.other(asked):
                    yield self._ask_release(visit, other, item, known=False)
            elif response.status >= HTTPStatus.BAD_REQUEST:
                visit.error(response.url, "http", f"the server answered {response.status}")
            elif canonical_url(response.url) in map(canonical_url, visit.front):
                visit.error(asked, "redirect", f"it leads to {response.url}, which is no release")
            else:
                draft = draft_release(
                    visit.id,
                    visit.file,
                    page_of(response),
                    visit.reading,
                    aliases=tuple(dict.fromkeys((asked, *response.meta.get("redirect_urls", ())))),
                    item=item or visit.hint(asked),
                    validator=validator_of(response),
                    read_page=visit.read,
                )
                visit.expect()
                yield draft
        except NotARelease as error:
            visit.error(response.url, error.kind, str(error))
        except Exception as error:
            # Whatever one page does to our code, the others are read and the run tells.
            log.exception("reading %s failed", response.url)
            visit.error(response.url, "bug", f"{BUG} ({type(error).__name__}: {error})")
        finally:
            visit.settle()

    def parse_anew(self, response: Response, visit: Visit) -> Iterator[Request]:
        """Follow what a listing names now that was said not to have changed."""
        with page_errors(response.url, visit.error):
            visit.page_read()
            listing = self._listing(response, visit)
            fresh = [*self._fresh(visit, listing)] if listing else []
            known = visit.store.known(visit.id, [canonical_url(item.url) for item in fresh])
            for item in fresh:
                if canonical_url(item.url) not in known and visit.asked.claim(item.url):
                    with page_errors(item.url, visit.error):
                        yield self._ask_release(visit, item.url, item, known=False)
        visit.settle()

    def failed(self, failure: Failure) -> Iterator[Request]:
        """Note an address that gave no answer; where it was a feed, its page is asked all the more.

        A page beside a feed need not answer: its releases come from the feed.
        """
        request: Request = failure.request  # type: ignore[attr-defined]  # Scrapy sets it
        visit: Visit = request.cb_kwargs["visit"]
        with page_errors(request.url, visit.error):
            kind, message = explain(failure, urlsplit(request.url).hostname or "")
            if request.callback == self.parse_page:
                log.info("%s can't be compared with its feed: %s", request.url, message)
            else:
                visit.error(request.url, kind, message)
            if request.callback == self.parse_listing and request.cb_kwargs["number"] == 1:
                yield from self._ask_page(visit, None)
        visit.settle()

    @staticmethod
    def _listing(response: Response, visit: Visit) -> ListingPage | None:
        try:
            return read_answer(response, visit)
        except NoListing as error:
            visit.error(response.url, error.kind, str(error))
            return None

    @staticmethod
    def _fresh(visit: Visit, listing: ListingPage) -> Iterator[ListingItem]:
        """The items of a listing that may be releases, without marks of a campaign."""
        front = set(map(canonical_url, visit.front))
        for item in listing.items:
            web = urlsplit(item.url).scheme in ("http", "https")
            if web and canonical_url(item.url) not in front:
                yield replace(item, url=without_campaign(item.url))

    def _ask_listing(self, visit: Visit, url: str, number: int) -> Request:
        kept = None if visit.backfill else visit.store.listed(url, visit.reader)
        visit.asked.claim(url)
        return self._ask(
            visit, url, self.parse_listing, LISTING, conditional=kept is not None, number=number
        )

    def _ask_page(
        self, visit: Visit, feed: ListingPage | None, url: str = "", number: int = 1
    ) -> Iterator[Request]:
        """The page of a source that has a feed, to compare with it; once a visit.

        A page that needs a browser is only asked for when a person asks.
        """
        url = url or visit.file.url
        cheap = visit.explicit or visit.backfill or not needs_browser(visit.file, url)
        if visit.file.feed and cheap and visit.asked.claim(url):
            kept = None if visit.backfill else visit.store.listed(url, visit.reader)
            more = {"feed": feed, "number": number}
            yield self._ask(
                visit, url, self.parse_page, LISTING, conditional=kept is not None, **more
            )

    def _ask_release(
        self, visit: Visit, url: str, item: ListingItem | None, *, known: bool = True
    ) -> Request:
        visit.vanishing.looked_at += known
        priority = KNOWN if known else NEW
        return self._ask(
            visit,
            url,
            self.parse_release,
            priority,
            conditional=known and not visit.whole(url),
            item=item,
        )

    def _ask_named(self, visit: Visit, link: Link) -> None:
        request = self._ask(visit, link.url, parse_named, NEW, conditional=False, link=link)
        # No page may lead us to another site.
        meta = {**request.meta, "dont_redirect": True, "handle_httpstatus_list": []}
        engine = self.crawler.engine
        if engine:
            engine.crawl(request.replace(meta=meta, errback=failed_named))

    def _ask_anew(self, visit: Visit, url: str) -> None:
        request = self._ask(visit, url, self.parse_anew, LISTING, conditional=False)
        if self.crawler.engine:
            self.crawler.engine.crawl(request)

    def _ask(
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
        # A page that scripts fill may have changed where its document has not.
        validator = visit.store.validator(url) if conditional and not render else None
        headers = {
            "If-None-Match": validator.etag if validator else None,
            "If-Modified-Since": validator.last_modified if validator else None,
        }
        request = Request(
            url,
            callback=callback,
            errback=self.failed,
            headers={name: value for name, value in headers.items() if value},
            priority=priority,
            cb_kwargs={"visit": visit, **more},
            meta={"asked": url, RENDER: render},
        )
        # An address that no request can be made of is not awaited.
        visit.expect()
        return request
