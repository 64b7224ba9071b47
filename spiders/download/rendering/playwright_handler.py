"""Scrapy's download handler for the browser; imported only if a source needs it."""

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

UNREAD_TYPES = {"image", "media", "font"}
"""Resource types that a browser loads only for display."""

MAX_SETTLE_MILLISECONDS = 10_000
"""Maximum milliseconds that a page may load after its document."""

TAB = "communique_tab"

NOT_LOADED = "its scripts led the browser to an address that it can't load"


class ProxiedBrowserProvider(PlaywrightBrowserProvider):
    """A browser whose traffic goes through the proxy."""

    def __init__(self, config: Any) -> None:
        super().__init__(config)
        self._gateway = PublicOnlyProxy(**config.launch_options.pop("communique"))

    async def start(self) -> None:
        """Start the proxy, then Playwright."""
        server = await self._gateway.open()
        # By default, Chromium requests loopback addresses without the proxy.
        self.config.launch_options["proxy"] = {"server": server, "bypass": "<-loopback>"}
        await super().start()

    async def close(self) -> None:
        """Stop Playwright and the proxy."""
        await super().close()
        self._gateway.close()


class RenderingHandler(ScrapyPlaywrightDownloadHandler):
    """Downloads requests with ``render`` by a browser, and others as usual."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        bound_heads(self._pool)

    async def download_request(self, request: Request) -> Response:
        """Return the response; a page that loads endlessly fails after the time-out."""
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
    """Return the response if it comes from the web, not from an error page of the browser.

    Raises IgnoreRequest otherwise.
    """
    if not is_web(response.url):
        raise IgnoreRequest(NOT_LOADED)
    return response


def is_heavy(request: TabRequest) -> bool:
    """Whether a browser's request loads an image, a medium or a font."""
    return request.resource_type in UNREAD_TYPES


async def _remember(tab: Tab, request: Request) -> None:
    request.meta[TAB] = tab


async def _settle(tab: Tab) -> None:
    """Wait until a page stops loading; after the limit it is read as it is."""
    with suppress(PlaywrightError):
        await tab.wait_for_load_state("networkidle", timeout=MAX_SETTLE_MILLISECONDS)
