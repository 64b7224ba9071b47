"""A spider that fetches given URLs with the same delays and rules as visits."""

from collections.abc import AsyncIterator, Callable
from typing import Any
from urllib.parse import urlsplit

import msgspec
from scrapy import Request, Spider
from scrapy.http import Response
from twisted.python.failure import Failure

from data.archive.archive import Archive
from spiders.download.capture import why_not_archived
from spiders.download.responses import describe_failure, page_of
from spiders.download.retry_after import HostMemory, LocalMemory
from spiders.download.settings import RENDER
from spiders.page.page import Page

MAX_URL_LENGTH = 4_000
"""Maximum length of a requested URL, in characters."""


class FetchResult(msgspec.Struct, frozen=True):
    """The result of a request.

    ``url`` is the URL of the response after redirects, and ``status`` its HTTP status. Without a
    response, ``status`` is 0, ``kind`` the error kind and ``message`` a sentence. ``not_archived``
    is the reason why the response could not be archived, or "".
    """

    asked: str
    url: str
    status: int = 0
    content_type: str = ""
    body: bytes = b""
    kind: str = ""
    message: str = ""
    not_archived: str = ""

    @property
    def page(self) -> Page | None:
        """The fetched page, or None if the request failed."""
        good = range(200, 300)
        return Page(self.url, self.body, self.content_type) if self.status in good else None

    @property
    def why(self) -> str:
        """A sentence about why the page is missing, or "" if it was fetched."""
        return self.message or f"the server responded with {self.status}"


class FetchSpider(Spider):
    """Requests all URLs in ``urls``, and calls ``report`` with each result.

    If ``render`` is true, a browser loads the pages.
    """

    name = "fetch"
    handle_httpstatus_list = (304, *range(400, 600))

    def __init__(
        self,
        urls: AsyncIterator[str],
        report: Callable[[FetchResult], None],
        *,
        render: bool = False,
        archive: Archive | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.archive = archive
        self.memory: HostMemory = LocalMemory()
        self._urls = urls
        self._report = report
        self._render = render

    async def start(self) -> AsyncIterator[Request]:
        """Yield a request for each URL."""
        async for url in self._urls:
            parts = _parts(url)
            if parts is None:
                message = "the address is not an http or https address"
                self._report(FetchResult(url, url, kind="url", message=message))
                continue
            is_robots = parts[1] == "/robots.txt"
            meta = {
                "asked": url,
                # Programs may always request robots.txt (RFC 9309, 2.2.2).
                "dont_obey_robotstxt": is_robots,
                RENDER: self._render and not is_robots,
            }
            yield Request(url, callback=self.parse, errback=self.failed, meta=meta)

    def parse(self, response: Response, **kwargs: Any) -> None:
        """Report a fetched page."""
        del kwargs
        page = page_of(response)
        asked = str(response.meta["asked"])
        self._report(
            FetchResult(
                asked,
                page.url,
                response.status,
                page.content_type,
                page.body,
                not_archived=why_not_archived(response),
            )
        )

    def failed(self, failure: Failure) -> None:
        """Report a failed request."""
        request: Request = failure.request  # type: ignore[attr-defined]  # Scrapy sets it
        kind, message = describe_failure(failure, self)
        self._report(FetchResult(request.meta["asked"], request.url, kind=kind, message=message))


def _parts(url: str) -> tuple[str, str] | None:
    """Return the host and path of a URL, or None if the URL is invalid."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    host = parts.hostname or ""
    sound = parts.scheme in {"http", "https"} and host and port != 0 and len(url) <= MAX_URL_LENGTH
    return (host, parts.path) if sound else None
