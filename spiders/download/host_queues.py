"""A request queue per host: one request at a time per host, and no host waits for another.

The visits to one host take turns. Within a visit, requests with the highest priority come first. On
loopback, each port counts as a separate host.
"""

from __future__ import annotations

import heapq
from collections import OrderedDict
from collections.abc import Hashable
from itertools import count
from typing import TYPE_CHECKING, Final

from scrapy import Request
from scrapy.core.scheduler import BaseScheduler

from data.network.hosts import is_own_machine, queue_of
from spiders.download.limited_downloader import visit_of
from spiders.download.settings import ALLOW_PRIVATE

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

MAX_AHEAD: Final = 1
"""Maximum number of requests per host passed to the downloader at once. With only one, a response
can still stop the next request."""

NO_DELAY: Final = 1e-6
"""Delay in seconds between two requests to the local machine. It is not 0, because Scrapy 2.19
limits a host to one request at a time only if there is a delay."""

SLOT: Final = "download_slot"


def is_ended(request: Request) -> bool:
    """Whether the visit that sent a request has ended."""
    visit = visit_of(request)
    return visit is not None and visit.ended


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
            if is_ended(request):
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
