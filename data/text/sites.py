"""Comparison of addresses by their site."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit

from tldextract import TLDExtract

from data.text.urls import DEFAULT_PORTS, MAX_ADDRESS

LOOPBACK: Final = "localhost"

_domains = TLDExtract(suffix_list_urls=(), cache_dir=None)


def site_of(url: str) -> str:
    """Return the registered domain of an address (Public Suffix List).

    If it has none, such as an IP address, return its host and port.
    """
    # Python takes quadratic time to parse a host of combining marks.
    parts = urlsplit(url[:MAX_ADDRESS])
    host = (parts.hostname or "").removeprefix("www.").rstrip(".")
    if found := _registered_domain(host):
        return found
    # Host names in a private network have no public suffix.
    labels = host.split(".")
    if labels[-1].isalpha() and host != LOOPBACK:
        return ".".join(labels[-2:])
    port = parts.port
    return f"{host} {port}" if port and port != DEFAULT_PORTS.get(parts.scheme) else host


@lru_cache(maxsize=4096)
def _registered_domain(host: str) -> str:
    return _domains.extract_str(host).top_domain_under_public_suffix


def is_elsewhere(url: str, places: Iterable[str]) -> bool:
    """Return whether a URL belongs to a different site from every URL in ``places``."""
    return site_of(url) not in map(site_of, places)
