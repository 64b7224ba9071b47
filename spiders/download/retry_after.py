"""Hosts that ask to be left alone for a while: Retry-After (RFC 9110, 10.2.3), of 429 and 503.

What a host asks holds for all of its addresses: for the rest of a visit, for the next ones, for
those that a person asks for, and after a restart.
"""

from __future__ import annotations

import datetime as dt
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, Protocol

from scrapy import Request
from scrapy.exceptions import IgnoreRequest

from data.clock import utc_now
from data.models import Wait
from spiders.download.hosts import LONGEST_WAIT, host_of

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.http import Response

UNSAID: Final = dt.timedelta(minutes=5)
"""How long a host is let alone that answers 429 and does not say for how long."""

ASKS: Final = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)


class HostError(IgnoreRequest):
    """No page of a host can be fetched: ``kind`` is a short code.

    ``url`` is the address that the error is about; it is empty for the source as a whole.
    """

    def __init__(self, kind: str, message: str, url: str = "") -> None:
        super().__init__(message)
        self.kind = kind
        self.url = url


class AskedToWait(HostError):
    """A host asked to wait."""

    def __init__(self, host: str, wait: Wait) -> None:
        until = wait.until.strftime("%Y-%m-%d %H:%M:%S UTC")
        said = f"{host} answered {wait.status} and asked to wait until {until}"
        super().__init__(f"wait:{wait.status}", f"{said}; it gets no request before then")
        self.wait = wait


class HostMemory(Protocol):
    """Where what hosts asked of us is kept: data.store.protocol.Store, or our memory alone."""

    def wait(self, host: str) -> Wait | None:
        """Until when a host asked to wait, even if that is over."""

    def keep_wait(self, host: str, wait: Wait) -> None:
        """Keep until when a host asked to wait."""

    def robots(self, origin: str) -> tuple[bytes, dt.datetime] | None:
        """The robots.txt of an origin as it was read last, and when that was."""

    def keep_robots(self, origin: str, body: bytes, seen: dt.datetime) -> None:
        """Keep the robots.txt of an origin."""

    def unconfirmed(self, subject: str) -> tuple[str, dt.datetime] | None:
        """The mark of what was shown last at an address that may have been cut, and its time."""

    def keep_unconfirmed(self, subject: str, mark: str, seen: dt.datetime) -> None:
        """Keep the mark of what an address shows, until a later visit compares it."""


class LocalMemory:
    """What hosts asked of us, as long as this process lives."""

    def __init__(self) -> None:
        self._waits: dict[str, Wait] = {}
        self._robots: dict[str, tuple[bytes, dt.datetime]] = {}
        self._unconfirmed: dict[str, tuple[str, dt.datetime]] = {}

    def wait(self, host: str) -> Wait | None:
        """Until when a host asked to wait, even if that is over."""
        return self._waits.get(host)

    def keep_wait(self, host: str, wait: Wait) -> None:
        """Keep until when a host asked to wait."""
        self._waits[host] = wait

    def robots(self, origin: str) -> tuple[bytes, dt.datetime] | None:
        """The robots.txt of an origin as it was read last, and when that was."""
        return self._robots.get(origin)

    def keep_robots(self, origin: str, body: bytes, seen: dt.datetime) -> None:
        """Keep the robots.txt of an origin."""
        self._robots[origin] = body, seen

    def unconfirmed(self, subject: str) -> tuple[str, dt.datetime] | None:
        """The mark of what was shown last at an address that may have been cut, and its time."""
        return self._unconfirmed.get(subject)

    def keep_unconfirmed(self, subject: str, mark: str, seen: dt.datetime) -> None:
        """Keep the mark of what an address shows, until a later visit compares it."""
        self._unconfirmed[subject] = mark, seen


def wait_of(status: int, retry_after: str | None, now: dt.datetime) -> Wait | None:
    """How long an answer asks to wait: in seconds or until an HTTP date, at most LONGEST_WAIT."""
    if status not in ASKS:
        return None
    until = asked_until((retry_after or "").strip(), now)
    if until is None:
        if status != HTTPStatus.TOO_MANY_REQUESTS:
            return None
        until = now + UNSAID
    return Wait(min(until, now + LONGEST_WAIT), status) if until > now else None


def asked_until(retry_after: str, now: dt.datetime) -> dt.datetime | None:
    """The instant that a Retry-After header names; None where it names none."""
    if retry_after.isascii() and retry_after.isdigit():
        # Of very many digits the first ones say enough.
        return now + min(dt.timedelta(seconds=int(retry_after[:9])), LONGEST_WAIT)
    try:
        date = parsedate_to_datetime(retry_after)
    except (ValueError, OverflowError):
        return None
    # A date of RFC 850 or of asctime() is in UTC as well (RFC 9110, 5.6.7).
    return date.replace(tzinfo=dt.UTC) if date.tzinfo is None else date.astimezone(dt.UTC)


class RetryAfterMiddleware:
    """Asks no host for anything before it may be asked again, and keeps what answers ask for.

    It stands between Scrapy's own retrying and the server: an answer that asks to wait is not
    retried.
    """

    def __init__(self, memory: HostMemory) -> None:
        self._memory = memory

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> RetryAfterMiddleware:
        """The middleware of a crawl, whose spider has a memory."""
        return cls(crawler.spider.memory)  # type: ignore[union-attr]  # each of ours has one

    def process_request(self, request: Request) -> None:
        """Let a request pass whose host may be asked. Raises AskedToWait."""
        host, now = host_of(request.url), utc_now()
        wait = self._memory.wait(host)
        # One that is further off than any can be was kept while the clock was wrong.
        if wait and now < wait.until <= now + LONGEST_WAIT:
            raise AskedToWait(host, wait)

    def process_response(self, request: Request, response: Response) -> Response:
        """Let an answer pass that does not ask to wait. Raises AskedToWait."""
        value = response.headers.get("Retry-After")
        header = value.decode("latin-1") if value else None
        wait = wait_of(response.status, header, utc_now())
        if wait is None:
            return response
        host = host_of(request.url)
        self._memory.keep_wait(host, wait)
        raise AskedToWait(host, wait)
