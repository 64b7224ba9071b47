"""Scrapy's settings, as a press room deserves: honest, slow on others' machines, bounded."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from data.settings import Network

ROBOT = "Communique"


ROBOTS_POLICY = "obeyed, as RFC 9309 has it"
"""What records of the archive say of how we treat robots.txt."""


def user_agent(network: Network) -> str:
    """The user agent: our name, and how to reach whoever runs this."""
    own = f"{ROBOT}/{version('communique')}"
    return f"{own} (+{network.contact})" if network.contact else own


def scrapy_settings(network: Network) -> dict[str, Any]:
    """The settings of a crawl, whatever it asks for."""
    return {
        "USER_AGENT": user_agent(network),
        "ROBOTSTXT_USER_AGENT": ROBOT,
        "SCHEDULER": "spiders.download.host_queues.HostQueues",
        "DOWNLOADER": "spiders.download.limited_downloader.LimitedDownloader",
        "DOWNLOAD_DELAY": network.delay,
        "CONCURRENT_REQUESTS_PER_DOMAIN": 1,
        # Of all hosts together; each has one of them.
        "CONCURRENT_REQUESTS": 100,
        # Look-ups of names wait in threads: a name server that does not answer holds up its own.
        "REACTOR_THREADPOOL_MAXSIZE": 50,
        "DNS_TIMEOUT": 20,
        "AUTOTHROTTLE_ENABLED": True,
        "AUTOTHROTTLE_START_DELAY": network.delay,
        "COMMUNIQUE_ALLOW_PRIVATE": network.allow_private,
        "DOWNLOAD_TIMEOUT": network.timeout,
        "DOWNLOAD_MAXSIZE": network.max_bytes,
        "DOWNLOAD_WARNSIZE": 0,
        # The archive keeps what came before the connection was lost; TruncationMiddleware fails it.
        "DOWNLOAD_FAIL_ON_DATALOSS": False,
        "RETRY_TIMES": 1,
        # The run tells, and addresses may hold secrets.
        "RETRY_GIVE_UP_LOG_LEVEL": "DEBUG",
        "REDIRECT_MAX_TIMES": 8,
        # Only the web: a redirect or a listing can't make us read files.
        "DOWNLOAD_HANDLERS": {
            **dict.fromkeys(["http", "https"], "spiders.download.header_limits.BoundedHandler"),
            **dict.fromkeys(["file", "data", "ftp", "s3"]),
        },
        "TWISTED_DNS_RESOLVER": "spiders.download.ssrf.HostResolver",
        "DOWNLOADER_MIDDLEWARES": {
            "scrapy.downloadermiddlewares.robotstxt.RobotsTxtMiddleware": None,
            "spiders.download.middlewares.PublicOnlyMiddleware": 60,
            "spiders.download.robots.middleware.RobotsMiddleware": 100,
            # Nearer to the server than RetryMiddleware, at 550.
            "spiders.download.retry_after.RetryAfterMiddleware": 560,
            "spiders.download.middlewares.PlainRedirectMiddleware": 70,
            "spiders.download.documents.DocumentMiddleware": 570,
            "spiders.download.middlewares.CheapMetaRefreshMiddleware": 580,
            # In place of Scrapy's own.
            "scrapy.downloadermiddlewares.cookies.CookiesMiddleware": None,
            "spiders.download.middlewares.BoundedCookies": 700,
            "scrapy.downloadermiddlewares.redirect.RedirectMiddleware": None,
            "spiders.download.middlewares.SafeRedirectMiddleware": 600,
            "scrapy.downloadermiddlewares.httpcompression.HttpCompressionMiddleware": None,
            "spiders.download.truncation.TruncationMiddleware": 585,
            "spiders.download.decompression.DecompressionMiddleware": 590,
            "spiders.download.limited_downloader.SlowPagesMiddleware": 990,
            "spiders.download.capture.CaptureMiddleware": 1000,
            # What they would do for a crawl, ours does itself or has no use for: each is asked of
            # every request and answer.
            "scrapy.downloadermiddlewares.offsite.OffsiteMiddleware": None,
            "scrapy.downloadermiddlewares.httpauth.HttpAuthMiddleware": None,
            "scrapy.downloadermiddlewares.redirect.MetaRefreshMiddleware": None,
            "scrapy.downloadermiddlewares.stats.DownloaderStats": None,
            "scrapy.downloadermiddlewares.httpcache.HttpCacheMiddleware": None,
            # The environment's proxies are not used: they would resolve names beyond our check.
            "scrapy.downloadermiddlewares.httpproxy.HttpProxyMiddleware": None,
        },
        "SPIDER_MIDDLEWARES": {
            "scrapy.spidermiddlewares.metacopy.MetaCopyDetectionMiddleware": None,
            "scrapy.spidermiddlewares.referer.RefererMiddleware": None,
            "scrapy.spidermiddlewares.depth.DepthMiddleware": None,
            "scrapy.spidermiddlewares.start.StartSpiderMiddleware": None,
            # It drops a request for a long address without a word, and a visit would wait for it.
            "scrapy.spidermiddlewares.urllength.UrlLengthMiddleware": None,
        },
        # All others would be imported though they are switched off; two of them listen on a port.
        "EXTENSIONS_BASE": {"scrapy.extensions.throttle.AutoThrottle": 0},
        # Our spider follows each address once, by its canonical form.
        "DUPEFILTER_CLASS": "scrapy.dupefilters.BaseDupeFilter",
        # By default what was asked for last comes first; a listing begins with the newest.
        "SCHEDULER_MEMORY_QUEUE": "scrapy.squeues.FifoMemoryQueue",
        # By default Scrapy starts 100 tasks for each response: a third of its speed.
        "CONCURRENT_ITEMS": 1,
        # By default it parses the source of a callback for each response: a sixth of our time.
        "WARN_ON_GENERATOR_RETURN_VALUE": False,
        "COOKIES_ENABLED": True,
        # To standard error, which the parent keeps in crawl.log: tracebacks of our own bugs.
        "LOG_LEVEL": "ERROR",
        "STATS_DUMP": False,
    }
