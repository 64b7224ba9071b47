"""Addresses: one form to compare by, one to follow, one for feeds to name.

``canonical_url`` is a key, ``absolute`` what a link on a page leads to, ``web_address`` what RFC
3986 allows, and ``without_campaign`` an address that says no more where a reader came from.
"""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache
from typing import Final
from urllib.parse import parse_qsl, quote, unquote, urlencode, urljoin, urlsplit, urlunsplit

from data.text.clean import allowed

SCHEMES: Final = frozenset(["http", "https", "mailto", "tel"])
"""Of the addresses that a text may lead to."""

CAMPAIGN = re.compile(
    r"utm_.*|mtm_.*|pk_.*|hsa_.*|fbclid|gclid|gclsrc|dclid|msclkid|yclid|igshid|mc_cid|mc_eid|"
    r"_ga|_gl|_hsenc|_hsmi|mkt_tok|ref_src|wt_mc|xtor|at_medium|at_campaign|cmpid",
    re.IGNORECASE,
)
"""Query parameters that name a campaign, never a page."""

SESSION = re.compile(r"phpsessid|jsessionid|aspsessionid.*|sessionid|session_id|sid", re.IGNORECASE)
"""Query parameters that name a visit; a site may want them back."""

ORDINARY = re.compile(
    r"https?://(?:www\.)?(?!www\.)((?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]+)((?:/[A-Za-z0-9._~+-]*)*)"
)
"""An address without a port, query, fragment or escape: its canonical form is at hand."""

SESSION_PATH = re.compile(r";jsessionid=[^/?#]*", re.IGNORECASE)
DEFAULT_PORTS = {"http": 80, "https": 443}

LONGEST_KEY: Final = 2_000
"""Characters of a key: an index of PostgreSQL takes no more than 2,704 bytes."""

MAX_ADDRESS: Final = 8_000
"""Maximum characters of an address that is followed or published.

Apache and nginx refuse request lines above 8 KB.
"""

MAX_HOST: Final = 255
"""Maximum characters of a host (RFC 1035, 2.3.4)."""

MAX_FRAGMENT: Final = 600
"""Maximum characters of a fragment that may lead to a release."""

TEXT_FRAGMENT: Final = ":~:text="
"""The start of a fragment that leads to a text (WICG, Text Fragments)."""

COMMON_FRAGMENT: Final = re.compile(
    r"[!/].*|(?!:~:text=).*=.*|(?:top|content|main(?:-?content)?|comments?|respond|header|footer"
    r"|nav(?:igation)?|menu|page|skip.*|(?:more|comment)-\d+|_)",
    re.IGNORECASE | re.DOTALL,
)
"""Fragments that lead to no release."""

ROUTE: Final = re.compile(r"!|/.")
"""The start of a fragment by which a script knows which page to show."""

ROOT: Final = re.compile(r"https://[^/?#]{1,255}/")


@lru_cache(maxsize=4096)  # a visit asks for the same few again and again
def canonical_url(url: str) -> str:
    """One form for all the addresses that surely lead to the same page.

    https for http, no ``www.``, default port, session id or tracking parameter, no trailing slash,
    sorted query, upper-case escapes only if needed. A fragment stays only if it may lead to a
    release within a page (`section_fragment`), or if scripts read it (``#!/news/1``, ``#/news/1``).
    A key to compare by, not an address to fetch. Text
    that is no URL is returned stripped. Of a very long one, the host and a digest stand for it. A
    URL longer than MAX_ADDRESS is compared as it is.
    """
    key = _canonical(url) if len(url) <= MAX_ADDRESS else url.strip()
    if len(key) <= LONGEST_KEY:
        return key
    root = ROOT.match(key)
    digest = hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{root[0] if root else ''}~{digest}"


def _canonical(url: str) -> str:
    if plain := ORDINARY.fullmatch(url):
        return f"https://{plain[1]}{plain[2].rstrip('/') or '/'}"
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError:
        return url.strip()
    scheme = parts.scheme.lower()
    host = (parts.hostname or "").removeprefix("www.").rstrip(".")
    if not host:
        return url.strip()
    try:
        host = ascii_host(host)
    except UnicodeError:
        return url.strip()
    if ":" in host:
        host = f"[{host}]"
    if port and port != DEFAULT_PORTS.get(scheme):
        host = f"{host}:{port}"
    path = quote(unquote(SESSION_PATH.sub("", parts.path)), safe="/:@!$&'()*+,;=~-._")
    query = sorted(
        (name, value)
        for name, value in parse_qsl(parts.query, keep_blank_values=True)
        if not CAMPAIGN.fullmatch(name) and not SESSION.fullmatch(name)
    )
    fragment = parts.fragment if ROUTE.match(parts.fragment) else section_fragment(url)
    return urlunsplit(
        (
            "https" if scheme == "http" else scheme,
            host,
            path.rstrip("/") or "/",
            urlencode(query),
            fragment,
        )
    )


def section_fragment(url: str) -> str:
    """The fragment of an address in one form if it may lead to a release within its page, or empty.

    Fragments of scripts (``#/``, ``#!``), of campaigns (``#xtor=…``) and of parts that each page
    has (``#top``, ``#comments``) lead to none.
    """
    fragment = url.partition("#")[2].strip()
    if not fragment or len(fragment) > MAX_FRAGMENT or COMMON_FRAGMENT.fullmatch(fragment):
        return ""
    quoted = quote(unquote(fragment), safe="!$&'()*+,;:@/?-._~")
    if fragment.startswith(TEXT_FRAGMENT):
        return TEXT_FRAGMENT + quoted.removeprefix(":~:text%3D")
    return quoted


def page_key(url: str) -> str:
    """The canonical form of the address of the page that contains what is at an address."""
    return canonical_url(page_address(url) if section_fragment(url) else url)


def page_address(url: str) -> str:
    """An address without its fragment: that of the page which is requested."""
    return url.partition("#")[0]


def ascii_host(host: str) -> str:
    """A host as the DNS has it. Raises UnicodeError if it can't be one."""
    if host.isascii():
        return host
    if len(host) > MAX_HOST:
        # Python takes quadratic time to encode what can't be a name anyway.
        raise UnicodeError("it is longer than a name of the DNS")
    return host.encode("idna").decode()


def without_campaign(url: str) -> str:
    """The same address without the parameters of mail and advertising campaigns; else unchanged.

    An address longer than MAX_ADDRESS is unchanged.
    """
    if len(url) > MAX_ADDRESS:
        return url
    head, mark, rest = url.partition("?")
    query, hash_, fragment = rest.partition("#")
    kept = [part for part in query.split("&") if not CAMPAIGN.fullmatch(part.partition("=")[0])]
    if len(kept) == query.count("&") + 1:
        return url
    return head + (mark + "&".join(kept) if kept else "") + hash_ + fragment


WHOLE: Final = re.compile(r"https?://[A-Za-z0-9.-]+(?::\d{1,5})?(?:/[!-~]*)?(?<![?#])")
"""An address that is absolute as it stands; most are, and joining takes long."""

_STEP: Final = r"(?!\.{1,2}(?:/|$|\?))[A-Za-z0-9_~%.-]+"
RELATIVE: Final = re.compile(
    rf"(/?)((?:\.\./){{0,9}})({_STEP}(?:/{_STEP})*/?(?:\?[A-Za-z0-9_~%.=&/-]+)?)"
)
"""A path from a site's root or from where a page lies: the next most frequent."""

PLACE: Final = re.compile(rf"(https?://[A-Za-z0-9.-]+(?::\d{{1,5}})?)((?:/{_STEP})*/?)(?:[?#].*)?")
"""An address with a plain path: its site, and the path."""


def absolute(base: str, address: str) -> str | None:
    """The absolute form of an address, or None if it can't be followed or exceeds MAX_ADDRESS."""
    if len(address) > MAX_ADDRESS:
        return None
    if WHOLE.fullmatch(address):
        return address
    if (told := RELATIVE.fullmatch(address)) and (place := _place(base)):
        root, up, path = told.groups()
        if not root:
            return _from(*place, up.count("/"), path)
        if not up:
            return f"{place[0]}/{path}"
    # Browsers drop tabs and line breaks anywhere in an address, and control characters before it.
    bare = address.translate(_DROPPED).strip("\x00\x01\x02\x03\x04\x05\x06\x07\x08 \x1f")
    try:
        joined = urljoin(base, bare) if bare else ""
        parts = urlsplit(joined)
    except ValueError:
        return None
    scheme = parts.scheme.lower()
    followed = scheme in SCHEMES and (parts.netloc or scheme not in {"http", "https"})
    return joined if followed else None


def loadable(base: str, address: str) -> str | None:
    """The absolute form of the address of an image or a file, or None if it is not of the web."""
    url = absolute(base, address)
    return url if url and url[:5].lower().startswith(("http:", "https")) else None


@lru_cache(maxsize=64)  # all the addresses of a page start from one
def _place(base: str) -> tuple[str, tuple[str, ...]] | None:
    """The site and the folders of a page; None where its address is out of the ordinary."""
    found = PLACE.fullmatch(base)
    return (found[1], tuple(found[2].split("/")[1:-1])) if found else None


def _from(site: str, folders: tuple[str, ...], up: int, path: str) -> str:
    """The address of a path that starts so many folders above a page."""
    return "/".join((site, *folders[: max(0, len(folders) - up)], path))


_DROPPED = {9: None, 10: None, 13: None}


HOST = re.compile(r"(?:[\w-]+\.)*[\w-]+\.?|[0-9a-f:.]+", re.ASCII)

STRAY = re.compile(r"%(?![0-9A-Fa-f]{2})")


@lru_cache(maxsize=1000)
def web_address(url: str) -> str | None:
    """An absolute http or https address by the letter of RFC 3986, or None for anything else.

    None, too, for an address longer than MAX_ADDRESS.
    """
    if len(url) > MAX_ADDRESS:
        return None
    bare = re.sub(r"[\t\r\n]", "", allowed(url)).strip()
    try:
        parts = urlsplit(bare)
        host = parts.hostname or ""
        if not host.isascii():
            host = ascii_host(host)
        if parts.scheme not in {"http", "https"} or not HOST.fullmatch(host) or parts.port == 0:
            return None
    except (ValueError, UnicodeError):
        return None
    user, at, place = parts.netloc.rpartition("@")
    if not place.isascii():
        place = host + (f":{parts.port}" if parts.port else "")
    rest, mark, fragment = bare[len(f"{parts.scheme}://{parts.netloc}") :].partition("#")
    path = f"/{rest}" if rest.startswith("?") else rest
    return f"{parts.scheme}://{escaped(user)}{at}{place}{escaped(path)}{mark}{escaped(fragment)}"


def site_address(url: str) -> str:
    """The address of a site as feeds name it, without a slash at its end."""
    return (web_address(url) or url).rstrip("/")


def escaped(text: str) -> str:
    """Part of an address, percent-encoded where it has to be and is not yet."""
    return quote(STRAY.sub("%25", text), safe="%/:?@!$&'()*+,;=~")
