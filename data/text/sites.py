"""Decision which addresses belong to the same site."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final
from urllib.parse import urlsplit

from tldextract import TLDExtract

from data.text.urls import DEFAULT_PORTS, MAX_ADDRESS

LOOPBACK: Final = "localhost"

_domains = TLDExtract(suffix_list_urls=(), cache_dir=None)


def site_of(url: str) -> str:
    """Return the registered domain (Public Suffix List), or host and port of a bare address."""
    # Python takes quadratic time for a host of combining marks.
    parts = urlsplit(url[:MAX_ADDRESS])
    host = (parts.hostname or "").removeprefix("www.").rstrip(".")
    found = _domains.extract_str(host).top_domain_under_public_suffix
    if found:
        return found
    # Names of a private network.
    labels = host.split(".")
    if labels[-1].isalpha() and host != LOOPBACK:
        return ".".join(labels[-2:])
    port = parts.port
    return f"{host} {port}" if port and port != DEFAULT_PORTS.get(parts.scheme) else host


def is_elsewhere(url: str, places: Iterable[str]) -> bool:
    """Whether an address belongs to a different site than all other addresses."""
    return site_of(url) not in map(site_of, places)
