"""Show an archived page in a browser, take a screenshot of it, and print it to a PDF.

The browser gets the page and its requisites from the archive, so the pictures show the archived
version. The browser requests only missing parts, through the gateway like every other request.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final, TypeAlias
from weakref import WeakSet

from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Page as Tab
from playwright.async_api import Request as TabRequest
from playwright.async_api import Route
from scrapy import Request

from data.archive.archived_response import Served
from spiders.download.settings import PICTURES, TAB

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


def loads_images(request: TabRequest) -> bool:
    """Whether a request is for an image or font of an archived page."""
    return request.resource_type != "media" and request.frame.page in _ARCHIVE_TABS


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
