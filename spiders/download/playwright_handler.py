"""Scrapy's download handler for pages that need a browser. Imported only if a source needs it.

The handler also loads the rest of a list: it scrolls, and clicks "load more" or "next" buttons. It
clicks only controls without a URL, and never controls in forms. If a script replaces rows, the
replaced rows are added again at the end, so that the document contains all rows that were visible.

For screenshots and PDFs, the browser gets a page and its requisites from the archive, so they show
the archived version. The browser requests only missing parts, through the gateway like every other
request.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from importlib.resources import files
from typing import Any, Final, TypeAlias
from weakref import WeakSet

from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Page as Tab
from playwright.async_api import Request as TabRequest
from playwright.async_api import Route
from playwright.async_api import TimeoutError as PlaywrightTimeout
from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response
from scrapy_playwright.handler import ScrapyPlaywrightDownloadHandler
from scrapy_playwright.headers import use_scrapy_headers
from scrapy_playwright.page import PageMethod
from scrapy_playwright.provider import PlaywrightBrowserProvider

from data.archive.archived_response import Served
from data.network.hosts import is_own_machine
from data.network.request_signer import RequestSigner
from data.text.urls import is_web
from spiders.download.proxy import PublicOnlyProxy
from spiders.download.settings import (
    CONNECTIONS,
    EXTEND,
    LOADED,
    PICTURED,
    PICTURES,
    RENDER,
    SIGNER,
    TAB,
)
from spiders.download.size_limits import bound_heads

UNREAD_TYPES = {"image", "media", "font"}
"""Types of resources that the browser does not load, because they are only for display."""

REQUISITE_TYPES: Final = {
    "stylesheet": "style",
    "font": "font",
    "image": "image",
    "script": "script",
}
"""Kinds of page requisites by the browser's type of resource. Images and fonts are not loaded, but
their URLs are recorded."""

MAX_LOADED: Final = 500
"""Maximum number of requisites whose URLs are recorded per page."""

MAX_SETTLE_MILLISECONDS = 10_000
"""Maximum time in milliseconds to wait for a page's other resources after its document."""

NO_PICTURE: Final = "the browser could not take its screenshot or print it"

NOT_LOADED = "scripts of the page led the browser to an address that can't be loaded"

MAX_STEPS: Final = 100
"""Maximum number of clicks and scrolls per page."""

MAX_ROWS: Final = 1_000
"""Number of list rows at which no more rows are loaded."""

MAX_SECONDS: Final = 120.0
"""Maximum total time to load further rows of a page, in seconds."""

STEP_MILLISECONDS: Final = 3_000
"""Maximum time to wait for new rows after a click or scroll, in milliseconds."""

ControlChooser: TypeAlias = Callable[[Sequence[Sequence[str]]], int | None]
"""Function that returns the index of the control to click, or None to scroll, given the labels and
names of each control."""

_TOOLS: Final = files("spiders.download").joinpath("more_rows.js").read_text("utf-8")
"""JavaScript functions for use on a page, called by the scripts below."""


class ProxiedBrowserProvider(PlaywrightBrowserProvider):
    """Starts a browser whose traffic goes through the proxy that blocks private addresses."""

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
    """Downloads a request with a browser if its ``meta`` contains ``render``, else as usual."""

    def __init__(self, crawler: Crawler) -> None:
        # ProxiedBrowserProvider passes these options to its proxy.
        options = crawler.settings["PLAYWRIGHT_LAUNCH_OPTIONS"]["communique"]
        options["connections"] = crawler.settings[CONNECTIONS]
        super().__init__(crawler)
        bound_heads(self._pool)
        if signer := crawler.settings.get(SIGNER):
            self.process_request_headers = partial(signed_headers, signer)

    async def download_request(self, request: Request) -> Response:
        """Download the response to a request.

        If a page never finishes loading, the request fails after the time-out.
        """
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
        if page := request.meta.get(PICTURED):
            request.meta.update(
                playwright_context=PICTURED,
                playwright_context_kwargs={"service_workers": "block"},
                playwright_page_init_callback=partial(show_archived, *page),
                # A slow image must not prevent the picture.
                playwright_page_goto_kwargs={"wait_until": "domcontentloaded"},
                playwright_page_methods=[*steps, PageMethod(take_pictures, request.meta)],
            )
        try:
            async with asyncio.timeout(patience):
                response = await super().download_request(request)
        except PlaywrightError as error:
            if page and not isinstance(error, PlaywrightTimeout):
                raise IgnoreRequest(NO_PICTURE) from error
            raise
        finally:
            tab: Tab | None = request.meta.pop(TAB, None)
            if tab is not None and not tab.is_closed():
                await tab.close()
        if not is_web(response.url):
            # It is the browser's own error page.
            raise IgnoreRequest(NOT_LOADED)
        return response


async def signed_headers(
    signer: RequestSigner, playwright_request: TabRequest, **named: Any
) -> dict[str, str]:
    """Return the headers that sign a request of the browser for the request's host.

    If the browser follows a redirect itself, it sends the same headers, whose signature is invalid
    for another host.
    """
    headers = await use_scrapy_headers(playwright_request=playwright_request, **named)
    signature = signer.headers(playwright_request.url) if is_web(playwright_request.url) else {}
    return {name.lower(): value for name, value in (*headers.items(), *signature.items())}


def is_heavy(request: TabRequest) -> bool:
    """Whether the browser requests a file that it does not need: an image, media or a font.

    Archived pages are shown with their images and fonts.
    """
    is_shown = request.resource_type != "media" and request.frame.page in _ARCHIVE_TABS
    return request.resource_type in UNREAD_TYPES and not is_shown


async def _remember(tab: Tab, request: Request) -> None:
    request.meta[TAB] = tab
    loaded: dict[str, str] = {}
    request.meta[LOADED] = loaded

    def note(asked: TabRequest) -> None:
        kind = REQUISITE_TYPES.get(asked.resource_type)
        if kind and len(loaded) < MAX_LOADED and is_web(asked.url):
            loaded.setdefault(asked.url.partition("#")[0], kind)

    tab.on("request", note)


async def _settle(tab: Tab) -> None:
    """Wait until a page stops loading, at most MAX_SETTLE_MILLISECONDS."""
    with suppress(PlaywrightError):
        await tab.wait_for_load_state("networkidle", timeout=MAX_SETTLE_MILLISECONDS)


async def show_more_rows(tab: Tab, chosen: ControlChooser, delay: float) -> None:
    """Load the rows of a list until no new rows appear. Wait ``delay`` seconds per step.

    ``chosen`` selects the control to click. MAX_STEPS, MAX_ROWS and MAX_SECONDS limit the steps,
    rows and seconds. If a click opens another page, the browser goes back.
    """
    address = tab.url
    try:
        await tab.evaluate(_TOOLS)
        with suppress(TimeoutError):
            async with asyncio.timeout(MAX_SECONDS):
                await _extend(tab, chosen, delay)
        await tab.evaluate("() => communiqueRows.finish()")
        if tab.url != address:
            await tab.evaluate("address => history.replaceState(null, '', address)", address)
    except PlaywrightError:
        # A click led to another page, or the page was closed. The caller reads the page as it is.
        if tab.url != address and not tab.is_closed():
            with suppress(PlaywrightError):
                await tab.goto(address)


async def _extend(tab: Tab, chosen: ControlChooser, delay: float) -> None:
    rows = await tab.evaluate("most => communiqueRows.remember(most)", MAX_ROWS)
    for _ in range(MAX_STEPS):
        if rows >= MAX_ROWS:
            return
        await asyncio.sleep(delay)
        place = chosen(await tab.evaluate("() => communiqueRows.controls()"))
        if place is None:
            await tab.evaluate("() => communiqueRows.scroll()")
        else:
            await tab.evaluate("place => communiqueRows.click(place)", place)
        try:
            await tab.wait_for_function(
                "([rows, most]) => communiqueRows.remember(most) > rows",
                arg=[rows, MAX_ROWS],
                timeout=STEP_MILLISECONDS,
            )
        except PlaywrightError:
            # If no new rows appear in time, either the list has ended or the click led to another
            # page.
            await tab.evaluate("() => communiqueRows.controls()")
            return
        rows = await tab.evaluate("most => communiqueRows.remember(most)", MAX_ROWS)


PICTURE_WIDTH: Final = 1280
"""Width of a screenshot in pixels."""

MAX_HEIGHT: Final = 16_000
"""Maximum height of a screenshot in pixels. A WebP image has at most 16,383."""

MAX_PICTURE_BYTES: Final = 8_000_000
"""Maximum size of a screenshot or PDF in bytes. Larger ones are not archived."""

MAX_PDF_PAGES: Final = 100

QUALITY: Final = 80
"""Quality of a screenshot, from 0 to 100."""

SCREEN_HEIGHT: Final = 720
"""Height in pixels of the window, and of one step through a page to load its lazy images."""

STEP_SECONDS: Final = 0.05

StoredPart: TypeAlias = Callable[[str], Served | None]
"""Function that returns the archived file at a URL, or None."""

_ARCHIVE_TABS: Final[WeakSet[Tab]] = WeakSet()
"""Tabs that show an archived page."""


async def show_archived(page: Served, stored: StoredPart, tab: Tab, request: Request) -> None:
    """Prepare a tab to show an archived page instead of requesting it.

    The page can't lead the tab to another page, or open further tabs.
    """
    request.meta[TAB] = tab
    _ARCHIVE_TABS.add(tab)
    tab.on("popup", Tab.close)
    if page.rendered:
        # The document already has the content from its scripts.
        session = await tab.context.new_cdp_session(tab)
        await session.send("Emulation.setScriptExecutionDisabled", {"value": True})
    waiting = [page]

    async def serve(route: Route) -> None:
        asked = route.request
        with suppress(PlaywrightError):
            if asked.is_navigation_request() and asked.frame == tab.main_frame:
                found = waiting.pop() if waiting else None
                if found is None:
                    await route.abort()
                    return
            else:
                found = stored(asked.url)
            if found is None:
                await route.fallback()
                return
            # Fonts and modules of other hosts need the second field.
            headers = {"Content-Type": found.content_type, "Access-Control-Allow-Origin": "*"}
            await route.fulfill(status=found.status, headers=headers, body=found.body)

    await tab.route("**", serve)


async def take_pictures(tab: Tab, meta: dict[str, Any]) -> None:
    """Add the screenshot and the PDF of a page to ``meta``, unless they are too large."""
    session = await tab.context.new_cdp_session(tab)
    await session.send("Page.stopLoading")
    height = await _height(session)
    for top in range(SCREEN_HEIGHT, height, SCREEN_HEIGHT):
        await tab.evaluate("top => scrollTo(0, top)", top)
        await asyncio.sleep(STEP_SECONDS)
    await tab.evaluate("() => scrollTo(0, 0)")
    clip = {"x": 0, "y": 0, "width": PICTURE_WIDTH, "height": await _height(session), "scale": 1}
    taken = await session.send(
        "Page.captureScreenshot",
        {"format": "webp", "quality": QUALITY, "captureBeyondViewport": True, "clip": clip},
    )
    printed = await tab.pdf(format="A4", print_background=True, page_ranges=f"1-{MAX_PDF_PAGES}")
    pictures = {"screenshot": base64.b64decode(taken["data"]), "pdf": printed}
    meta[PICTURES] = {kind: one for kind, one in pictures.items() if len(one) <= MAX_PICTURE_BYTES}


async def _height(session: Any) -> int:
    metrics = await session.send("Page.getLayoutMetrics")
    return max(1, min(int(metrics["cssContentSize"]["height"]), MAX_HEIGHT))
