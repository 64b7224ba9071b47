"""Hosts of URLs, and recognition of the local machine."""

import ipaddress
import socket
from functools import lru_cache
from urllib.parse import urlsplit

from data.text.masking import without_user
from data.text.urls import host_of


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
