"""The one spider: it visits press rooms as their source files and the store tell it to."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Iterator, Mapping
from functools import partial
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlsplit

from scrapy import Request, Spider
from scrapy.http import Response
from twisted.python.failure import Failure

from data.models import Draft, Link, Witness
from data.text.redaction import without_user
from data.text.urls import canonical_url
from data.text.words import tokens
from spiders.crawl.draft import NotARelease, draft_release
from spiders.crawl.linked_releases import belongs
from spiders.crawl.listing_response import NoListing, read_answer
from spiders.crawl.listing_walk import ListingWalk
from spiders.crawl.page_errors import BUG, BadAddress, page_errors
from spiders.crawl.visit import Visit
from spiders.download.browser import RENDER, needs_browser
from spiders.download.responses import describe_failure, page_of, requested_url, validator_of
from spiders.download.retry_after import HostError, HostMemory
from spiders.items import Listing, ListingItem
from spiders.page.links import url_pattern

LISTING, KNOWN, NEW = 2, 1, 0
"""Priorities. What is known comes first, so that a moved page is told from a copied one."""

log = logging.getLogger(__name__)

GONE = (HTTPStatus.NOT_FOUND, HTTPStatus.GONE)


class PressRoomSpider(Spider):
    """Makes the visits that arrive; ``visits`` are those under way, by their sources.

    Each answer goes to the visit that awaits it.
    """

    name = "press-room"
    custom_settings = {  # noqa: RUF012 - as Scrapy declares it
        "ITEM_PIPELINES": {"spiders.crawl.pipelines.RecordPipeline": 100}
    }
    handle_httpstatus_list = (304, *range(400, 600))

    def __init__(
        self,
        arriving: AsyncIterator[Visit],
        visits: Mapping[str, Visit],
        memory: HostMemory,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self._arriving = arriving
        self.memory = memory
        self.visits = visits

    async def start(self) -> AsyncIterator[Request]:
        """The first page of each listing of each source, and its stored releases that are due."""
        async for visit in self._arriving:
            visit.ask_named = partial(self._ask_named, visit)
            visit.ask_anew = partial(self._ask_anew, visit)
            visit.ask_next = partial(self._ask_next, visit)
            # Its own end is awaited too, so that it comes if nothing can be asked for.
            visit.expect()
            with page_errors(visit.file.url, visit.error):
                fronts = [way for way in visit.frontier.ways.values() if self._is_due(visit, way)]
                visit.fronts = len(fronts)
                for way in fronts:
                    visit.asked.claim(way.start)
                    yield self._ask_listing(visit, way.start, way.witness, front=True)
                for url in filter(visit.asked.claim, visit.due()):
                    with page_errors(url, visit.error):
                        yield self._ask_release(visit, url, None)
            visit.settle()

    def parse_listing(
        self, response: Response, visit: Visit, witness: Witness, *, front: bool
    ) -> Iterator[Request]:
        """Take in a page of a listing; after the first ones follow what they list."""
        listing = None
        with page_errors(response.url, visit.error):
            visit.page_read()
            listing = self._listing(response, visit, witness, front=front)
        with page_errors(response.url, visit.error):
            if front:
                yield from self._follow(visit, witness, listing)
            elif listing:
                visit.frontier.read(witness, requested_url(response), listing)
        visit.settle()

    def _follow(self, visit: Visit, witness: Witness, front: Listing | None) -> Iterator[Request]:
        """Ask for what the first pages list, as soon as the last of them is there."""
        visit.fronts -= 1
        found = [*visit.frontier.opened(witness, front, visit.fronts)]
        keys = [canonical_url(item.url) for item, known in found if known]
        places = visit.store.whereabouts(visit.id, keys)
        for item, known in found:
            with page_errors(item.url, visit.error):
                # Listed under another address than its own, it is looked at where it is.
                place = places.get(canonical_url(item.url)) if known else None
                url = visit.asked.instead(item.url, place or item.url)
                if not known or visit.asked.claim(url):
                    yield self._ask_release(visit, url, item, known=known)

    def parse_release(
        self, response: Response, visit: Visit, item: ListingItem | None
    ) -> Iterator[Draft | Request]:
        """Draft the release on a page, or note why there is none."""
        asked = requested_url(response)
        try:
            visit.page_read()
            if response.status == HTTPStatus.NOT_MODIFIED:
                visit.confirm(asked)
            elif response.status in GONE:
                visit.missed(asked, response.status)
                if other := visit.asked.other(asked):
                    yield self._ask_release(visit, other, item, known=False)
            elif response.status >= HTTPStatus.BAD_REQUEST:
                status = response.status
                visit.error(response.url, f"http:{status}", f"the server answered {status}")
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

    def parse_anew(self, response: Response, visit: Visit) -> None:
        """Take in what a listing names now that was said not to have changed."""
        with page_errors(response.url, visit.error):
            visit.page_read()
            try:
                visit.frontier.renewed(requested_url(response), read_answer(response, visit))
            except NoListing as error:
                visit.error(response.url, error.kind, str(error))
        visit.settle()

    def failed(self, failure: Failure) -> Iterator[Request]:
        """Note an address that gave no answer; what else the first pages list is asked for then.

        A page beside a feed need not answer: its releases come from the feed.
        """
        request: Request = failure.request  # type: ignore[attr-defined]  # Scrapy sets it
        visit: Visit = request.cb_kwargs["visit"]
        with page_errors(request.url, visit.error):
            kind, message = describe_failure(failure, urlsplit(request.url).hostname or "")
            front = bool(request.cb_kwargs.get("front"))
            if isinstance(failure.value, HostError) and kind != "robots":
                # It holds for all pages of the host: it is told once, and the walk rests.
                visit.error(visit.file.url, kind, message)
                visit.ask_next = None
            elif request.callback != self.parse_listing:
                visit.error(request.url, kind, message)
            else:
                error = NoListing(kind, message)
                witness, asked = request.cb_kwargs["witness"], request.meta["asked"]
                self._unread(visit, witness, asked, error, front=front)
            if front:
                yield from self._follow(visit, request.cb_kwargs["witness"], None)
        visit.settle()

    def _listing(
        self, response: Response, visit: Visit, witness: Witness, *, front: bool
    ) -> Listing | None:
        try:
            return read_answer(response, visit)
        except NoListing as error:
            if error.empty and not front:
                # A month without a release, say; the walk goes on to the one before.
                return error.empty
            self._unread(visit, witness, response.url, error, front=front)
            return None

    @staticmethod
    def _unread(visit: Visit, witness: Witness, url: str, error: NoListing, *, front: bool) -> None:
        if front:
            told = witness == "feed" or not visit.file.feed
        else:
            told = visit.frontier.ways[witness].missing(error.status, f"{url}: {error}")
        if told:
            visit.error(url, error.kind, str(error))
        else:
            log.info("%s is passed over: %s", url, error)

    @staticmethod
    def _is_due(visit: Visit, way: ListingWalk) -> bool:
        """Whether the first page of a listing is asked for.

        A page that needs a browser, beside a feed, is so only when a person asks.
        """
        cheap = visit.explicit or visit.backfill or not needs_browser(visit.file, way.start)
        return cheap or not visit.file.feed

    def _ask_next(self, visit: Visit) -> None:
        """Ask for what a visit goes on to, once all that it asked for has been read."""
        while visit.awaited == 0:
            items, page = visit.frontier.step()
            if not items and page is None:
                return
            for item in items:
                with page_errors(item.url, visit.error):
                    self._crawl(self._ask_release(visit, item.url, item, known=False))
            if page:
                with page_errors(page[1], visit.error):
                    self._crawl(self._ask_listing(visit, page[1], page[0], front=False))

    def _crawl(self, request: Request) -> None:
        if self.crawler.engine:
            self.crawler.engine.crawl(request)

    def _ask_listing(self, visit: Visit, url: str, witness: Witness, *, front: bool) -> Request:
        kept = None if visit.backfill else visit.store.listed(url, visit.reader)
        more = {"witness": witness, "front": front}
        return self._ask(
            visit, url, self.parse_listing, LISTING, conditional=kept is not None, **more
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
        request = self._ask(visit, link.url, parse_linked, NEW, conditional=False, link=link)
        # No page may lead us to another site.
        meta = {**request.meta, "dont_redirect": True, "handle_httpstatus_list": []}
        engine = self.crawler.engine
        if engine:
            engine.crawl(request.replace(meta=meta, errback=failed_linked))

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
        try:
            request = Request(
                # Nobody is asked for by a user and a password.
                without_user(url),
                callback=callback,
                errback=self.failed,
                headers={name: value for name, value in headers.items() if value},
                priority=priority,
                cb_kwargs={"visit": visit, **more},
                meta={"asked": url, RENDER: render},
            )
        except ValueError as error:
            raise BadAddress(error) from error
        # An address that no request can be made of is not awaited.
        visit.expect()
        return request


SHARED: Final = 0.7
"""Part of the shorter title's words that a page must share with the name it was given."""


def parse_linked(response: Response, visit: Visit, link: Link) -> Iterator[Draft]:
    """Draft the release on a page that another one names, if it surely is one."""
    with page_errors(response.url, visit.error):
        visit.page_read()
        draft = draft_linked(response, visit, link)
        if draft and belongs(draft.content.section, visit.store.sections(visit.id)):
            visit.expect()
            yield draft
    visit.settle()


def failed_linked(failure: Failure) -> None:
    """Note that there is no answer where a page names a release: a later visit asks again."""
    request: Request = failure.request  # type: ignore[attr-defined]  # Scrapy sets it
    log.info("%s, which another page names, gave no release: %s", request.url, failure.value)
    visit: Visit = request.cb_kwargs["visit"]
    visit.settle()


def draft_linked(response: Response, visit: Visit, link: Link) -> Draft | None:
    """The release at an address that another names, or None where it surely isn't one.

    No listing vouches for it: it must have a date, a body and the title that it was named by.
    """
    if response.status != HTTPStatus.OK or url_pattern(response.url) != url_pattern(link.url):
        return None
    try:
        draft = draft_release(
            visit.id,
            visit.file,
            page_of(response),
            visit.reading,
            aliases=(requested_url(response),),
            item=None,
            validator=validator_of(response),
            read_page=visit.read,
        )
    except NotARelease:
        return None
    content = draft.content
    told = content.published and content.body_text and same_title(content.title, link.title)
    return draft if told else None


def same_title(title: str, name: str) -> bool:
    """Whether a page has the title that it was named by, perhaps cut short."""
    left, right = set(tokens(title)), set(tokens(name))
    least = min(len(left), len(right))
    return bool(least) and len(left & right) >= SHARED * least
