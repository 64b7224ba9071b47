"""The browser itself, as Scrapy's download handler; imported only where a source asks for it."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Page as Tab
from playwright.async_api import Request as TabRequest
from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response
from scrapy_playwright.handler import ScrapyPlaywrightDownloadHandler
from scrapy_playwright.page import PageMethod
from scrapy_playwright.provider import PlaywrightBrowserProvider

from spiders.download.browser import EXTEND, RENDER
from spiders.download.header_limits import bound_heads
from spiders.download.hosts import is_own_machine
from spiders.download.proxy import PublicOnlyProxy
from spiders.download.rendering.more_rows import MAX_SECONDS, show_more_rows
from spiders.page.page import is_web

HEAVY = {"image", "media", "font"}
"""What a browser would load for the eye only."""

QUIET = 10_000
"""Milliseconds that a page may go on loading after its document is there."""

TAB = "communique_tab"

NOT_LOADED = "its scripts lead the browser to an address that it can't load"


class ProxiedBrowserProvider(PlaywrightBrowserProvider):
    """A browser all of whose traffic goes through the gateway."""

    def __init__(self, config: Any) -> None:
        super().__init__(config)
        self._gateway = PublicOnlyProxy(**config.launch_options.pop("communique"))

    async def start(self) -> None:
        """Open the gateway, then Playwright."""
        server = await self._gateway.open()
        # By default Chromium passes loopback by any proxy.
        self.config.launch_options["proxy"] = {"server": server, "bypass": "<-loopback>"}
        await super().start()

    async def close(self) -> None:
        """Close both."""
        await super().close()
        self._gateway.close()


class RenderingHandler(ScrapyPlaywrightDownloadHandler):
    """Fetches requests with ``render`` by a browser, and all others as ever."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        bound_heads(self._pool)

    async def download_request(self, request: Request) -> Response:
        """The answer to a request; a page that goes on for ever is given up after the time-out."""
        if not request.meta.get(RENDER):
            response: Response = await super().download_request(request)
            return response
        steps = [PageMethod(_settle)]
        patience = self._crawler.settings.getfloat("DOWNLOAD_TIMEOUT")
        if chosen := request.meta.get(EXTEND):
            own = is_own_machine(request.url)
            delay = 0.0 if own else self._crawler.settings.getfloat("DOWNLOAD_DELAY")
            steps.append(PageMethod(show_more_rows, chosen, delay))
            patience += MAX_SECONDS
        request.meta.update(
            playwright=True,
            playwright_page_init_callback=_remember,
            playwright_page_goto_kwargs={"wait_until": "load"},
            playwright_page_methods=steps,
        )
        try:
            async with asyncio.timeout(patience):
                response = await super().download_request(request)
        finally:
            tab: Tab | None = request.meta.pop(TAB, None)
            if tab is not None and not tab.is_closed():
                await tab.close()
        return from_web(response)


def from_web(response: Response) -> Response:
    """The answer, if it is of the web: a browser has pages of its own for what it can't load.

    Raises IgnoreRequest where it is not.
    """
    if not is_web(response.url):
        raise IgnoreRequest(NOT_LOADED)
    return response


def is_heavy(request: TabRequest) -> bool:
    """Whether a request of a page brings nothing that can be read."""
    return request.resource_type in HEAVY


async def _remember(tab: Tab, request: Request) -> None:
    request.meta[TAB] = tab


async def _settle(tab: Tab) -> None:
    """Wait until a page asks for nothing more; one that never rests is read as it is."""
    with suppress(PlaywrightError):
        await tab.wait_for_load_state("networkidle", timeout=QUIET)
