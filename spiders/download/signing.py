"""Sign every request that leaves a crawl: for pages, files, redirects and robots.txt."""

from __future__ import annotations

import time
from http import HTTPStatus

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured
from scrapy.http import Response

from data.network.http_dates import parse_http_date
from data.network.request_signer import RequestSigner
from data.wording import lasting
from spiders.download.settings import SIGNER

MAX_CLOCK_SECONDS = 60
"""Maximum difference in seconds between our clock and a site's clock that is not logged. If the
clocks differ more, sites may reject our signatures as too old or from the future."""

REFUSALS = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)

CLOCK_NOTE = (
    ", and its clock differs from ours by {difference}: correct the clock of this machine, because "
    "our signatures have its time"
)


class SigningMiddleware:
    """Signs each request for its own host. A redirected request is signed again.

    It runs after all middlewares that change or repeat requests.
    """

    def __init__(self, signer: RequestSigner) -> None:
        self._signer = signer

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> SigningMiddleware:
        """Create the middleware. Raises NotConfigured if requests are not signed."""
        signer: RequestSigner | None = crawler.settings.get(SIGNER)
        if signer is None:
            raise NotConfigured
        return cls(signer)

    def process_request(self, request: Request) -> None:
        """Set the headers that sign a request.

        A redirected request gets new headers.
        """
        request.headers.update(self._signer.headers(request.url))


def clock_note(response: Response) -> str:
    """Return the end of a sentence about a refused signed request, if our clock may be the cause.

    Otherwise, the result is an empty string.
    """
    request = response.request
    if response.status not in REFUSALS or request is None or "Signature" not in request.headers:
        return ""
    seconds = clock_difference((response.headers.get("Date") or b"").decode("latin-1"))
    return CLOCK_NOTE.format(difference=lasting(abs(seconds))) if seconds else ""


def clock_difference(date: str) -> int:
    """Return how many seconds our clock is ahead of a Date header, or 0 if they agree."""
    at = parse_http_date(date)
    seconds = int(time.time() - at.timestamp()) if at else 0
    return seconds if abs(seconds) > MAX_CLOCK_SECONDS else 0
