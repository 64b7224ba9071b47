"""Scrapy settings for sources with ``render = true``, whose pages need a browser.

The browser is the system's Chromium, controlled by scrapy-playwright. Both are loaded only if a
source needs them.
"""

from __future__ import annotations

import os
import re
import shutil
from importlib.util import find_spec
from typing import Any
from urllib.parse import urlsplit

from data.errors import CommuniqueError
from data.settings import Network
from data.wording import how_to_install
from spiders.page.file_types import DOWNLOADS
from spiders.sources.source_file import SourceFile

BROWSERS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
"""Names of Chromium's executable on different systems."""

RENDER = "render"
"""Key in a request's meta that requests a browser."""

EXTEND = "extend"
"""Key in a request's meta of the function that chooses controls to show more rows."""

FILE_PATH = re.compile(rf"\.(?:{DOWNLOADS}|xml|rss|json)$", re.IGNORECASE)
"""Paths of files that need no browser."""

MODULE = "spiders.download.rendering.playwright_handler"
HANDLER = f"{MODULE}.RenderingHandler"


class BrowserMissing(CommuniqueError):
    """A source needs a browser, and none is installed."""

    exit_code = 2

    def __init__(self, what: str, fix: str) -> None:
        super().__init__(f"render = true needs a browser, but {what} is not installed: {fix}")
        self.what = what


def find_browser() -> str:
    """Return the path of Chromium. Raises BrowserMissing with the package to install."""
    fix = how_to_install("communique[browser]")
    if find_spec("scrapy_playwright") is None:
        raise BrowserMissing("scrapy-playwright", f"{fix}, and the system's chromium")
    for name in BROWSERS:
        if path := shutil.which(name):
            return path
    raise BrowserMissing("Chromium", f"install the system's package chromium (with {fix})")


def needs_browser(file: SourceFile, url: str) -> bool:
    """Whether a page of a source needs a browser; feeds and documents never do."""
    return file.render and url != file.feed and not FILE_PATH.search(urlsplit(url).path)


def render_settings(network: Network) -> dict[str, Any]:
    """Return Scrapy settings that send requests with ``render`` through a browser.

    Raises BrowserMissing.
    """
    handlers = {"file": None, "data": None, "ftp": None, "s3": None}
    return {
        "DOWNLOAD_HANDLERS": handlers | {"http": HANDLER, "https": HANDLER},
        "PLAYWRIGHT_BROWSER_PROVIDER": f"{MODULE}.ProxiedBrowserProvider",
        "PLAYWRIGHT_LAUNCH_OPTIONS": {
            "executable_path": find_browser(),
            # Chromium does not run its sandbox as root.
            "chromium_sandbox": os.geteuid() != 0,
            # All traffic must use our gateway.
            "args": ["--force-webrtc-ip-handling-policy=disable_non_proxied_udp"],
            "communique": {
                "allow_private": network.allow_private,
                "max_bytes": network.max_bytes,
            },
        },
        "PLAYWRIGHT_CONTEXTS": {"default": {"service_workers": "block"}},
        "PLAYWRIGHT_ABORT_REQUEST": f"{MODULE}.is_heavy",
        "PLAYWRIGHT_DEFAULT_NAVIGATION_TIMEOUT": network.timeout * 1000,
        "PLAYWRIGHT_MAX_PAGES_PER_CONTEXT": 4,
    }
