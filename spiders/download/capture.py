"""Gives each answer to the archive, as it was served, before anything is made of it.

Scrapy hands an answer over with its body still encoded and with all its header fields. What it
doesn't hand over: how the body was cut into chunks (Transfer-Encoding and Connection), in which
case the names of header fields were written, in which order different fields came, and the reason
phrase, which is the standard one here. Of a page that a browser rendered the document is archived
as the browser had it, without the request, of which only the browser knows all. What is secret in a
request the archive leaves out (data.archive.warc.http_head).
"""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from scrapy import Request, signals
from scrapy.exceptions import IgnoreRequest, StopDownload
from scrapy.http import Response

from data.archive.archive import Archive
from data.clock import utc_now
from data.errors import ArchiveError
from data.models import Capture
from data.models.exchange import Exchange, Headers
from spiders.download.browser import RENDER
from spiders.download.exchange_batch import ExchangeBatch
from spiders.download.responses import TOO_LONG
from spiders.download.truncation import LOST, STOPPED

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.http.headers import Headers as ScrapyHeaders

CAPTURE: Final = "capture"
"""The key in a request's meta under which the capture of its answer is found."""

NOT_ARCHIVED: Final = "not_archived"
"""The same for the sentence that says why there is none."""

RECEIVED: Final = "received"
CUT: Final = "cut"

ARCHIVE_BUG: Final = (
    "our own code failed to archive what {} answered; please report it (see crawl.log)"
)

log = logging.getLogger(__name__)


def capture_of(answered: Request | Response) -> Capture | None:
    """The record of an answer in the archive, or None where it is not archived."""
    found: Capture | None = answered.meta.get(CAPTURE)
    return found


def why_not_archived(response: Response) -> str:
    """Why an answer is not in the archive, though it should be; else empty."""
    return str(response.meta.get(NOT_ARCHIVED, ""))


class CaptureMiddleware:
    """Archives every answer, and cuts those that are too long.

    Of all middlewares it is the nearest to the server. Of an answer longer than
    ``DOWNLOAD_MAXSIZE`` the archive gets the beginning, the visit nothing.
    """

    def __init__(self, archive: Archive | None, limit: int) -> None:
        self._batch = ExchangeBatch(archive) if archive else None
        self._limit = limit

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> CaptureMiddleware:
        """The middleware of a crawl, whose spider has an archive or None."""
        made = cls(
            crawler.spider.archive,  # type: ignore[union-attr]  # each of ours has one
            crawler.settings.getint("DOWNLOAD_MAXSIZE"),
        )
        crawler.signals.connect(made.began, signals.headers_received)
        crawler.signals.connect(made.received, signals.bytes_received)
        return made

    async def process_response(self, request: Request, response: Response) -> Response:
        """The answer, once it is archived. Raises IgnoreRequest where it was cut."""
        meta = request.meta
        # A request after a redirect or a failure has the meta of the one before.
        for key in (CAPTURE, NOT_ARCHIVED):
            meta.pop(key, None)
        if self._batch is not None:
            try:
                meta[CAPTURE] = await self._batch.add(self._exchange(response, request))
            except ArchiveError as error:
                # Reports of visits are public.
                meta[NOT_ARCHIVED] = error.public
            except Exception:
                # The visit goes on, as with any other archive that fails, and tells.
                log.exception("the answer of %s could not be archived", request.url)
                meta[NOT_ARCHIVED] = ARCHIVE_BUG.format(urlsplit(request.url).hostname)
        if meta.pop(CUT, False):
            raise IgnoreRequest(TOO_LONG)
        return response

    def began(self, body_length: int | str, request: Request) -> None:
        """Take no body that is known to be too long; called by Scrapy.

        Twisted says by a text that the length is not known.
        """
        request.meta[RECEIVED] = 0
        if isinstance(body_length, int) and body_length > self._limit:
            self._cut(request)

    def received(self, data: bytes, request: Request) -> None:
        """Take no more of a body than the limit; called by Scrapy."""
        got = request.meta[RECEIVED] = request.meta.get(RECEIVED, 0) + len(data)
        if got > self._limit:
            self._cut(request)

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
            reason=_phrase(response.status),
            headers=_fields(response.headers),
            body=response.body[: self._limit] if cut else response.body,
            method=request.method,
            request_headers=_fields(request.headers),
            # Of a rendered page it is that of our own gateway.
            ip="" if rendered or response.ip_address is None else str(response.ip_address),
            protocol=response.protocol or "HTTP/1.1",
            truncated="length" if cut else "disconnect" if LOST in response.flags else "",
            rendered=rendered,
            posted=request.body.decode("utf-8", "replace") if request.method == "POST" else "",
        )


def _fields(headers: ScrapyHeaders) -> Headers:
    # Its own items() looks each name up again.
    return tuple((name, value) for name, values in dict.items(headers) for value in values)


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
