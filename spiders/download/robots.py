"""Obey robots.txt (RFC 9309), even if the file can't be read.

A missing file (4xx) allows everything. A file that can't be read (5xx, time-out, reset, no address)
forbids everything, unless a copy from the last 24 hours exists. Only the first 500 KiB of a file
are read. ``Crawl-delay``, which is not part of the RFC, is obeyed up to one minute.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import time
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from scrapy import Request, signals
from scrapy.exceptions import IgnoreRequest, StopDownload
from scrapy.http.request import NO_CALLBACK

from data.clock import utc_now
from data.health.run_errors import SLOW, ErrorKind, http_kind
from data.network.hosts import origin_of, queue_of
from data.text.urls import host_of
from spiders.download.downloader import (
    SLOT,
    VISIT,
    LimitedVisit,
    SlowRequest,
    limited_steps,
    visit_of,
)
from spiders.download.responses import describe_error
from spiders.download.retry_after import HostError, HostMemory, HostWaits
from spiders.download.robots_rules import MAX_ROBOTS_BYTES, Rules
from spiders.download.settings import CONNECTIONS

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.http import Response

MAX_REDIRECTS: Final = 5
"""Maximum number of redirects of a robots.txt (RFC 9309, 2.3.1.2). Beyond it, the file counts as
missing."""

FRESH_SECONDS: Final = 600.0
"""Time in seconds before a robots.txt is requested again."""

RETRY_SECONDS: Final = 60.0
"""Time before an unreadable robots.txt is requested again, in seconds."""

MAX_COPY_AGE: Final = dt.timedelta(hours=24)
"""Maximum age at which a stored robots.txt is still used if a new one can't be fetched (RFC 9309,
2.4)."""

MAX_KEPT_SIZE: Final = 3_000_000
"""Maximum total length in characters of the rules that a crawl keeps. Parsed rules take up to
twenty times as much memory. The rules of other sites are requested again when needed."""

BYTES: Final = "robots_bytes"


class Forbidden(HostError):
    """Raised if a robots.txt forbids a URL."""

    def __init__(self) -> None:
        super().__init__("robots", "the site's robots.txt forbids it")


class Unreachable(HostError):
    """Raised if a robots.txt can't be read, so that no page of its site may be requested."""

    def __init__(self, kind: ErrorKind, url: str, why: str) -> None:
        super().__init__(
            kind,
            f"{url} can't be read ({why}), so no page of the site is requested (RFC 9309)",
            url if kind.startswith(SLOW) else "",
        )


@dataclass(slots=True)
class Known:
    """A requested robots.txt, and the time until which it is valid (monotonic clock)."""

    read: asyncio.Future[Rules]
    until: float = 0.0
    size: int = 0

    def keep(self, read: asyncio.Future[Rules]) -> None:
        """Set how long the file is valid, and its size. Called after it has been read."""
        failed = read.cancelled() or read.exception() is not None
        self.until = time.monotonic() + (RETRY_SECONDS if failed else FRESH_SECONDS)
        self.size = 0 if failed else read.result().size


class RobotsMiddleware:
    """Scrapy middleware that blocks requests forbidden by robots.txt and sets its crawl delay."""

    def __init__(self, crawler: Crawler, memory: HostMemory) -> None:
        self._crawler = crawler
        self._memory = memory
        self._delay: float = crawler.settings.getfloat("DOWNLOAD_DELAY")
        self._robot: str = crawler.settings["ROBOTSTXT_USER_AGENT"]
        self._known: dict[str, Known] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> RobotsMiddleware:
        """Create the middleware for a crawl. The crawl's spider must have a ``memory``."""
        made = cls(crawler, crawler.spider.memory)  # type: ignore[union-attr]  # each of ours has one
        crawler.signals.connect(made.cut, signals.bytes_received)
        crawler.signals.connect(made.answered, signals.request_left_downloader)
        return made

    async def process_request(self, request: Request) -> None:
        """Raise HostError if robots.txt forbids a request or can't be read."""
        if request.meta.get("dont_obey_robotstxt"):
            return
        rules = await self._rules(request.url, visit_of(request))
        if not rules.allow(request.url):
            raise Forbidden
        if rules.delay:
            self._slow_down(request, rules.delay)

    def cut(self, data: bytes, request: Request) -> None:
        """Stop reading a robots.txt at the maximum size. Called by Scrapy."""
        if BYTES in request.meta:
            request.meta[BYTES] += len(data)
            if request.meta[BYTES] > MAX_ROBOTS_BYTES:
                raise StopDownload(fail=False)

    def answered(self, request: Request) -> None:
        """Start a site's delay when its response ends. Called by Scrapy.

        Scrapy's own delay starts when a request is sent. If the request arrives late, the site
        would see a shorter delay.
        """
        downloader: Any = self._crawler.engine.downloader
        slot = downloader.slots.get(request.meta[SLOT])
        if slot and request.meta.get("autothrottle_dont_adjust_delay"):
            slot.lastseen = time.monotonic()

    async def _rules(self, url: str, visit: LimitedVisit | None) -> Rules:
        origin = origin_of(url)
        known = self._known.pop(origin, None)
        if known is None or (known.read.done() and time.monotonic() > known.until):
            known = Known(asyncio.ensure_future(self._read_in_time(origin, visit)))
            known.read.add_done_callback(known.keep)
            known.read.add_done_callback(self._drop_oldest)
        # The origins are in the order of their last requests.
        self._known[origin] = known
        # If the first visit that waits for the file is stopped, other visits still need the file.
        return await asyncio.shield(known.read)

    def _drop_oldest(self, _: asyncio.Future[Rules]) -> None:
        """Drop the rules that were used least recently, if all rules together are too long."""
        total = sum(known.size for known in self._known.values())
        for origin in [origin for origin, known in self._known.items() if known.size]:
            if total <= MAX_KEPT_SIZE:
                return
            total -= self._known.pop(origin).size

    async def _read_in_time(self, origin: str, visit: LimitedVisit | None) -> Rules:
        url = f"{origin}/robots.txt"
        try:
            return await limited_steps(self._read(url, visit), visit, url)
        except SlowRequest as error:
            raise Unreachable(error.kind, url, str(error)) from error

    async def _read(self, url: str, visit: LimitedVisit | None) -> Rules:
        origin, now = origin_of(url), utc_now()
        try:
            body = await self._body(url, visit)
        except Unreachable:
            kept = self._memory.robots(origin)
            if kept and kept[1] <= now < kept[1] + MAX_COPY_AGE:
                return Rules.of(kept[0], self._robot)
            raise
        # A file that takes too long to parse must not replace the stored copy.
        rules = Rules.of(body, self._robot)
        self._memory.keep_robots(origin, body, now)
        return rules

    async def _body(self, url: str, visit: LimitedVisit | None) -> bytes:
        """Request a robots.txt and return its content, or b"" if it is missing.

        Raises HostError if the file can't be read.
        """
        request = Request(
            url,
            callback=NO_CALLBACK,
            meta={
                "dont_obey_robotstxt": True,
                "redirect_ttl": MAX_REDIRECTS,
                "handle_httpstatus_all": False,
                SLOT: queue_of(url),
                BYTES: 0,
                VISIT: visit,
                # Only pages adjust the delay, and our own machine has none.
                "autothrottle_dont_adjust_delay": True,
            },
        )
        engine: Any = self._crawler.engine
        try:
            response: Response = await engine.download_async(request)
        except HostWaits:
            raise
        except SlowRequest as error:
            raise Unreachable(error.kind, url, str(error)) from error
        except IgnoreRequest as error:
            if "max redirections" in str(error):
                return b""
            raise Unreachable("refused", url, str(error)) from error
        except Exception as error:
            kind, why = describe_error(error, host_of(url), self._crawler.settings[CONNECTIONS])
            raise Unreachable(kind, url, why) from error
        if response.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise Unreachable(
                http_kind(response.status),
                url,
                f"the server responded with status {response.status}",
            )
        good = HTTPStatus.OK <= response.status < HTTPStatus.MULTIPLE_CHOICES
        return response.body[:MAX_ROBOTS_BYTES] if good else b""

    def _slow_down(self, request: Request, delay: float) -> None:
        """Apply the delay in a site's robots.txt, regardless of the site's response times."""
        downloader: Any = self._crawler.engine.downloader
        host = queue_of(request.url)
        pace = downloader.per_slot_settings.setdefault(host, {})
        pace |= {"delay": max(delay, pace.get("delay", self._delay)), "jitter": 0.0}
        request.meta["autothrottle_dont_adjust_delay"] = True
        if slot := downloader.slots.get(host):
            slot.delay, slot.jitter = pace["delay"], 0.0
