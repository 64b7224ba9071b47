"""Cookies within bounds, so that what a site sets never makes our requests too large for it."""

from __future__ import annotations

from collections.abc import Iterable
from http.cookiejar import Cookie
from typing import Final

from scrapy import Request, Spider
from scrapy.downloadermiddlewares.cookies import CookiesMiddleware
from scrapy.http import Response
from scrapy.http.cookies import CookieJar

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
