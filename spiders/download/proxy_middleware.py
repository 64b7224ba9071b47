"""Send the requests of a source or host through the operator's proxy.

Each proxy has a gateway on loopback in the crawl's process. The gateway resolves the site's name
and checks the IP address. The operator's proxy receives only this address (see
spiders.download.proxy).
"""

import asyncio
import sys

from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured

from data.text.urls import host_of
from spiders.download.limited_downloader import visit_of
from spiders.download.proxy import PublicOnlyProxy, Upstream, upstream_of
from spiders.download.settings import ALLOW_PRIVATE, CONNECTIONS, PROXIES, RENDER, CrawlConnections


class ProxyMiddleware:
    """Selects the proxy for a request: the source's proxy if it has one, or else the host's.

    It also runs for redirects and robots.txt.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._proxies = {
            name: Upstream.of(name, url) for name, url in crawler.settings[PROXIES].items()
        }
        self._allow_private = crawler.settings.getbool(ALLOW_PRIVATE)
        self._connections: CrawlConnections = crawler.settings[CONNECTIONS]
        self._gateways: dict[str, PublicOnlyProxy] = {}
        self._opened: dict[str, asyncio.Future[str]] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "ProxyMiddleware":
        """Create the middleware. Raises NotConfigured without proxies."""
        if not crawler.settings.get(PROXIES):
            raise NotConfigured
        made = cls(crawler)
        crawler.signals.connect(made.close, signals.spider_closed)
        return made

    async def process_request(self, request: Request) -> None:
        """Set the proxy of a request.

        A redirected request does not keep the proxy of the previous URL.
        """
        for key in ("proxy", "playwright_context", "playwright_context_kwargs"):
            request.meta.pop(key, None)
        visit = visit_of(request)
        upstream = upstream_of(self._proxies, visit.proxy if visit else "", host_of(request.url))
        if upstream is None:
            return
        gateway = await self._gateway(upstream)
        if request.meta.get(RENDER):
            request.meta["playwright_context"] = f"proxy {upstream.name}"
            request.meta["playwright_context_kwargs"] = {
                "proxy": {"server": gateway, "bypass": "<-loopback>"},
                "service_workers": "block",
            }
        else:
            request.meta["proxy"] = gateway

    def close(self) -> None:
        """Stop all gateways. Called by Scrapy."""
        for gateway in self._gateways.values():
            gateway.close()

    async def _gateway(self, upstream: Upstream) -> str:
        opened = self._opened.get(upstream.name)
        if opened is None:
            # Scrapy limits the size of responses.
            gateway = self._gateways[upstream.name] = PublicOnlyProxy(
                self._connections,
                allow_private=self._allow_private,
                max_bytes=sys.maxsize,
                upstream=upstream,
            )
            opened = self._opened[upstream.name] = asyncio.ensure_future(gateway.open())
        try:
            address = await asyncio.shield(opened)
        except OSError:
            # The next request tries again.
            if self._opened.get(upstream.name) is opened:
                del self._opened[upstream.name]
            raise
        self._connections.gateways.add(int(address.rpartition(":")[2]))
        return address
