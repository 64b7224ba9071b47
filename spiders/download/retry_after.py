"""Obey Retry-After (RFC 9110, 10.2.3) in responses with status 429 and 503.

A wait applies to all URLs of a host, for the rest of the visit and for later visits. Neither a
restart nor a visit started by a user ends it.
"""

from __future__ import annotations

import datetime as dt
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, Protocol

from scrapy import Request
from scrapy.exceptions import IgnoreRequest

from data.clock import utc_now
from data.health.run_errors import ErrorKind, wait_kind
from data.models import Wait
from data.network.hosts import queue_of
from data.network.http_dates import MAX_RETRY_WAIT, asked_until

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.http import Response

DEFAULT_WAIT: Final = dt.timedelta(minutes=5)
"""Time to wait after a 429 response without Retry-After."""

ASKS: Final = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)


class HostError(IgnoreRequest):
    """Raised if no page of a host may be requested. ``kind`` is the error kind.

    ``url`` is the URL that could not be requested, or "" if the error concerns the whole source.
    """

    def __init__(self, kind: ErrorKind, message: str, url: str = "") -> None:
        super().__init__(message)
        self.kind = kind
        self.url = url


class HostWaits(HostError):
    """Raised if a host must not receive requests before a certain time."""

    def __init__(self, host: str, wait: Wait) -> None:
        until = wait.until.strftime("%Y-%m-%d %H:%M:%S UTC")
        who = "and asked to wait" if wait.requested else "without Retry-After; Communique waits"
        message = f"{host} responded with {wait.status} {who} until {until}"
        super().__init__(wait_kind(wait.status), f"{message}; no request is sent before then")
        self.wait = wait


class HostMemory(Protocol):
    """Storage for data about hosts: waits, robots.txt files, and pages that may be truncated.

    Implementations are data.store.core.store.Store and LocalMemory.
    """

    def wait(self, host: str) -> Wait | None:
        """Return the most recent Retry-After wait of a host, even if it has ended, or None."""

    def keep_wait(self, host: str, wait: Wait) -> None:
        """Store the time before which a host must not receive requests."""

    def robots(self, origin: str) -> tuple[bytes, dt.datetime] | None:
        """Return the stored robots.txt of an origin and the time of its request, or None."""

    def keep_robots(self, origin: str, body: bytes, seen: dt.datetime) -> None:
        """Store the robots.txt of an origin. ``seen`` is the time of the request."""

    def unconfirmed(self, subject: str) -> tuple[str, dt.datetime] | None:
        """Return the stored digest of a possibly truncated page and the time it was seen, or None.

        ``subject`` is the page's URL.
        """

    def keep_unconfirmed(self, subject: str, mark: str, seen: dt.datetime) -> None:
        """Store a digest (``mark``) of a possibly truncated page, for comparison in a later visit.

        ``subject`` is the page's URL.
        """


class LocalMemory(HostMemory):
    """Stores data about hosts in the memory of this process."""

    def __init__(self) -> None:
        self._waits: dict[str, Wait] = {}
        self._robots: dict[str, tuple[bytes, dt.datetime]] = {}
        self._unconfirmed: dict[str, tuple[str, dt.datetime]] = {}

    def wait(self, host: str) -> Wait | None:
        return self._waits.get(host)

    def keep_wait(self, host: str, wait: Wait) -> None:
        self._waits[host] = wait

    def robots(self, origin: str) -> tuple[bytes, dt.datetime] | None:
        return self._robots.get(origin)

    def keep_robots(self, origin: str, body: bytes, seen: dt.datetime) -> None:
        self._robots[origin] = body, seen

    def unconfirmed(self, subject: str) -> tuple[str, dt.datetime] | None:
        return self._unconfirmed.get(subject)

    def keep_unconfirmed(self, subject: str, mark: str, seen: dt.datetime) -> None:
        self._unconfirmed[subject] = mark, seen


def wait_of(status: int, retry_after: str | None, now: dt.datetime) -> Wait | None:
    """Return the wait that a response requires (at most MAX_RETRY_WAIT), or None.

    ``retry_after`` is the value of the Retry-After header.
    """
    if status not in ASKS:
        return None
    until = asked_until((retry_after or "").strip(), now)
    requested = until is not None
    if until is None:
        if status != HTTPStatus.TOO_MANY_REQUESTS:
            return None
        until = now + DEFAULT_WAIT
    return Wait(min(until, now + MAX_RETRY_WAIT), status, requested) if until > now else None


class RetryAfterMiddleware:
    """Scrapy middleware that stores the waits of hosts and blocks requests during a wait.

    It is closer to the server than Scrapy's retries, so that a response with a wait is not retried.
    """

    def __init__(self, memory: HostMemory) -> None:
        self._memory = memory

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> RetryAfterMiddleware:
        """Create the middleware for a crawl. The crawl's spider must have a ``memory``."""
        return cls(crawler.spider.memory)  # type: ignore[union-attr]  # each of ours has one

    def process_request(self, request: Request) -> None:
        """Raise HostWaits if the host of a request must not receive requests yet."""
        host, now = queue_of(request.url), utc_now()
        wait = self._memory.wait(host)
        # Ignore a later time, which was stored while the clock was wrong.
        if wait and now < wait.until <= now + MAX_RETRY_WAIT:
            raise HostWaits(host, wait)

    def process_response(self, request: Request, response: Response) -> Response:
        """Return the response. If it requires a wait, store the wait and raise HostWaits."""
        value = response.headers.get("Retry-After")
        header = value.decode("latin-1") if value else None
        wait = wait_of(response.status, header, utc_now())
        if wait is None:
            return response
        host = queue_of(request.url)
        self._memory.keep_wait(host, wait)
        raise HostWaits(host, wait)
