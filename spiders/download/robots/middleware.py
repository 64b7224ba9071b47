"""The rules that sites have for robots (RFC 9309), and how far they may be unknown.

A robots.txt that is not there (4xx) allows everything; one that can't be read (5xx, a time-out, a
reset, no address) forbids everything, unless it was read within the last 24 hours: then that copy
holds. Of a long one 500 KiB are read. ``Crawl-delay``, which is no part of the RFC, is obeyed up to
a minute.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import time
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from scrapy import Request, signals
from scrapy.exceptions import IgnoreRequest, StopDownload
from scrapy.http.request import NO_CALLBACK

from data.clock import utc_now
from spiders.download.host_queues import SLOT
from spiders.download.hosts import host_of, origin_of
from spiders.download.limited_downloader import (
    VISIT,
    LimitedVisit,
    SlowRequest,
    limited_steps,
    visit_of,
)
from spiders.download.responses import describe_error
from spiders.download.retry_after import AskedToWait, HostError, HostMemory
from spiders.download.robots.rules import MOST, Rules
from spiders.download.slow_page import SLOW

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.http import Response

REDIRECTS: Final = 5
"""Redirects that lead to a robots.txt (RFC 9309, 2.3.1.2); beyond them there is none."""

FRESH: Final = 600.0
"""Seconds for which a robots.txt is not asked for again."""

AGAIN: Final = 60.0
"""Seconds after which one that could not be read is asked for again, not for each page."""

KEPT: Final = dt.timedelta(hours=24)
"""How old a copy may be that is used where there is no other (RFC 9309, 2.4)."""

BYTES: Final = "robots_bytes"


class Forbidden(HostError):
    """A robots.txt forbids an address."""

    def __init__(self) -> None:
        super().__init__("robots", "the site's robots.txt asks not to fetch it")


class Unreachable(HostError):
    """A robots.txt can't be read, and so nothing of its site is fetched."""

    def __init__(self, kind: str, url: str, why: str) -> None:
        super().__init__(
            kind,
            f"{url} can't be read ({why}), and without it nothing of the site (RFC 9309)",
            url if kind.startswith(SLOW) else "",
        )


@dataclass(slots=True)
class Known:
    """A robots.txt that is or was read, and until when that holds, by the monotonic clock."""

    read: asyncio.Future[Rules]
    until: float = 0.0

    def keep(self, read: asyncio.Future[Rules]) -> None:
        """Note the end of the reading."""
        failed = read.cancelled() or read.exception() is not None
        self.until = time.monotonic() + (AGAIN if failed else FRESH)


class RobotsMiddleware:
    """Lets pass what a site's robots.txt allows, at the pace that it asks for."""

    def __init__(self, crawler: Crawler, memory: HostMemory) -> None:
        self._crawler = crawler
        self._memory = memory
        self._delay: float = crawler.settings.getfloat("DOWNLOAD_DELAY")
        self._robot: str = crawler.settings["ROBOTSTXT_USER_AGENT"]
        self._known: dict[str, Known] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> RobotsMiddleware:
        """The middleware of a crawl, whose spider has a memory."""
        made = cls(crawler, crawler.spider.memory)  # type: ignore[union-attr]  # each of ours has one
        crawler.signals.connect(made.cut, signals.bytes_received)
        crawler.signals.connect(made.answered, signals.request_left_downloader)
        return made

    async def process_request(self, request: Request) -> None:
        """Let a request pass that is allowed. Raises HostError."""
        if request.meta.get("dont_obey_robotstxt"):
            return
        rules = await self._rules(request.url, visit_of(request))
        if not rules.allow(request.url):
            raise Forbidden
        if rules.delay:
            self._slow_down(request, rules.delay)

    def cut(self, data: bytes, request: Request) -> None:
        """Read no more of a robots.txt than is needed; called by Scrapy."""
        if BYTES in request.meta:
            request.meta[BYTES] += len(data)
            if request.meta[BYTES] > MOST:
                raise StopDownload(fail=False)

    def answered(self, request: Request) -> None:
        """Let the gap that a site asks for begin with the end of its answer; called by Scrapy.

        Scrapy's begins when it hands a request over. One that meets the site late, by a slow
        network or a busy processor, would leave a shorter gap there.
        """
        downloader: Any = self._crawler.engine.downloader
        slot = downloader.slots.get(request.meta[SLOT])
        if slot and request.meta.get("autothrottle_dont_adjust_delay"):
            slot.lastseen = time.monotonic()

    async def _rules(self, url: str, visit: LimitedVisit | None) -> Rules:
        origin = origin_of(url)
        known = self._known.get(origin)
        if known is None or (known.read.done() and time.monotonic() > known.until):
            known = self._known[origin] = Known(
                asyncio.ensure_future(self._read_in_time(origin, visit))
            )
            known.read.add_done_callback(known.keep)
        # Whoever asks first must not take it away from the others when it is stopped.
        return await asyncio.shield(known.read)

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
            if kept and kept[1] <= now < kept[1] + KEPT:
                return Rules.of(kept[0], self._robot)
            raise
        # Only a file that can be read in time may stand in for a later one.
        rules = Rules.of(body, self._robot)
        self._memory.keep_robots(origin, body, now)
        return rules

    async def _body(self, url: str, visit: LimitedVisit | None) -> bytes:
        """What the file holds; nothing where there is none. Raises HostError."""
        request = Request(
            url,
            callback=NO_CALLBACK,
            meta={
                "dont_obey_robotstxt": True,
                "redirect_ttl": REDIRECTS,
                "handle_httpstatus_all": False,
                SLOT: host_of(url),
                BYTES: 0,
                VISIT: visit,
                # The pages that follow set the pace; one of our own machine has none.
                "autothrottle_dont_adjust_delay": True,
            },
        )
        engine: Any = self._crawler.engine
        try:
            response: Response = await engine.download_async(request)
        except AskedToWait:
            raise
        except SlowRequest as error:
            raise Unreachable(error.kind, url, str(error)) from error
        except IgnoreRequest as error:
            if "max redirections" in str(error):
                return b""
            raise Unreachable("refused", url, str(error)) from error
        except Exception as error:
            kind, why = describe_error(error, urlsplit(url).hostname or "")
            raise Unreachable(kind, url, why) from error
        if response.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise Unreachable(
                f"http:{response.status}", url, f"the server answered {response.status}"
            )
        good = HTTPStatus.OK <= response.status < HTTPStatus.MULTIPLE_CHOICES
        return response.body[:MOST] if good else b""

    def _slow_down(self, request: Request, delay: float) -> None:
        """Keep to the delay that a site asks for, whatever its answers take."""
        downloader: Any = self._crawler.engine.downloader
        host = host_of(request.url)
        pace = downloader.per_slot_settings.setdefault(host, {})
        pace |= {"delay": max(delay, pace.get("delay", self._delay)), "jitter": 0.0}
        request.meta["autothrottle_dont_adjust_delay"] = True
        if slot := downloader.slots.get(host):
            slot.delay, slot.jitter = pace["delay"], 0.0
