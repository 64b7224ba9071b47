"""Scrapy middlewares that block private addresses and handle redirects, refreshes and cookies."""

from __future__ import annotations

import socket
from collections.abc import Iterable
from contextlib import suppress
from http.cookiejar import Cookie
from typing import Final

from scrapy import Request, Spider
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.cookies import CookiesMiddleware
from scrapy.downloadermiddlewares.redirect import MetaRefreshMiddleware, RedirectMiddleware
from scrapy.http import HtmlResponse, Response
from scrapy.http.cookies import CookieJar

from data.network.addresses import refused_address
from data.network.hosts import is_elsewhere
from data.text.masking import without_user
from data.text.urls import host_of
from spiders.download.settings import ALLOW_PRIVATE
from spiders.download.ssrf import PrivateAddressError
from spiders.page.page import recode

CONDITIONS: Final = ("If-None-Match", "If-Modified-Since")

HEAD_BYTES: Final = 16_384
"""Number of bytes that certainly contain a page's first 4,096 characters, in which Scrapy searches
for a meta refresh."""

MAX_COOKIE_BYTES: Final = 4_096
"""Maximum size of the name and value of a cookie, in bytes (RFC 6265, section 6.1)."""

MAX_HEADER_BYTES: Final = 8_000
"""Maximum size of a request's Cookie header, in bytes. Apache and nginx reject lines above 8 KB."""

MAX_HOST_COOKIES: Final = 50
"""Maximum number of cookies per domain (RFC 6265, section 6.1)."""


class PublicOnlyMiddleware:
    """Rejects requests to private IP addresses in URLs.

    (Host names are checked by the resolver.)
    """

    def __init__(self, *, allow_private: bool = False) -> None:
        self._allow_private = allow_private

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> PublicOnlyMiddleware:
        """Create the middleware for a crawl."""
        return cls(allow_private=crawler.settings.getbool(ALLOW_PRIVATE))

    def process_request(self, request: Request) -> None:
        """Raise an error if the URL's host is a private IP address, in any numeric notation."""
        host = host_of(request.url)
        try:
            # inet_aton accepts all numeric notations of an IPv4 address, such as 127.1 and
            # 0x7f000001.
            address = host if ":" in host else socket.inet_ntoa(socket.inet_aton(host))
        except OSError:
            return
        if refused_address([address], allow_private=self._allow_private):
            raise PrivateAddressError(host, address)


class PlainRedirectMiddleware:
    """Removes conditional headers, users and passwords from redirected requests.

    Two pages may have equal ETags or dates, so a conditional request to the new URL could get a
    wrong 304 response. Users and passwords are never sent.
    """

    def process_request(self, request: Request) -> Request | None:
        """Return None to send a request unchanged, or a copy without user and password."""
        if not request.meta.get("redirect_urls"):
            return None
        for name in CONDITIONS:
            request.headers.pop(name, None)
        plain = without_user(request.url)
        return None if plain == request.url else request.replace(url=plain)


class CheapMetaRefreshMiddleware(MetaRefreshMiddleware):
    """Scrapy's middleware for meta refreshes, which decodes only pages that contain one."""

    def process_response(  # type: ignore[override]  # Scrapy no longer gives a spider
        self, request: Request, response: Response
    ) -> Request | Response:
        """Return the response, or a request for the URL in its meta refresh."""
        head = response.body[:HEAD_BYTES].lower()
        # In UTF-16, each ASCII letter has a zero byte.
        if isinstance(response, HtmlResponse) and (b"refresh" in head or b"\x00" in head):
            header = (response.headers.get("Content-Type") or b"").decode("latin-1")
            # Scrapy fails for charsets such as hex, which are Python codecs but decode no text.
            readable = response.replace(body=recode(response.body, header), encoding="utf-8")
            # The target may not be a web URL, such as javascript:.
            with suppress(ValueError):
                made = super().process_response(request, readable)
                # A page that reloads itself would be requested endlessly.
                return made if isinstance(made, Request) and made.url != request.url else response
        return response


class SafeRedirectMiddleware(RedirectMiddleware):
    """Scrapy's redirect middleware, changed to return two kinds of redirects as normal responses.

    These are redirects with an invalid Location, and those that would send a form to another site.
    """

    def process_response(  # type: ignore[override]  # Scrapy no longer gives a spider
        self, request: Request, response: Response
    ) -> Request | Response:
        """Return the response, or a request for the URL that it redirects to."""
        with suppress(ValueError):
            made = super().process_response(request, response)
            if isinstance(made, Request) and made.method == "POST":
                return response if is_elsewhere(made.url, [request.url]) else made
            return made
        return response


class BoundedCookies(CookiesMiddleware):
    """Scrapy's cookie middleware with limits on the size and number of cookies."""

    def process_request(
        self, request: Request, spider: Spider | None = None
    ) -> Request | Response | None:
        """Add as many cookies as fit into one Cookie header to a request, longest paths first."""
        del spider  # Scrapy no longer passes it
        made = super().process_request(request)
        if header := request.headers.get("Cookie"):
            kept, size = [], 0
            for cookie in header.split(b"; "):
                size += len(cookie) + 2
                if size > MAX_HEADER_BYTES:
                    break
                kept.append(cookie)
            request.headers["Cookie"] = b"; ".join(kept)
        return made

    def _process_cookies(
        self, cookies: Iterable[Cookie], *, jar: CookieJar, request: Request
    ) -> None:
        """Store cookies within the limits. Existing cookies of a domain are kept."""
        for cookie in cookies:
            if len(cookie.name.encode()) + len((cookie.value or "").encode()) > MAX_COOKIE_BYTES:
                continue
            super()._process_cookies([cookie], jar=jar, request=request)
            of_domain = jar._cookies.get(cookie.domain, {})  # noqa: SLF001 - it has no other way
            if sum(map(len, of_domain.values())) > MAX_HOST_COOKIES:
                jar.jar.clear(cookie.domain, cookie.path, cookie.name)
