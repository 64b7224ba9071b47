"""The hosts of URLs: what each is told by, and whether it is our own machine."""

from __future__ import annotations

import datetime as dt
import ipaddress
import socket
from typing import Final
from urllib.parse import urlsplit

from data.text.redaction import without_user

LONGEST_WAIT: Final = dt.timedelta(hours=24)
"""The longest that a host can keep us away by one answer."""


def host_of(url: str) -> str:
    """What a URL's host is told by: its name, and on loopback its port too."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    try:
        loopback = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        loopback = False
    return f"{host}:{parts.port or 80}" if loopback else host


def origin_of(url: str) -> str:
    """The scheme, host and port of a URL."""
    parts = urlsplit(without_user(url))
    return f"{parts.scheme}://{parts.netloc}"


def is_own_machine(url: str) -> bool:
    """Whether every address of a URL's host is a loopback address: nobody to be polite to."""
    try:
        host = urlsplit(url).hostname or ""
        found = {info[4][0] for info in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)}
    except (OSError, ValueError):
        return False
    return bool(found) and all(ipaddress.ip_address(str(one)).is_loopback for one in found)
