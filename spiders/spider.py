"""The one spider: it visits press rooms as their source files and the store tell it to."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import msgspec
from scrapy import Request, Spider
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response
from twisted.python.failure import Failure

from data.models import Draft, Validator
from data.normalize import canonical_url, without_campaign
from spiders.addresses import PrivateAddressError, PublicOnlyResolver
from spiders.drafting import NotARelease, draft_release
from spiders.listing_page import read_listing
from spiders.page import Page
from spiders.pages import ListingItem, ListingPage
from spiders.rendering import RENDER, needs_browser
from spiders.visit import Visit

LISTING, KNOWN, NEW = 2, 1, 0
"""Priorities. What is known comes first, so that a moved page is told from a copied one."""

log = logging.getLogger(__name__)

BUG = "our own code failed on this page; please report it with the traceback in crawl.log"

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
            yield self._ask_listing(visit, visit.file.feed or visit.file.url, 1)
            for url in visit.due():
                if visit.claim(url):
                    yield self._ask_release(visit, url, None)

    def parse_listing(self, response: Response, visit: Visit, number: int) -> Iterator[Request]:
        """Follow the releases of a listing page, and the next page while there is something new."""
        try:
            visit.page_read()
            listing = self._listing(response, visit)
            if listing is None:
                return
            fresh = [
                replace(item, url=without_campaign(item.url))
                for item in listing.items
                if self._wanted(visit, item)
            ]
            visit.listed(item.url for item in fresh)
            keys = [canonical_url(item.url) for item in fresh]
            known = visit.store.known(visit.id, keys)
            for item, key in zip(fresh, keys, strict=True):
                if (number == 1 or key not in known) and visit.claim(item.url):
                    yield self._ask_release(visit, item.url, item, known=key in known)
            something_new = len(known) < len(fresh) or (visit.thorough and bool(fresh))
            go_on = something_new and number < visit.most_pages
            if listing.next and go_on and visit.claim(listing.next):
                yield self._ask_listing(visit, listing.next, number + 1)
        except Exception as error:
            log.exception("reading the listing %s failed", response.url)
            visit.error(response.url, "bug", f"{BUG} ({type(error).__name__}: {error})")
        finally:
            visit.settle()

    def parse_release(
        self, response: Response, visit: Visit, item: ListingItem | None
    ) -> Iterator[Draft]:
        """Draft the release on a page, or note why there is none."""
        asked = self._asked(response)
        try:
            visit.page_read()
            if response.status == HTTPStatus.NOT_MODIFIED:
                visit.confirm(asked)
            elif response.status in GONE:
                visit.missed(asked, response.status)
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

    def failed(self, failure: Failure) -> None:
        """Note an address that gave no answer."""
        request: Request = failure.request  # type: ignore[attr-defined]  # Scrapy sets it
        visit: Visit = request.cb_kwargs["visit"]
        kind, message = explain(failure, urlsplit(request.url).hostname or "")
        visit.error(request.url, kind, message)
        visit.settle()

    def _listing(self, response: Response, visit: Visit) -> ListingPage | None:
        url = self._asked(response)
        if response.status == HTTPStatus.NOT_MODIFIED:
            kept = visit.store.listed(url, visit.reader)
            return msgspec.json.decode(kept, type=ListingPage) if kept else None
        if response.status >= HTTPStatus.BAD_REQUEST:
            visit.error(response.url, "http", f"the listing answered {response.status}")
            return None
        listing = read_listing(page_of(response), visit.reading, visit.file.listing)
        if not listing.items:
            why = "; ".join(listing.reasons) or "nothing on it looks like a list of releases"
            visit.error(
                response.url,
                "empty",
                f"no release was found on the listing ({why}); what is stored stays as it is",
            )
            return None
        text = msgspec.json.encode(listing).decode()
        visit.store.keep_listing(visit.id, url, visit.reader, text, validator_of(response))
        return listing

    @staticmethod
    def _wanted(visit: Visit, item: ListingItem) -> bool:
        own = canonical_url(item.url)
        return urlsplit(item.url).scheme in ("http", "https") and own not in map(
            canonical_url, visit.front
        )

    def _ask_listing(self, visit: Visit, url: str, number: int) -> Request:
        kept = None if visit.backfill else visit.store.listed(url, visit.reader)
        visit.claim(url)
        return self._ask(
            visit, url, self.parse_listing, LISTING, conditional=kept is not None, number=number
        )

    def _ask_release(
        self, visit: Visit, url: str, item: ListingItem | None, *, known: bool = True
    ) -> Request:
        priority = KNOWN if known else NEW
        return self._ask(
            visit,
            url,
            self.parse_release,
            priority,
            conditional=known and not visit.whole(url),
            item=item,
        )

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
        visit.expect()
        render = needs_browser(visit.file, url)
        # A page that scripts fill may have changed where its document has not.
        validator = visit.store.validator(url) if conditional and not render else None
        headers = {
            "If-None-Match": validator.etag if validator else None,
            "If-Modified-Since": validator.last_modified if validator else None,
        }
        return Request(
            url,
            callback=callback,
            errback=self.failed,
            headers={name: value for name, value in headers.items() if value},
            priority=priority,
            cb_kwargs={"visit": visit, **more},
            meta={"asked": url, RENDER: render},
        )

    @staticmethod
    def _asked(response: Response) -> str:
        return str(response.meta["asked"])


def page_of(response: Response) -> Page:
    """The page that a response holds."""
    return Page(response.url, response.body, _header(response, "Content-Type") or "")


def validator_of(response: Response) -> Validator:
    """What the server gave to ask with next time."""
    return Validator(_header(response, "ETag"), _header(response, "Last-Modified"))


def explain(failure: Failure, host: str) -> tuple[str, str]:
    """A short code and a sentence for an address that gave no answer."""
    error = failure.value
    if host in PublicOnlyResolver.refused:
        return "refused", str(PrivateAddressError(host, PublicOnlyResolver.refused[host]))
    if isinstance(error, IgnoreRequest):
        text = str(error)
        if "robots.txt" in text:
            return "robots", "the site's robots.txt asks not to fetch it"
        return "refused", text
    name = type(error).__name__
    known = {
        "TimeoutError": ("timeout", "it took too long to answer"),
        "DownloadTimeoutError": ("timeout", "it took too long to answer"),
        "DNSLookupError": ("dns", "its host name leads nowhere"),
        "CannotResolveHostError": ("dns", "its host name leads nowhere"),
        "DownloadConnectionRefusedError": ("connection", "nothing listens at its address"),
        "NotSupported": ("refused", "only http and https addresses are fetched"),
        "DownloadCancelledError": ("size", "its answer is larger than [network] max_bytes allows"),
    }
    kind, sentence = known.get(name, ("network", "it could not be fetched"))
    return kind, f"{sentence} ({name}: {error})"


def _header(response: Response, name: str) -> str | None:
    value = response.headers.get(name)
    return value.decode("latin-1") if value else None
