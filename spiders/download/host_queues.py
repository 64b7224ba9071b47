"""Requests by host: each host is asked one at a time, and none waits for another.

Of what waits for one host, its visits take turns; within a visit the highest priority comes first.
Loopback addresses are told apart by their ports: each server there is a host of its own.
"""

from __future__ import annotations

import heapq
from collections import OrderedDict
from collections.abc import Hashable
from itertools import count
from typing import TYPE_CHECKING, Final

from scrapy import Request
from scrapy.core.scheduler import BaseScheduler

from spiders.download.hosts import host_of, is_own_machine

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

AHEAD: Final = 1
"""Requests to one host that the downloader holds: what an answer forbids, no other asks for."""

NO_DELAY: Final = 1e-6
"""Seconds between two requests to our own machine: Scrapy 2.19 keeps to one request at a time only
where there is a delay."""

SLOT: Final = "download_slot"


def is_ended(request: Request) -> bool:
    """Whether the visit is over that made a request: it was stopped before its end."""
    return bool(getattr(request.cb_kwargs.get("visit"), "ended", False))


class HostQueue:
    """What waits for one host: the requests of each visit by priority, and the visits in turn."""

    def __init__(self) -> None:
        self._visits: OrderedDict[Hashable, list[tuple[int, int, Request]]] = OrderedDict()
        self._number = count()

    def __bool__(self) -> bool:
        return bool(self._visits)

    def put(self, visit: Hashable, request: Request) -> None:
        """Let a request of a visit wait."""
        entry = (-request.priority, next(self._number), request)
        heapq.heappush(self._visits.setdefault(visit, []), entry)

    def take(self) -> Request | None:
        """The next request of the visit whose turn it is; None where none waits.

        What a visit still asks for that was stopped is passed over: nobody waits for it, and the
        host may be another worker's by now.
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
    """Scrapy's scheduler: gives the downloader AHEAD requests of each host at most.

    Scrapy's own gives it as many as it takes, all of one slow host if they came first.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._allow_private = crawler.settings.getbool("COMMUNIQUE_ALLOW_PRIVATE")
        self._waiting: OrderedDict[str, HostQueue] = OrderedDict()
        self._given: dict[str, list[Request]] = {}
        self._own: dict[str, bool] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> HostQueues:
        """The scheduler of a crawl."""
        return cls(crawler)

    def has_pending_requests(self) -> bool:
        """Whether any request waits."""
        return bool(self._waiting)

    def enqueue_request(self, request: Request) -> bool:
        """Let a request wait for its host."""
        host = host_of(request.url)
        # A redirect brings the slot of the address before.
        request.meta[SLOT] = host
        if self._is_own(host, request.url):
            request.meta["autothrottle_dont_adjust_delay"] = True
        visit = request.cb_kwargs.get("visit")
        self._waiting.setdefault(host, HostQueue()).put(id(visit), request)
        return True

    def next_request(self) -> Request | None:
        """The next request of a host that may be asked, the hosts in turn; None where none may."""
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
        return len(under_way) >= AHEAD

    def _is_own(self, host: str, url: str) -> bool:
        if not self._allow_private:
            return False
        if host not in self._own:
            self._own[host] = is_own_machine(url)
            engine = self._crawler.engine
            if self._own[host] and engine:
                engine.downloader.per_slot_settings[host] = {"delay": NO_DELAY, "jitter": 0.0}
        return self._own[host]
