"""Hosts of URLs: their sites, their request queues, and recognition of the local machine."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterable
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from data.text.masking import without_user
from data.text.urls import DEFAULT_PORTS, MAX_ADDRESS, host_of

if TYPE_CHECKING:
    from tldextract import TLDExtract

LOOPBACK: Final = "localhost"


def queue_of(url: str) -> str:
    """Return the name of a URL's request queue: its host, with the port for loopback."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    return f"{host}:{parts.port or 80}" if _is_loopback(host) else host


@lru_cache(maxsize=4096)
def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def origin_of(url: str) -> str:
    """Return the scheme, host and port of a URL."""
    parts = urlsplit(without_user(url))
    return f"{parts.scheme}://{parts.netloc}"


def is_own_machine(url: str) -> bool:
    """Whether a URL's host has only loopback addresses, so that requests need no delay."""
    try:
        host = host_of(url)
        found = {info[4][0] for info in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)}
    except (OSError, ValueError):
        return False
    return bool(found) and all(ipaddress.ip_address(str(one)).is_loopback for one in found)


def site_of(url: str) -> str:
    """Return the registered domain of an address (Public Suffix List).

    If the address has no domain, for example an IP address, return its host and port.
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
    return _domains().extract_str(host).top_domain_under_public_suffix


def is_elsewhere(url: str, places: Iterable[str]) -> bool:
    """Return whether no URL in ``places`` belongs to the same site as ``url``."""
    return site_of(url) not in map(site_of, places)


@cache
def _domains() -> TLDExtract:
    from tldextract import TLDExtract  # noqa: PLC0415 - loads an HTTP client

    return TLDExtract(suffix_list_urls=(), cache_dir=None)
