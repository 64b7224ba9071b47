"""Response headers for browsers: security, and access by scripts of other sites (CORS).

Every response gets the security headers that it does not set itself. Pages determine which scripts
and styles they load. Feeds and captured pages are in a sandbox.
"""

from collections.abc import Iterable, Mapping
from typing import Final, TypeAlias
from urllib.parse import urlsplit

from data.settings import SiteSettings

Headers: TypeAlias = list[tuple[bytes, bytes]]

POLICY_HEADER: Final = b"content-security-policy"

NO_SNIFFING: Final[Mapping[str, str]] = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
}
"""Security headers of all responses."""

COMMON_HEADERS: Final[Headers] = [
    *((name.encode(), value.encode()) for name, value in NO_SNIFFING.items()),
    (
        POLICY_HEADER,
        b"default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
]
"""Default security headers, added to responses that do not set them."""

PAGE_HEADERS: Final[Headers] = [
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
]
"""Headers that isolate pages from windows and processes of other sites.

Other sites may still embed feeds, badges and icons."""

HTTPS_ONLY: Final = (b"strict-transport-security", b"max-age=15552000")
"""Header that makes browsers use only HTTPS for this host for half a year (HSTS, RFC 6797)."""

ANY_ORIGIN: Final[Mapping[str, str]] = {"access-control-allow-origin": "*"}
"""Header that lets scripts of all sites read a response."""

READ_ALLOWED: Final = "GET, HEAD, OPTIONS"
"""Value of the Allow header for read-only addresses."""

PREFLIGHT_SECONDS: Final = "86400"
"""Seconds for which browsers cache the response to a CORS preflight request."""

FILE_PREFLIGHT: Final[Mapping[str, str]] = {
    "allow": READ_ALLOWED,
    **ANY_ORIGIN,
    "access-control-allow-methods": "GET, HEAD",
    "access-control-allow-headers": "A-IM, If-None-Match, If-Modified-Since",
    "access-control-max-age": PREFLIGHT_SECONDS,
}
"""Headers of the response to a CORS preflight request (OPTIONS) for files and pages."""

API_ORIGIN: Final[Mapping[str, str]] = {
    **ANY_ORIGIN,
    "access-control-expose-headers": "ETag, Link, RateLimit, RateLimit-Policy, Retry-After",
}
"""Headers that let scripts of all sites read API responses and the listed response headers."""

API_PREFLIGHT: Final[Mapping[str, str]] = {
    "allow": READ_ALLOWED,
    **API_ORIGIN,
    "access-control-allow-methods": READ_ALLOWED,
    "access-control-allow-headers": "Authorization, If-None-Match",
    "access-control-max-age": PREFLIGHT_SECONDS,
}
"""Headers of the API's response to a CORS preflight request (OPTIONS)."""


def completed(headers: Iterable[tuple[bytes, bytes]]) -> Headers:
    """Return response headers with the missing security headers added."""
    given = list(headers)
    present = {name.lower(): value for name, value in given}
    given += [(name, value) for name, value in COMMON_HEADERS if name not in present]
    # Browsers refuse a sandboxed page with a Cross-Origin-Opener-Policy.
    is_page = present.get(b"content-type", b"").startswith(b"text/html")
    if is_page and b"sandbox" not in present.get(POLICY_HEADER, b""):
        given += [(name, value) for name, value in PAGE_HEADERS if name not in present]
    return given


def for_all(site: SiteSettings) -> Headers:
    """Return the security headers of all responses of a site.

    They include HTTPS_ONLY if the site uses HTTPS on the default port.
    """
    address = urlsplit(site.url)
    return [HTTPS_ONLY] if address.scheme == "https" and address.port in {None, 443} else []
