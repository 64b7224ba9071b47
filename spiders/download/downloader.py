"""Our parts of Scrapy's engine: a request queue per host, and a downloader with CPU time limits.

Each host has one request at a time, and no host waits for another. The visits to one host take
turns. Within a visit, requests with the highest priority come first. On loopback, each port counts
as a separate host.

Middlewares and the parsing of robots.txt wait for the network between their steps, while other
visits continue. So each step has its own time limit.
"""

from __future__ import annotations

import heapq
from collections import OrderedDict
from collections.abc import Coroutine, Generator, Hashable
from contextlib import AbstractContextManager
from http import HTTPStatus
from itertools import count
from types import coroutine
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar

from scrapy import Request
from scrapy.core.downloader import Downloader
from scrapy.core.scheduler import BaseScheduler
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response
from scrapy.utils.defer import deferred_from_coro
from twisted.internet.defer import Deferred, inlineCallbacks

from data.health.run_errors import SlowPage
from data.network.hosts import is_own_machine, queue_of
from spiders.download.settings import ALLOW_PRIVATE

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


if TYPE_CHECKING:
    from scrapy.crawler import Crawler

MAX_AHEAD: Final = 1
"""Maximum number of requests per host passed to the downloader at once. With only one, a response
can still stop the next request."""

NO_DELAY: Final = 1e-6
"""Delay in seconds between two requests to the local machine. It is not 0, because Scrapy 2.19
limits a host to one request at a time only if there is a delay."""

SLOT: Final = "download_slot"


class HostQueue:
    """The waiting requests to one host, by visit and priority."""

    def __init__(self) -> None:
        self._visits: OrderedDict[Hashable, list[tuple[int, int, Request]]] = OrderedDict()
        self._number = count()

    def __bool__(self) -> bool:
        return bool(self._visits)

    def put(self, visit: Hashable, request: Request) -> None:
        """Add a request that the visit ``visit`` sent."""
        entry = (-request.priority, next(self._number), request)
        heapq.heappush(self._visits.setdefault(visit, []), entry)

    def take(self) -> Request | None:
        """Remove and return the next request, or return None. Visits take turns.

        Requests of an ended visit are dropped, because another worker may have leased the host.
        """
        while self._visits:
            visit, requests = self._visits.popitem(last=False)
            request = heapq.heappop(requests)[2]
            sender = visit_of(request)
            if sender and sender.ended:
                continue
            if requests:
                self._visits[visit] = requests
            return request
        return None


class HostQueues(BaseScheduler):
    """A Scrapy scheduler that passes at most MAX_AHEAD requests per host to the downloader.

    Scrapy's own scheduler may fill the downloader with requests to one slow host.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._allow_private = crawler.settings.getbool(ALLOW_PRIVATE)
        self._waiting: OrderedDict[str, HostQueue] = OrderedDict()
        self._given: dict[str, list[Request]] = {}
        self._own: dict[str, bool] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> HostQueues:
        """Create the scheduler for a crawl."""
        return cls(crawler)

    def has_pending_requests(self) -> bool:
        """Whether any request is waiting."""
        return bool(self._waiting)

    def enqueue_request(self, request: Request) -> bool:
        """Add a request to the queue of its host."""
        host = queue_of(request.url)
        # After a redirect, the request still has the downloader slot of the previous host.
        request.meta[SLOT] = host
        if self._is_own(host, request.url):
            request.meta["autothrottle_dont_adjust_delay"] = True
        self._waiting.setdefault(host, HostQueue()).put(id(visit_of(request)), request)
        return True

    def next_request(self) -> Request | None:
        """Return the next request to a host that has no active request, or None.

        Hosts take turns.
        """
        for host in list(self._waiting):
            if self._busy(host):
                continue
            waiting = self._waiting.pop(host)
            request = waiting.take()
            if request is None:
                continue
            if waiting:
                self._waiting[host] = waiting
            self._given.setdefault(host, []).append(request)
            return request
        return None

    def _busy(self, host: str) -> bool:
        engine = self._crawler.engine
        active = engine.downloader.active if engine else set()
        under_way = [one for one in self._given.pop(host, ()) if one in active]
        if under_way:
            self._given[host] = under_way
        return len(under_way) >= MAX_AHEAD

    def _is_own(self, host: str, url: str) -> bool:
        if not self._allow_private:
            return False
        if host not in self._own:
            self._own[host] = is_own_machine(url)
            engine = self._crawler.engine
            if self._own[host] and engine:
                engine.downloader.per_slot_settings[host] = {"delay": NO_DELAY, "jitter": 0.0}
        return self._own[host]
