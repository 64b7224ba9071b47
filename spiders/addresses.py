"""Which network addresses may be reached: only public ones, unless the user says otherwise.

The check is made where a name becomes an address, at connect, so that neither redirects nor DNS
rebinding get around it.
"""

from __future__ import annotations

import ipaddress
import socket
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlsplit

from scrapy.exceptions import IgnoreRequest, NotConfigured
from scrapy.resolver import CachingThreadedResolver
from twisted.internet.error import DNSLookupError

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler
    from twisted.internet.defer import Deferred

NOT_PUBLIC = tuple(
    map(
        ipaddress.ip_network,
        (
            "100.64.0.0/10",  # carrier-grade NAT, RFC 6598
            "64:ff9b::/96",  # NAT64, RFC 6052: leads to any IPv4 address
            "64:ff9b:1::/48",  # local NAT64, RFC 8215
            "2002::/16",  # 6to4, RFC 3056
        ),
    )
)
"""What ipaddress takes for global, but leads to private networks."""


class PrivateAddressError(IgnoreRequest):
    """A host leads to an address that is not public."""

    def __init__(self, host: str, address: str) -> None:
        super().__init__(
            f"{host} leads to {address}, which is not a public address; to collect from it, write "
            "allow_private = true under [network] in communique.toml"
        )
        self.host = host
        self.address = address


def is_public(address: str) -> bool:
    """Whether an IP address is one of the public internet."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    mapped = ip.ipv4_mapped if isinstance(ip, ipaddress.IPv6Address) else None
    if mapped is not None:
        return is_public(str(mapped))
    if any(ip in network for network in NOT_PUBLIC):
        return False
    return ip.is_global and not ip.is_multicast


def is_own_machine(url: str) -> bool:
    """Whether every address of a URL's host is a loopback address: nobody to be polite to."""
    try:
        host = urlsplit(url).hostname or ""
        found = {info[4][0] for info in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)}
    except (OSError, ValueError):
        return False
    return bool(found) and all(ipaddress.ip_address(str(one)).is_loopback for one in found)


class PublicOnlyResolver(CachingThreadedResolver):
    """Scrapy's resolver, refusing names that lead to private addresses.

    ``refused`` keeps where those led: Twisted tells the caller only that the look-up failed.
    """

    refused: ClassVar[dict[str, str]] = {}

    def getHostByName(  # noqa: N802 - the name is Twisted's
        self, name: str, timeout: Any = ()
    ) -> Deferred[str]:
        """The address of a host; fails with DNSLookupError where it is not public."""
        return super().getHostByName(name, timeout).addCallback(self._checked, name)

    def _checked(self, address: str, name: str) -> str:
        if not is_public(address):
            self.refused[name] = address
            raise DNSLookupError(str(PrivateAddressError(name, address)))
        return address


class PublicOnlyMiddleware:
    """Refuses addresses that are written as numbers: those never meet the resolver."""

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> PublicOnlyMiddleware:
        """The middleware, unless the settings allow private addresses."""
        if crawler.settings.getbool("COMMUNIQUE_ALLOW_PRIVATE"):
            raise NotConfigured
        return cls()

    def process_request(self, request: Request) -> None:
        """Let a request pass whose host is a name or a public address."""
        host = urlsplit(request.url).hostname or ""
        try:
            # inet_aton knows the spellings that a resolver takes for an address: 127.1, 0x7f000001.
            address = host if ":" in host else socket.inet_ntoa(socket.inet_aton(host))
        except OSError:
            return
        if not is_public(address):
            raise PrivateAddressError(host, address)
