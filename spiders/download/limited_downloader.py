"""Limit the CPU time of work on a request before a callback of the spider runs.

Middlewares and the parsing of robots.txt wait for the network between their steps, while other
visits continue. So each step has a limit of its own.
"""

from __future__ import annotations

from collections.abc import Coroutine, Generator
from contextlib import AbstractContextManager
from http import HTTPStatus
from types import coroutine
from typing import Any, Final, Protocol, TypeVar

from scrapy import Request
from scrapy.core.downloader import Downloader
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response
from scrapy.utils.defer import deferred_from_coro
from twisted.internet.defer import Deferred, inlineCallbacks

from spiders.download.slow_page import SlowPage

VISIT: Final = "visit"
"""Key of a request's visit in its callback arguments or its meta."""

T = TypeVar("T")


class LimitedVisit(Protocol):
    """The part of a visit that limits its pages (spiders.crawl.visits.visit)."""

    def limit(self, url: str) -> AbstractContextManager[None]:
        """Limit the CPU time of a page in a ``with`` block. Raises SlowPage from the body."""

    def check_page(self, url: str) -> None:
        """Raise SlowPage for a page that must not be read in this process."""


class SlowRequest(IgnoreRequest):
    """A request took too much CPU time, now or in a recent visit.

    ``kind`` is the kind of the error.
    """

    def __init__(self, error: SlowPage) -> None:
        super().__init__(str(error))
        self.kind = error.kind


def visit_of(request: Request) -> LimitedVisit | None:
    """Return the visit that sent a request, or None."""
    found: LimitedVisit | None = request.cb_kwargs.get(VISIT) or request.meta.get(VISIT)
    return found


async def limited_steps(work: Coroutine[Any, Any, T], visit: LimitedVisit | None, url: str) -> T:
    """Run a coroutine and limit each of its steps. Raises SlowRequest if one takes too long."""
    return await (_steps(work, visit, url) if visit else work)


@coroutine
def _steps(work: Coroutine[Any, Any, T], visit: LimitedVisit, url: str) -> Generator[Any, Any, T]:
    step, value = work.send, None
    while True:
        try:
            with visit.limit(url):
                try:
                    wanted = step(value)
                except StopIteration as end:
                    result: T = end.value
                    return result
        except SlowPage as error:
            raise SlowRequest(error) from error
        try:
            step, value = work.send, (yield wanted)
        except BaseException as error:  # noqa: BLE001 - the coroutine handles it
            step, value = work.throw, error


class LimitedDownloader(Downloader):
    """Scrapy's downloader with limits for the middlewares of each request."""

    @inlineCallbacks
    def fetch(  # type: ignore[override]  # Scrapy no longer passes a spider
        self, request: Request
    ) -> Generator[Deferred[Any], Any, Response | Request]:
        """Return the response, or another request to send instead."""
        self.active.add(request)
        try:
            work = self.middleware.download_async(self._enqueue_request, request)
            limited = limited_steps(work, visit_of(request), request.url)
            result: Response | Request = yield deferred_from_coro(limited)
            return result
        finally:
            self.active.remove(request)


class SlowPagesMiddleware:
    """Skips pages whose extraction took too much CPU time in a recent visit.

    The response is archived before it is skipped.
    """

    def process_response(self, request: Request, response: Response) -> Response:
        """Return the response, or raise SlowRequest if the page was slow in a recent visit."""
        visit = visit_of(request)
        if visit and response.status != HTTPStatus.NOT_MODIFIED:
            try:
                visit.check_page(request.url)
            except SlowPage as error:
                raise SlowRequest(error) from error
        return response
