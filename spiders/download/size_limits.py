"""Limit the size of responses: their status line and headers, and their decompressed body."""

from typing import Final

from scrapy import Request, Spider
from scrapy.core.downloader.handlers.http11 import (
    HTTP11DownloadHandler,
    _LenientHTTP11ClientFactory,
    _LenientHTTP11ClientProtocol,
)
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.httpcompression import HttpCompressionMiddleware
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response, TextResponse
from scrapy.responsetypes import responsetypes
from twisted.internet.defer import Deferred
from twisted.python.failure import Failure
from twisted.web._newclient import HEADER, STATUS
from twisted.web._newclient import Request as TwistedRequest
from twisted.web.client import HTTPConnectionPool, ResponseFailed
from twisted.web.iweb import IResponse

from data.archive.content_coding import TooLarge, is_flushed, unpack

TOO_LARGE: Final = "the decompressed response is larger than [network] max_bytes"

ENDED: Final = "stream-ended"
"""Flag of a decompressed response whose compressed stream is complete."""

ENDED_EARLY: Final = "stream-ended-early"
"""Flag of a decompressed response whose compressed stream is incomplete."""

FLUSHED: Final = "stream-flushed"
"""Flag of a decompressed response whose compressed stream is incomplete, although everything up to
the server's last flush was decompressed."""

MAX_HEADER_BYTES: Final = 262_144
"""Maximum total size of the headers in bytes (as in Chromium). A single line may be as large,
although Twisted allows only 16,384 bytes."""


class DecompressionMiddleware(HttpCompressionMiddleware):
    """Scrapy's middleware for compressed bodies, with different decoders.

    Scrapy's decoders return the beginning of an incomplete stream without any error.
    """

    def process_response(
        self, request: Request, response: Response, spider: Spider | None = None
    ) -> Request | Response:
        """Return the response with its decompressed body and a flag such as ENDED.

        Raises IgnoreRequest if the body is too large, and Undecodable if the body is broken.
        """
        del spider  # Scrapy no longer passes it
        codings = response.headers.getlist("Content-Encoding")
        if request.method == "HEAD" or not codings:
            return response
        found, left = self._split_encodings(codings)
        try:
            body, is_whole = unpack(response.body, coding_header(found), self._max_size)
        except TooLarge:
            # The error refers to the frames that unpacked the body, and so to the body.
            body = None
        if body is None:
            raise IgnoreRequest(TOO_LARGE)
        if left:
            self._warn_unknown_encoding(response, left)
            response.headers["Content-Encoding"] = left
        else:
            del response.headers["Content-Encoding"]
        kind = responsetypes.from_args(headers=response.headers, url=response.url, body=body)
        flags = response.flags
        if found and is_whole:
            flags = [*flags, ENDED]
        elif found:
            is_all = is_flushed(response.body, coding_header(found), len(body))
            flags = [*flags, FLUSHED if is_all else ENDED_EARLY]
        if issubclass(kind, TextResponse):
            return response.replace(cls=kind, body=body, flags=flags, encoding=None)
        return response.replace(cls=kind, body=body, flags=flags)


def coding_header(codings: list[bytes]) -> str:
    """Return content codings as the value of a header, in the order in which they were applied."""
    return ", ".join(coding.decode("latin-1") for coding in reversed(codings))


class HeadTooLargeError(Exception):
    """Raised if the headers of a response are too large."""

    def __init__(self) -> None:
        super().__init__(f"the response headers are larger than {MAX_HEADER_BYTES // 1024} KB")


class BoundedProtocol(_LenientHTTP11ClientProtocol):
    """An HTTP connection that closes if the headers of a response are too large."""

    _head = 0

    def request(self, request: TwistedRequest) -> Deferred[IResponse]:
        """Send a request, and start counting the bytes of the response headers."""
        answer = super().request(request)
        self._head = 0
        assert self._parser is not None  # noqa: S101 - the request has just made it
        self._parser.MAX_LENGTH = 2 * MAX_HEADER_BYTES  # the bound of the head comes first
        return answer

    def dataReceived(self, data: bytes) -> None:  # noqa: N802 - Twisted's name
        """Process received bytes. Close the connection if the headers are too large."""
        if self._parser is not None and self._parser.state in (STATUS, HEADER):
            if self._head > MAX_HEADER_BYTES:
                self._giveUp(Failure(HeadTooLargeError()))  # type: ignore[no-untyped-call]
                return
            self._head += len(data)
        super().dataReceived(data)  # type: ignore[no-untyped-call]


class _Factory(_LenientHTTP11ClientFactory):
    def buildProtocol(self, addr: object) -> BoundedProtocol:  # noqa: N802 - Twisted's name
        del addr
        return BoundedProtocol(self._quiescentCallback)  # type: ignore[no-untyped-call]


def bound_heads(pool: HTTPConnectionPool) -> None:
    """Limit the size of response headers on all connections of the pool ``pool``."""
    pool._factory = _Factory  # noqa: SLF001 - Scrapy sets its own in the same way


class BoundedHandler(HTTP11DownloadHandler):
    """Scrapy's handler for http and https, with a limit on the size of response headers."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        bound_heads(self._pool)


def head_error(error: BaseException | None) -> HeadTooLargeError | None:
    """Return the HeadTooLargeError that made a request fail, or None for any other cause."""
    cause = error.__cause__ if error else None
    reasons = cause.reasons if isinstance(cause, ResponseFailed) else ()
    found = (reason.value for reason in reasons)
    return next((one for one in found if isinstance(one, HeadTooLargeError)), None)
