"""Limit the CPU time of Scrapy's middlewares for each request.

Middlewares and the parsing of robots.txt wait for the network between their steps, while other
visits continue. So each step has its own time limit.
"""

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

from data.health.run_errors import SlowPage

VISIT: Final = "visit"
"""Key in a request's callback arguments, or in its ``meta``, for the visit that sent it."""

T = TypeVar("T")


class NotedReport(Protocol):
    """The part of a visit's report that middlewares use."""

    def note(self, text: str) -> None:
        """Add a note about the visit."""


class LimitedVisit(Protocol):
    """The part of a visit that the downloader uses (see spiders.crawl.visits.visit).

    Its methods limit the CPU time of pages.
    """

    @property
    def proxy(self) -> str:
        """The name of the source's proxy, or empty."""

    @property
    def ended(self) -> bool:
        """Whether the visit has ended."""

    @property
    def report(self) -> NotedReport:
        """The report of the visit."""

    def limit(self, url: str) -> AbstractContextManager[None]:
        """Limit the CPU time spent on a page in a ``with`` block. Raises SlowPage at the limit."""

    def check_page(self, url: str) -> None:
        """Raise SlowPage if the page at ``url`` must not be extracted in this process."""


class SlowRequest(IgnoreRequest):
    """Raised if the page of a request takes too much CPU time, or took too much in a recent visit.

    ``kind`` is the error kind that the visit reports.
    """

    def __init__(self, error: SlowPage) -> None:
        super().__init__(str(error))
        self.kind = error.kind


def visit_of(request: Request) -> LimitedVisit | None:
    """Return the visit that sent a request, or None if no visit did."""
    found: LimitedVisit | None = request.cb_kwargs.get(VISIT) or request.meta.get(VISIT)
    return found


async def limited_steps(work: Coroutine[Any, Any, T], visit: LimitedVisit | None, url: str) -> T:
    """Await ``work`` with a CPU time limit per step. Raises SlowRequest at the limit."""
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
    """Scrapy's downloader with a CPU time limit on the middlewares of each request."""

    @inlineCallbacks
    def fetch(  # type: ignore[override]  # Scrapy no longer passes a spider
        self, request: Request
    ) -> Generator[Deferred[Any], Any, Response | Request]:
        """Send a request through the middlewares. Returns its response or a new request."""
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

    Their responses are archived first.
    """

    def process_response(self, request: Request, response: Response) -> Response:
        """Return the response. Raises SlowRequest if the page was slow in a recent visit."""
        visit = visit_of(request)
        if visit and response.status != HTTPStatus.NOT_MODIFIED:
            try:
                visit.check_page(request.url)
            except SlowPage as error:
                raise SlowRequest(error) from error
        return response
