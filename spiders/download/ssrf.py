"""Which network addresses may be reached: only public ones, unless the user says otherwise.

The check is made where a name becomes an address, at connect, so that neither redirects nor DNS
rebinding get around it.
"""

from __future__ import annotations

import ipaddress
import socket
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from scrapy.exceptions import IgnoreRequest

from data.network.addresses import PrivateAddress

if TYPE_CHECKING:
    pass


class PrivateAddressError(PrivateAddress, IgnoreRequest):
    """A host leads to an address that is not public, as an error that Scrapy knows."""


def is_own_machine(url: str) -> bool:
    """Whether every address of a URL's host is a loopback address: nobody to be polite to."""
    try:
        host = urlsplit(url).hostname or ""
        found = {info[4][0] for info in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)}
    except (OSError, ValueError):
        return False
    return bool(found) and all(ipaddress.ip_address(str(one)).is_loopback for one in found)
