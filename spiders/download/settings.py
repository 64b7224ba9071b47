"""Scrapy settings for polite crawls: an honest user agent, delays and limits.

Sources with ``render = true`` need a browser: the system's Chromium, controlled by
scrapy-playwright. Both are loaded only if needed.
"""

import os
import re
import shutil
from importlib.metadata import version
from importlib.util import find_spec
from typing import Any
from urllib.parse import urlsplit

from data.errors import CommuniqueError
from data.network.addresses import may_be_public
from data.network.request_signer import RequestSigner
from data.settings import Network, Settings
from data.text.urls import host_of
from data.wording import how_to_install
from spiders.page.media_files import DOWNLOADS
from spiders.sources.source_file import SourceFile

ROBOT = "Communique"


ROBOTS_POLICY = "obeyed, as RFC 9309 has it"
"""Value of ``robots`` in the archive's warcinfo records."""

BROWSERS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
"""Names of the Chromium executable on different systems."""

RENDER = "render"
"""Key in a request's ``meta`` that makes a browser load the page."""

LOADED = "loaded"
"""Key in a request's ``meta`` for the requisites that a browser requested for the page, as a map
from URLs to kinds (see spiders.requisites.style_sheet)."""

TAB = "communique_tab"
"""Key in a request's ``meta`` for the browser tab to close after the request."""

PICTURED = "pictured"
"""Key in a request's ``meta`` for the arguments of ``show_archived``. With it, a browser shows an
archived page to take pictures, and the response is not archived."""

PICTURES = "pictures"
"""Key in a request's ``meta`` for the screenshot and the PDF as bytes, by PICTURE_TYPES."""

PICTURE_TYPES = {"screenshot": "image/webp", "pdf": "application/pdf"}
"""Media types of a page's pictures, by the kind of picture in the URL of the archive record."""

EXTEND = "extend"
"""Key in a request's ``meta`` for the function that chooses controls to click for more rows."""

FILE_PATH = re.compile(rf"\.(?:{DOWNLOADS}|xml|rss|json)$", re.IGNORECASE)
"""Pattern of URL paths of files that need no browser."""

SIGNER = "COMMUNIQUE_SIGNER"
"""Name of the Scrapy setting with the RequestSigner, or None if requests are not signed."""

PROXIES = "COMMUNIQUE_PROXIES"
"""Name of the Scrapy setting with the addresses of proxies by name or host."""

ALLOW_PRIVATE = "COMMUNIQUE_ALLOW_PRIVATE"
"""Name of the Scrapy setting for whether private addresses may be requested."""

CONNECTIONS = "COMMUNIQUE_CONNECTIONS"
"""Name of the Scrapy setting with the `CrawlConnections` of the crawl."""

MODULE = "spiders.download.playwright_handler"
HANDLER = f"{MODULE}.RenderingHandler"


class CrawlConnections:
    """Facts about the connections of one crawl, collected by its resolver and proxies.

    Twisted and the browser only report that a look-up failed or a connection closed.
    """

    def __init__(self) -> None:
        self.refused: dict[str, str] = {}
        """For each rejected host, the private address that is the reason."""
        self.proxy_failures: dict[str, str] = {}
        """Why the operator's proxy failed, by host."""
        self.silent_proxies: dict[str, str] = {}
        """For each host, the operator's proxy that has not delivered any data yet."""
        self.gateways: set[int] = set()
        """Ports on 127.0.0.1 of our own gateways (spiders.download.proxy)."""

    def __deepcopy__(self, _: dict[int, Any]) -> "CrawlConnections":
        """Return this object itself: Scrapy copies the settings, but parts of a crawl share it."""
        return self


def user_agent(settings: Settings) -> str:
    """Return the user agent: the name of this program and the operator's contact.

    If `site.url` is set, it also contains the address of the page about our visits.
    """
    own, contact, site = f"{ROBOT}/{version('communique')}", settings.network.contact, settings.site
    if not contact:
        return own
    is_set = site.url.startswith("https:") or may_be_public(host_of(site.url))
    page = f"{bot_page_address(settings)}; " if is_set else ""
    return f"{own} (+{page}{contact})"


def bot_page_address(settings: Settings) -> str:
    """Return the address of the page about our visits."""
    return f"{settings.site.url.rstrip('/')}/bot"


def scrapy_settings(settings: Settings, signer: RequestSigner | None = None) -> dict[str, Any]:
    """Return the Scrapy settings that all crawls use. ``signer`` signs their requests."""
    network = settings.network
    return {
        "USER_AGENT": user_agent(settings),
        SIGNER: signer,
        PROXIES: dict(network.proxies),
        CONNECTIONS: CrawlConnections(),
        "ROBOTSTXT_USER_AGENT": ROBOT,
        "SCHEDULER": "spiders.download.downloader.HostQueues",
        "DOWNLOADER": "spiders.download.downloader.LimitedDownloader",
        "DOWNLOAD_DELAY": network.delay,
        "CONCURRENT_REQUESTS_PER_DOMAIN": 1,
        # Maximum for all hosts together. Each host has one request at a time.
        "CONCURRENT_REQUESTS": 100,
        # DNS look-ups wait in threads, so that a silent name server delays only its own hosts.
        "REACTOR_THREADPOOL_MAXSIZE": 50,
        "DNS_TIMEOUT": 20,
        "AUTOTHROTTLE_ENABLED": True,
        "AUTOTHROTTLE_START_DELAY": network.delay,
        ALLOW_PRIVATE: network.allow_private,
        "DOWNLOAD_TIMEOUT": network.timeout,
        "DOWNLOAD_MAXSIZE": network.max_bytes,
        "DOWNLOAD_WARNSIZE": 0,
        # The archive keeps a truncated body, and TruncationMiddleware rejects it.
        "DOWNLOAD_FAIL_ON_DATALOSS": False,
        "RETRY_TIMES": 1,
        # The visit reports the failure. URLs in a log may contain secrets.
        "RETRY_GIVE_UP_LOG_LEVEL": "DEBUG",
        "REDIRECT_MAX_TIMES": 8,
        # Only web protocols, because redirects and listings must not read local files.
        "DOWNLOAD_HANDLERS": {
            **dict.fromkeys(["http", "https"], "spiders.download.size_limits.BoundedHandler"),
            **dict.fromkeys(["file", "data", "ftp", "s3"]),
        },
        "TWISTED_DNS_RESOLVER": "spiders.download.ssrf.HostResolver",
        "DOWNLOADER_MIDDLEWARES": {
            "scrapy.downloadermiddlewares.robotstxt.RobotsTxtMiddleware": None,
            "spiders.download.middlewares.PublicOnlyMiddleware": 60,
            "spiders.download.robots.RobotsMiddleware": 100,
            # Closer to the server than RetryMiddleware (550).
            "spiders.download.retry_after.RetryAfterMiddleware": 560,
            "spiders.download.middlewares.PlainRedirectMiddleware": 70,
            "spiders.download.documents.DocumentMiddleware": 570,
            "spiders.download.middlewares.CheapMetaRefreshMiddleware": 580,
            # Replaced by BoundedCookies.
            "scrapy.downloadermiddlewares.cookies.CookiesMiddleware": None,
            "spiders.download.middlewares.BoundedCookies": 700,
            "scrapy.downloadermiddlewares.redirect.RedirectMiddleware": None,
            "spiders.download.middlewares.SafeRedirectMiddleware": 600,
            "scrapy.downloadermiddlewares.httpcompression.HttpCompressionMiddleware": None,
            "spiders.download.truncation.TruncationMiddleware": 585,
            "spiders.download.size_limits.DecompressionMiddleware": 590,
            "spiders.download.downloader.SlowPagesMiddleware": 990,
            "spiders.download.proxy.ProxyMiddleware": 992,
            "spiders.download.signing.SigningMiddleware": 995,
            "spiders.download.capture.CaptureMiddleware": 1000,
            # Each middleware takes time per request and response. These are replaced by our own.
            "scrapy.downloadermiddlewares.offsite.OffsiteMiddleware": None,
            "scrapy.downloadermiddlewares.httpauth.HttpAuthMiddleware": None,
            "scrapy.downloadermiddlewares.redirect.MetaRefreshMiddleware": None,
            "scrapy.downloadermiddlewares.stats.DownloaderStats": None,
            "scrapy.downloadermiddlewares.httpcache.HttpCacheMiddleware": None,
            # Proxies in the environment are ignored, because they would resolve host names without
            # our check. ProxyMiddleware uses those of the settings.
            "scrapy.downloadermiddlewares.httpproxy.HttpProxyMiddleware": None,
        },
        "SPIDER_MIDDLEWARES": {
            "scrapy.spidermiddlewares.metacopy.MetaCopyDetectionMiddleware": None,
            "scrapy.spidermiddlewares.referer.RefererMiddleware": None,
            "scrapy.spidermiddlewares.depth.DepthMiddleware": None,
            "scrapy.spidermiddlewares.start.StartSpiderMiddleware": None,
            # This middleware silently drops requests for long URLs, and the visit would wait for
            # the response.
            "scrapy.spidermiddlewares.urllength.UrlLengthMiddleware": None,
        },
        # Disabled extensions would still be imported, and two of them listen on a port.
        "EXTENSIONS_BASE": {"scrapy.extensions.throttle.AutoThrottle": 0},
        # Our spider requests each URL once, by its canonical form.
        "DUPEFILTER_CLASS": "scrapy.dupefilters.BaseDupeFilter",
        # The default is last in, first out, but a listing begins with the newest release.
        "SCHEDULER_MEMORY_QUEUE": "scrapy.squeues.FifoMemoryQueue",
        # The default starts 100 tasks per response, which takes a third of the time.
        "CONCURRENT_ITEMS": 1,
        # The default parses the source code of a callback per response, a sixth of our time.
        "WARN_ON_GENERATOR_RETURN_VALUE": False,
        "COOKIES_ENABLED": True,
        # Standard error goes to crawl.log through the parent, with tracebacks of our own bugs.
        "LOG_LEVEL": "ERROR",
        # The default reads the metadata of nine packages for a message below the log level.
        "LOG_VERSIONS": [],
        "STATS_DUMP": False,
    }


class BrowserMissing(CommuniqueError):
    """Raised if a source or a setting needs a browser but none is installed."""

    exit_code = 2

    def __init__(self, what: str, fix: str) -> None:
        super().__init__(
            "render = true and archive.screenshots need a browser, but"
            f" {what} is not installed: {fix}"
        )
        self.what = what


def find_browser() -> str:
    """Return the path of the Chromium executable.

    Raises BrowserMissing if Chromium is not installed. The message names the package to install.
    """
    fix = how_to_install("communique[browser]")
    if find_spec("scrapy_playwright") is None:
        raise BrowserMissing(
            "scrapy-playwright", f"run {fix}, and install the system's chromium package"
        )
    for name in BROWSERS:
        if path := shutil.which(name):
            return path
    raise BrowserMissing("Chromium", "install the system's chromium package")


def needs_browser(file: SourceFile, url: str) -> bool:
    """Whether a page of a source needs a browser. Feeds and documents never do."""
    return file.render and url != file.feed and not FILE_PATH.search(urlsplit(url).path)


def render_settings(network: Network) -> dict[str, Any]:
    """Return Scrapy settings for requests that a browser must load.

    These requests have ``render`` in their ``meta``. Raises BrowserMissing if no browser is
    installed.
    """
    handlers = {"file": None, "data": None, "ftp": None, "s3": None}
    return {
        "DOWNLOAD_HANDLERS": handlers | {"http": HANDLER, "https": HANDLER},
        "PLAYWRIGHT_BROWSER_PROVIDER": f"{MODULE}.ProxiedBrowserProvider",
        "PLAYWRIGHT_LAUNCH_OPTIONS": {
            "executable_path": find_browser(),
            # Chromium does not run its sandbox as root.
            "chromium_sandbox": os.geteuid() != 0,
            # All traffic must go through our proxy.
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
