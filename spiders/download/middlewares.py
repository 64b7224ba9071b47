"""Downloader middlewares over those of Scrapy: public addresses, redirects, refresh, cookies."""

from __future__ import annotations

import socket
from collections.abc import Iterable
from contextlib import suppress
from http.cookiejar import Cookie
from typing import Final
from urllib.parse import urlsplit

from scrapy import Request, Spider
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.cookies import CookiesMiddleware
from scrapy.downloadermiddlewares.redirect import MetaRefreshMiddleware, RedirectMiddleware
from scrapy.exceptions import NotConfigured
from scrapy.http import HtmlResponse, Response
from scrapy.http.cookies import CookieJar

from data.network.addresses import is_public
from data.text.redaction import without_user
from data.text.sites import is_elsewhere
from spiders.download.ssrf import PrivateAddressError
from spiders.page.charset import recode


class PublicOnlyMiddleware:
    """Refuses addresses that are written as numbers: those never meet the resolver."""

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> PublicOnlyMiddleware:
        """The middleware, unless the settings allow private addresses."""
        if crawler.settings.getbool("COMMUNIQUE_ALLOW_PRIVATE"):
            raise NotConfigured
        return cls()

    def process_request(self, request: Request) -> None:
        """Let a request pass whose host is a name or a public address."""
        host = urlsplit(request.url).hostname or ""
        try:
            # inet_aton knows the spellings that a resolver takes for an address: 127.1, 0x7f000001.
            address = host if ":" in host else socket.inet_ntoa(socket.inet_aton(host))
        except OSError:
            return
        if not is_public(address):
            raise PrivateAddressError(host, address)


CONDITIONS: Final = ("If-None-Match", "If-Modified-Since")


class PlainRedirectMiddleware:
    """Takes the conditions off a request that was redirected, and a user with a password.

    A 304 would be of no use: a tag may be the same at both addresses, or a date say nothing of
    another page, and the move itself would never be seen. Nobody is asked for by a user and a
    password.
    """

    def process_request(self, request: Request) -> Request | None:
        """Let a request pass, or ask for its address without a user."""
        if not request.meta.get("redirect_urls"):
            return None
        for name in CONDITIONS:
            request.headers.pop(name, None)
        plain = without_user(request.url)
        return None if plain == request.url else request.replace(url=plain)


HEAD: Final = 16_384
"""Bytes of a page in which its first 4,096 characters lie, which is where Scrapy looks."""


class CheapMetaRefreshMiddleware(MetaRefreshMiddleware):
    """Scrapy's own, which decodes every page to look for what few of them have."""

    def process_response(  # type: ignore[override]  # Scrapy no longer gives a spider
        self, request: Request, response: Response
    ) -> Request | Response:
        """The page, or a request for the one that it leads to."""
        head = response.body[:HEAD].lower()
        # In UTF-16 each letter has a zero beside it.
        if isinstance(response, HtmlResponse) and (b"refresh" in head or b"\x00" in head):
            header = (response.headers.get("Content-Type") or b"").decode("latin-1")
            # Scrapy fails at charsets such as hex, which are Python codecs but decode no text.
            readable = response.replace(body=recode(response.body, header), encoding="utf-8")
            # The address may be no address of the web, such as javascript:.
            with suppress(ValueError):
                made = super().process_response(request, readable)
                # A page that only loads itself again would lead in a circle.
                return made if isinstance(made, Request) and made.url != request.url else response
        return response


class SafeRedirectMiddleware(RedirectMiddleware):
    """Scrapy's own, without two kinds of redirects, whose responses are reported with the page.

    These are a Location that is not an address, and one that would send a form to another site.
    """

    def process_response(  # type: ignore[override]  # Scrapy no longer gives a spider
        self, request: Request, response: Response
    ) -> Request | Response:
        """The response, or a request for the page that it leads to."""
        with suppress(ValueError):
            made = super().process_response(request, response)
            if isinstance(made, Request) and made.method == "POST":
                return response if is_elsewhere(made.url, [request.url]) else made
            return made
        return response


MAX_COOKIE_BYTES: Final = 4_096
"""Bytes of the name and value of a cookie, as browsers have it (RFC 6265, section 6.1)."""

MAX_HEADER_BYTES: Final = 8_000
"""Bytes of a Cookie field: Apache and nginx refuse lines above 8 KB."""

MAX_HOST_COOKIES: Final = 50
"""Cookies of one domain (RFC 6265, section 6.1)."""


class BoundedCookies(CookiesMiddleware):
    """Scrapy's own cookies, without those that are too large or too many."""

    def process_request(
        self, request: Request, spider: Spider | None = None
    ) -> Request | Response | None:
        """Send the cookies that fit into one header field; Scrapy puts the longest paths first."""
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
        """Keep cookies that are not too large; the first ones of a domain stay."""
        for cookie in cookies:
            if len(cookie.name.encode()) + len((cookie.value or "").encode()) > MAX_COOKIE_BYTES:
                continue
            super()._process_cookies([cookie], jar=jar, request=request)
            of_domain = jar._cookies.get(cookie.domain, {})  # noqa: SLF001 - it has no other way
            if sum(map(len, of_domain.values())) > MAX_HOST_COOKIES:
                jar.jar.clear(cookie.domain, cookie.path, cookie.name)
