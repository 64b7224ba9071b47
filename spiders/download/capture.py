"""Archive each response as the server sent it, before it is processed.

The body stays encoded, and all header fields are included. Scrapy does not preserve the chunks of
the body (Transfer-Encoding and Connection), the case of field names, the order of different fields,
and the reason phrase, for which the archive contains a standard one.

For a rendered page, the browser's document is archived without its request, which only the browser
knows. The archive removes secrets from requests (data.archive.warc.http_head).

Responses that arrive in one turn of the event loop are archived together. Archiving each one
separately would take a lock, three file writes and a query per response.
"""

from __future__ import annotations

import asyncio
import logging
from http.client import responses
from typing import TYPE_CHECKING, Final, TypeAlias
from urllib.parse import urlsplit

from scrapy import Request, signals
from scrapy.exceptions import IgnoreRequest, StopDownload
from scrapy.http import Response

from data.archive.archive import Archive
from data.clock import utc_now
from data.errors import ArchiveError
from data.models import Capture
from data.models.capture import Exchange, Headers
from spiders.download.responses import TOO_LONG
from spiders.download.settings import PICTURED, RENDER
from spiders.download.truncation import DATA_LOSS_FLAG, STOPPED

Waiting: TypeAlias = tuple[Exchange, asyncio.Future[Capture]]

CAPTURE: Final = "capture"
"""Key in a request's ``meta`` for the capture of its response."""

NOT_ARCHIVED: Final = "not_archived"
"""Key in a request's ``meta`` for the reason why its response was not archived."""

MAX_BODY: Final = "max_body"
"""Key in a request's ``meta`` for the maximum size of the response's body in bytes, if it is
smaller than usual. A larger body is not archived."""

RECEIVED: Final = "received"
CUT: Final = "cut"

ARCHIVE_BUG: Final = (
    "a bug prevented archiving a response from {}. Please report it with the traceback in crawl.log"
)

log = logging.getLogger(__name__)


class ExchangeBatch:
    """Collects the responses of all visits, and archives them together.

    They are archived at the end of the event loop's current turn.
    """

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._waiting: list[Waiting] = []

    async def add(self, exchange: Exchange) -> Capture:
        """Archive a response and return its capture. Raises ArchiveError if archiving fails."""
        loop = asyncio.get_running_loop()
        if not self._waiting:
            loop.call_soon(self._write)
        kept: asyncio.Future[Capture] = loop.create_future()
        self._waiting.append((exchange, kept))
        return await kept

    def _write(self) -> None:
        waiting, self._waiting = self._waiting, []
        while waiting:
            waiting = self._keep([one for one in waiting if not one[1].cancelled()])

    def _keep(self, waiting: list[Waiting]) -> list[Waiting]:
        """Archive some of the waiting responses, and return those that are still waiting."""
        try:
            captures = self._archive.exchanges(exchange for exchange, _ in waiting)
        except ArchiveError as error:
            for _, kept in waiting:
                kept.set_exception(error)
            return []
        except Exception as error:
            if len(waiting) > 1:
                log.exception("%d responses could not be archived together", len(waiting))
                # A single response may be the cause, so archive each response separately.
                for one in waiting:
                    self._keep([one])
            else:
                waiting[0][1].set_exception(error)
            return []
        for (_, kept), capture in zip(waiting, captures, strict=False):
            kept.set_result(capture)
        return waiting[len(captures) :]


if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.http.headers import Headers as ScrapyHeaders


def capture_of(answered: Request | Response) -> Capture | None:
    """Return the capture of a request's response, or None if it was not archived."""
    found: Capture | None = answered.meta.get(CAPTURE)
    return found


def why_not_archived(response: Response) -> str:
    """Return why a response could not be archived, or "" if archiving did not fail."""
    return str(response.meta.get(NOT_ARCHIVED, ""))


class CaptureMiddleware:
    """Archives every response of a server, and stops the download of bodies that are too long.

    This is the middleware closest to the server. If a body is longer than ``DOWNLOAD_MAXSIZE``, its
    beginning is archived, and the request fails.
    """

    def __init__(self, archive: Archive | None, limit: int) -> None:
        self._batch = ExchangeBatch(archive) if archive else None
        self._limit = limit

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> CaptureMiddleware:
        """Create the middleware for a crawl.

        The crawl's spider must have an ``archive``, which may be None.
        """
        made = cls(
            crawler.spider.archive,  # type: ignore[union-attr]  # each of ours has one
            crawler.settings.getint("DOWNLOAD_MAXSIZE"),
        )
        crawler.signals.connect(made.began, signals.headers_received)
        crawler.signals.connect(made.received, signals.bytes_received)
        return made

    async def process_response(self, request: Request, response: Response) -> Response:
        """Archive and return a response.

        Raises IgnoreRequest if the response was cut at the maximum size.
        """
        meta = request.meta
        # After a redirect or a failure, ``meta`` is that of the previous request.
        for key in (CAPTURE, NOT_ARCHIVED):
            meta.pop(key, None)
        if self._batch is not None and PICTURED not in meta:
            try:
                meta[CAPTURE] = await self._batch.add(self._exchange(response, request))
            except ArchiveError as error:
                # Reports of visits are public, so they contain only the public message.
                meta[NOT_ARCHIVED] = error.public
            except Exception:
                # The visit continues and reports the error, like any error of the archive.
                log.exception("the response of %s could not be archived", request.url)
                meta[NOT_ARCHIVED] = ARCHIVE_BUG.format(urlsplit(request.url).hostname)
        if meta.pop(CUT, False):
            raise IgnoreRequest(TOO_LONG)
        return response

    def began(self, body_length: int | str, request: Request) -> None:
        """Stop a download whose announced body length is too large. Called by Scrapy.

        ``body_length`` is a string if the length is unknown.
        """
        request.meta[RECEIVED] = 0
        if isinstance(body_length, int) and body_length > self._limit_of(request):
            self._cut(request)

    def received(self, data: bytes, request: Request) -> None:
        """Stop a download whose body reaches the maximum length. Called by Scrapy."""
        got = request.meta[RECEIVED] = request.meta.get(RECEIVED, 0) + len(data)
        if got > self._limit_of(request):
            self._cut(request)

    def _limit_of(self, request: Request) -> int:
        limit: int = request.meta.get(MAX_BODY, self._limit)
        return min(self._limit, limit)

    @staticmethod
    def _cut(request: Request) -> None:
        request.meta[CUT] = True
        raise StopDownload(fail=False)

    def _exchange(self, response: Response, request: Request) -> Exchange:
        rendered = bool(request.meta.get(RENDER))
        cut = STOPPED in response.flags
        return Exchange(
            url=response.url,
            at=utc_now(),
            status=response.status,
            reason=responses.get(response.status, ""),
            headers=_fields(response.headers),
            # A page requisite that is too long is archived without its body.
            body=response.body[: 0 if MAX_BODY in request.meta else self._limit]
            if cut
            else response.body,
            method=request.method,
            request_headers=_fields(request.headers),
            # The IP address of a rendered page would be that of our own proxy.
            ip="" if rendered or response.ip_address is None else str(response.ip_address),
            protocol=response.protocol or "HTTP/1.1",
            truncated="length" if cut else "disconnect" if DATA_LOSS_FLAG in response.flags else "",
            rendered=rendered,
            posted=request.body.decode("utf-8", "replace") if request.method == "POST" else "",
        )


def _fields(headers: ScrapyHeaders) -> Headers:
    # The items() method of Scrapy's headers would look up each name again.
    return tuple((name, value) for name, values in dict.items(headers) for value in values)
