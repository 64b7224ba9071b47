"""Normal forms of addresses: for comparisons, for requests, and for feeds.

`canonical_url` returns a key for comparisons, `absolute` the target of a link, `web_address` a
valid RFC 3986 address, and `without_campaign` an address without tracking parameters.

The address of a POST request has the posted fields as a query, as in pywb and cdxj-indexer (IIPC,
"CDX: non-GET requests"): ``https://acme.example/news?__wb_method=POST&page=2``.
"""

import hashlib
import re
from functools import lru_cache
from typing import Final
from urllib.parse import parse_qsl, quote, unquote, urlencode, urljoin, urlsplit, urlunsplit

from data.text.clean import allowed
from data.text.masking import masked

SCHEMES: Final = frozenset(["http", "https", "mailto", "tel"])
"""URL schemes allowed in links of a text."""

CAMPAIGN = re.compile(
    r"utm_.*|mtm_.*|pk_.*|hsa_.*|fbclid|gclid|gclsrc|dclid|msclkid|yclid|igshid|mc_cid|mc_eid|"
    r"_ga|_gl|_hsenc|_hsmi|mkt_tok|ref_src|wt_mc|xtor|at_medium|at_campaign|cmpid",
    re.IGNORECASE,
)
"""Pattern for names of query parameters that identify a campaign, never a page."""

SESSION = re.compile(r"phpsessid|jsessionid|aspsessionid.*|sessionid|session_id|sid", re.IGNORECASE)
"""Pattern for names of query parameters that identify a session. Some sites require these
parameters."""

ORDINARY = re.compile(
    r"https?://(?:www\.)?(?!www\.)((?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]+)((?:/[A-Za-z0-9._~+-]*)*)"
)
"""Pattern that matches addresses without port, query, fragment and escapes. They are normalized
quickly."""

SESSION_PATH = re.compile(r";jsessionid=[^/?#]*", re.IGNORECASE)
DEFAULT_PORTS = {"http": 80, "https": 443}

CONTROL_CHARACTER: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
"""Pattern for a control character that no valid address contains."""

MAX_KEY_LENGTH: Final = 2_000
"""Maximum length in characters of a canonical URL. A PostgreSQL index accepts at most 2,704
bytes."""

MAX_ADDRESS: Final = 8_000
"""Maximum length in characters of an address that is requested or published.

Apache and nginx reject request lines above 8 KB."""

MAX_HOST: Final = 255
"""Maximum length in characters of a host (RFC 1035, 2.3.4)."""

MAX_FRAGMENT: Final = 600
"""Maximum length in characters of a fragment that may identify a release on its page."""

TEXT_FRAGMENT: Final = ":~:text="
"""Start of a fragment that points to a text on the page (WICG, Text Fragments)."""

COMMON_FRAGMENT: Final = re.compile(
    r"[!/].*|(?!:~:text=).*=.*|(?:top|content|main(?:-?content)?|comments?|respond|header|footer"
    r"|nav(?:igation)?|menu|page|skip.*|(?:more|comment)-\d+|_)",
    re.IGNORECASE | re.DOTALL,
)
"""Pattern of fragments that do not identify a release on its page."""

ROUTE: Final = re.compile(r"!|/.")
"""Pattern of the start of a fragment by which a script chooses the page to show."""

ROOT: Final = re.compile(r"https://[^/?#]{1,255}/")

ABSOLUTE_URL: Final = re.compile(r"https?://[A-Za-z0-9.-]+(?::\d{1,5})?(?:/[!-~]*)?(?<![?#])")
"""Pattern of absolute addresses that need no further processing, like most addresses."""

_STEP: Final = r"(?!\.{1,2}(?:/|$|\?))[A-Za-z0-9_~%.-]+"
RELATIVE: Final = re.compile(
    rf"(/?)((?:\.\./){{0,9}})({_STEP}(?:/{_STEP})*/?(?:\?[A-Za-z0-9_~%.=&/-]+)?)"
)
"""Pattern that matches simple paths, either from the site's root or relative to a page."""

PLACE: Final = re.compile(rf"(https?://[A-Za-z0-9.-]+(?::\d{{1,5}})?)((?:/{_STEP})*/?)(?:[?#].*)?")
"""Pattern that matches an address with a plain path, and captures its site and path."""

_DROPPED = {9: None, 10: None, 13: None}

HOST = re.compile(r"(?:[\w-]+\.)*[\w-]+\.?|[0-9a-f:.]+", re.ASCII)

STRAY = re.compile(r"%(?![0-9A-Fa-f]{2})")

BY_POST: Final = "__wb_method=POST&"
"""Start of the query in an address that identifies a POST request. The posted fields follow."""

MAX_VALUE: Final = 200
"""Maximum length in characters of a posted value in an address. Longer values become a digest."""

MAX_QUERY: Final = 2_000
"""Maximum length in characters of all posted fields in an address. Longer bodies become a
digest."""


@lru_cache(maxsize=4096)  # a visit needs the same few keys repeatedly
def canonical_url(url: str) -> str:
    """Return a key for an address. Addresses that certainly lead to the same page have equal keys.

    The key has the scheme https. It has no ``www.``, default port, session id, tracking parameters
    or trailing slash. Its query is sorted. Only characters that need escapes are escaped, in upper
    case. A fragment is kept only if it may identify a release on its page (`part_fragment`), or if
    scripts read it (``#!/news/1``, ``#/news/1``).

    The key is for comparisons, not for requests. Text that is not a URL is only stripped. If the
    key would be longer than MAX_KEY_LENGTH, a digest replaces everything after the host. A URL
    longer than MAX_ADDRESS is returned unchanged.
    """
    key = _canonical(url) if len(url) <= MAX_ADDRESS else url.strip()
    if len(key) <= MAX_KEY_LENGTH:
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
    fragment = parts.fragment if ROUTE.match(parts.fragment) else part_fragment(url)
    return urlunsplit(
        (
            "https" if scheme == "http" else scheme,
            host,
            path.rstrip("/") or "/",
            urlencode(query),
            fragment,
        )
    )


def public_url_key(url: str) -> str:
    """Return the canonical URL of an address without its secrets, as in archive records."""
    return canonical_url(masked(url))


def part_fragment(url: str) -> str:
    """Return the normalized fragment of an address if it may identify a release on its page, or "".

    Fragments for scripts (``#/``, ``#!``) and campaigns (``#xtor=…``) do not identify a release,
    nor do common parts of pages (``#top``, ``#comments``).
    """
    fragment = url.partition("#")[2].strip()
    if not fragment or len(fragment) > MAX_FRAGMENT or COMMON_FRAGMENT.fullmatch(fragment):
        return ""
    quoted = quote(unquote(fragment), safe="!$&'()*+,;:@/?-._~")
    if fragment.startswith(TEXT_FRAGMENT):
        return TEXT_FRAGMENT + quoted.removeprefix(":~:text%3D")
    return quoted


def page_key(url: str) -> str:
    """Return the canonical URL of a page, without a fragment that identifies a part of it."""
    return canonical_url(page_address(url) if part_fragment(url) else url)


def page_address(url: str) -> str:
    """Return an address without its fragment, which is never sent in requests."""
    return url.partition("#")[0]


def ascii_host(host: str) -> str:
    """Return a host in its DNS form (ASCII). Raises UnicodeError if it has none."""
    if host.isascii():
        return host
    if len(host) > MAX_HOST:
        # Encoding an invalid name would take Python quadratic time.
        raise UnicodeError("the host name is longer than DNS allows")
    return host.encode("idna").decode()


def without_campaign(url: str) -> str:
    """Remove parameters for mail and advertising campaigns from an address.

    An address longer than MAX_ADDRESS is returned unchanged.
    """
    if len(url) > MAX_ADDRESS:
        return url
    head, mark, rest = url.partition("?")
    query, hash_, fragment = rest.partition("#")
    kept = [part for part in query.split("&") if not CAMPAIGN.fullmatch(part.partition("=")[0])]
    if len(kept) == query.count("&") + 1:
        return url
    return head + (mark + "&".join(kept) if kept else "") + hash_ + fragment


def absolute(base: str, address: str) -> str | None:
    """Return the absolute form of an address on the page ``base``.

    Returns None if the address is too long or can't be requested.
    """
    if len(address) > MAX_ADDRESS:
        return None
    if ABSOLUTE_URL.fullmatch(address):
        return address
    if (match := RELATIVE.fullmatch(address)) and (place := _place(base)):
        root, up, path = match.groups()
        if not root:
            site, folders = place
            return "/".join((site, *folders[: max(0, len(folders) - up.count("/"))], path))
        if not up:
            return f"{place[0]}/{path}"
    # Like browsers, drop all tabs and line breaks, and leading control characters.
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
    """Return the absolute http or https address of an image or file, or None.

    ``base`` is the address of the page.
    """
    url = absolute(base, address)
    return url if url and url[:5].lower().startswith(("http:", "https")) else None


@lru_cache(maxsize=64)  # all addresses of a page share one base
def _place(base: str) -> tuple[str, tuple[str, ...]] | None:
    """Return the site and the folders of a page's address, or None if the address is unusual."""
    found = PLACE.fullmatch(base)
    return (found[1], tuple(found[2].split("/")[1:-1])) if found else None


def host_of(url: str) -> str:
    """Return the lower-case host name of an address, or an empty string if it has none."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def host_and_port(url: str) -> str:
    """Return the lower-case host of an address, with its port but without user and password."""
    return urlsplit(url).netloc.rpartition("@")[2].lower()


def is_web(url: str) -> bool:
    """Return whether a text is a valid http or https URL with a host.

    URLs with control characters are rejected, because a program that cuts them at a NUL character
    would request another URL.
    """
    if CONTROL_CHARACTER.search(url):
        return False
    try:
        parts = urlsplit(url)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


@lru_cache(maxsize=1000)
def web_address(url: str) -> str | None:
    """Return an absolute http or https address that conforms to RFC 3986.

    Returns None for other addresses and if the address is longer than MAX_ADDRESS.
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
    """Return the address of a site in the form used in feeds, without a trailing slash."""
    return (web_address(url) or url).rstrip("/")


def escaped(text: str) -> str:
    """Percent-encode the characters of an address part that are not encoded yet."""
    return quote(STRAY.sub("%25", text), safe="%/:?@!$&'()*+,;=~")


def posted_query(body: str) -> str:
    """Return the fields of a form-encoded request body as a query without secrets.

    Values of parameters whose names indicate a secret are masked. Long values (such as the state of
    a page) are replaced by their SHA-256.
    """
    fields = [
        (name, value if len(value) <= MAX_VALUE else _digest(value))
        for name, value in parse_qsl(body, keep_blank_values=True)
    ]
    # A space is encoded as %20, as in the keys of cdxj-indexer.
    query = masked(f"?{urlencode(fields, quote_via=quote)}")[1:]
    return query if len(query) <= MAX_QUERY else f"__wb_post_data={_digest(body)}"


def posted_address(url: str, query: str) -> str:
    """Return the address that identifies a request.

    ``query`` contains the posted fields from `posted_query`, and is empty for a GET request.
    """
    if not query:
        return url
    address, mark, fragment = url.partition("#")
    return f"{address}{'&' if '?' in address else '?'}{BY_POST}{query}{mark}{fragment}"


def _digest(text: str) -> str:
    return f"sha256-{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()}"
