"""Find the target URL of a link, including links that a script opens."""

import re
from functools import lru_cache
from typing import Final
from urllib.parse import parse_qsl, urljoin, urlsplit

from lxml import etree

from data.text.urls import canonical_url, part_fragment

_SPACE = re.compile(r"[\t\r\n]+")
_QUOTED = re.compile(r"""['"]([^'"\s$<>]{2,2000})['"]""")
_AMPERSAND = re.compile(r"\\(?:u00|x)26")
"""Pattern for an ampersand that is escaped in a script."""

_LIKE_URL = re.compile(
    r"https?://|\.{0,2}/|[\w-]{1,60}(?:/|\.(?:html?|php|aspx?|jsp|pdf|cfm|do)\b)|\?"
)
_ATTRIBUTES = (
    "data-href",
    "data-url",
    "data-link",
    "data-permalink",
    "data-next-url",
    "data-next-page",
    "data-next-href",
    "data-next",
    "hx-get",
)
_MAX_URL = 4000
_PATH = re.compile(r"(?:/[\w%~][\w%.~-]*)+/?(?:\?[\w%.~=&+-]+)?", re.ASCII)
"""Pattern for an absolute path that needs no normalization, without empty segments and dot
segments."""


MAX_CACHED_LINKS: Final = 16_384
"""Maximum number of cached links.

A listing's links are resolved twice: for its items and for pagination. At most 15,000 links are
read per listing.
"""

MAX_CACHED_LENGTH: Final = 500
"""Maximum length of a cached link, in characters."""

DIGITS: Final = re.compile(r"\d+")


def link_target(node: etree._Element, base: str) -> str | None:
    """Return the absolute http(s) URL that an element leads to, or None.

    For an ``option``, this is its value. For other elements, it is the first valid URL in ``href``,
    ``onclick``, a ``javascript:`` link, or a common ``data-`` attribute. Returns None for a
    postback without a URL.
    """
    if node.tag == "option":
        chosen = (node.get("value") or "").strip()
        return resolve(chosen, base) if _LIKE_URL.match(chosen) else None
    href = node.get("href")
    if href is not None:
        address = resolve(href, base)
        if address:
            return address
    script = node.get("onclick") or ""
    if href and href.lstrip()[:11].lower() == "javascript:":
        script = f"{href} {script}"
    for quoted in _QUOTED.findall(_AMPERSAND.sub("&", script[:_MAX_URL])):
        if _LIKE_URL.match(quoted) and (address := resolve(quoted, base)):
            return address
    for name in _ATTRIBUTES:
        value = node.get(name)
        if value and _LIKE_URL.match(value) and (address := resolve(value, base)):
            return address
    return None


def resolve(href: str, base: str) -> str | None:
    """Make ``href`` absolute as browsers do (WHATWG URL, 4.4). Returns None if it is not a page.

    Fragments are removed, except hash-bang fragments (``#!``), which identify a page.
    """
    href = _SPACE.sub("", href.strip())
    if not href or len(href) > _MAX_URL:
        return None
    fragment = href.find("#")
    if fragment >= 0 and not href.startswith(("#!", "#/"), fragment):
        href = href[:fragment]
        if not href:
            return None
    query = href.find("?")
    path = href if query < 0 else href[:query]
    if "\\" in path:
        href = path.replace("\\", "/") + href[len(path) :]
    if _PATH.fullmatch(href) and (origin := _origin(base)):
        return origin + href
    return _cached(base, href) if len(href) <= MAX_CACHED_LENGTH else _joined(base, href)


def resolve_with_section(written: str, base: str) -> str | None:
    """Make a URL absolute and keep a fragment that may identify a release.

    Relative URLs are resolved against ``base``. Returns None if the URL is not a page.
    """
    url = resolve(written, base)
    fragment = part_fragment(written.strip())
    return f"{url}#{fragment}" if url and fragment else url


def _joined(base: str, href: str) -> str | None:
    """Resolve ``href`` against ``base``. Returns None if the result is not a page."""
    try:
        address = urljoin(base, href)
        parts = urlsplit(address)
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        return None if base or parts.scheme else href
    return address


_cached = lru_cache(maxsize=MAX_CACHED_LINKS)(_joined)


@lru_cache(maxsize=64)
def _origin(base: str) -> str:
    """Return the scheme and host of a web URL, or an empty string."""
    try:
        parts = urlsplit(base)
    except ValueError:
        return ""
    is_web = parts.scheme in {"http", "https"} and parts.netloc
    return f"{parts.scheme}://{parts.netloc}" if is_web else ""


@lru_cache(maxsize=4096)  # Cached because consecutive pages of a site link to the same pages.
def url_pattern(url: str) -> tuple[str, str, tuple[str, ...]]:
    """Return a URL's host, its folder with 0 for each digit, and the names of its query parameters.

    Pages of the same type on a site share this pattern.
    """
    parts = urlsplit(canonical_url(url))
    folder = DIGITS.sub("0", parts.path.rstrip("/").rpartition("/")[0])
    return parts.netloc, folder, tuple(name for name, _ in parse_qsl(parts.query))
