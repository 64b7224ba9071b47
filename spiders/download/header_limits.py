"""Limit the size of a response's status line and headers, as ``max_bytes`` limits its body."""

from __future__ import annotations

from typing import Final

from scrapy.core.downloader.handlers.http11 import (
    HTTP11DownloadHandler,
    _LenientHTTP11ClientFactory,
    _LenientHTTP11ClientProtocol,
)
from scrapy.crawler import Crawler
from twisted.internet.defer import Deferred
from twisted.python.failure import Failure
from twisted.web._newclient import HEADER, STATUS
from twisted.web._newclient import Request as TwistedRequest
from twisted.web.client import HTTPConnectionPool, ResponseFailed
from twisted.web.iweb import IResponse

MAX_HEADER_BYTES: Final = 262_144
"""Maximum bytes of the headers, and of one line, as in Chromium. Twisted allows 16,384 per line."""


class HeadTooLargeError(Exception):
    """A response has too large headers."""

    def __init__(self) -> None:
        super().__init__(f"its headers are larger than {MAX_HEADER_BYTES // 1024} KB")


class BoundedProtocol(_LenientHTTP11ClientProtocol):
    """A connection that is closed if the headers of a response do not end."""

    _head = 0

    def request(self, request: TwistedRequest) -> Deferred[IResponse]:
        """Send a request, and start to count the bytes of the response's headers."""
        answer = super().request(request)
        self._head = 0
        assert self._parser is not None  # noqa: S101 - the request has just made it
        self._parser.MAX_LENGTH = 2 * MAX_HEADER_BYTES  # the bound of the head comes first
        return answer

    def dataReceived(self, data: bytes) -> None:  # noqa: N802 - Twisted's name
        """Process received bytes; give up if the headers are too large."""
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
    """Limit the headers of all responses on the connections of a pool."""
    pool._factory = _Factory  # noqa: SLF001 - Scrapy sets its own in the same way


class BoundedHandler(HTTP11DownloadHandler):
    """Scrapy's handler for http and https, with a limit for headers."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        bound_heads(self._pool)


def head_error(error: BaseException | None) -> HeadTooLargeError | None:
    """Return the error about too large headers that caused a failed request, or None."""
    cause = error.__cause__ if error else None
    reasons = cause.reasons if isinstance(cause, ResponseFailed) else ()
    found = (reason.value for reason in reasons)
    return next((one for one in found if isinstance(one, HeadTooLargeError)), None)
