"""Restrict requests to public network addresses, unless private addresses are allowed (SSRF).

The check runs when a host name is resolved for a connection, so redirects and DNS rebinding can't
bypass it (CWE-918). Host names are resolved for IPv4 and IPv6.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from scrapy.exceptions import IgnoreRequest
from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.threads import deferToThreadPool

from data.network.addresses import PrivateAddress, refused_address
from spiders.download.settings import ALLOW_PRIVATE, CONNECTIONS, CrawlConnections

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from twisted.internet.interfaces import IAddress, IResolutionReceiver

CACHE_SECONDS = 300.0
"""Time in seconds for which the addresses of a host are cached. Its time to live in the DNS is
unknown."""


class PrivateAddressError(PrivateAddress, IgnoreRequest):
    """Raised in Scrapy if a host has an address that is not public."""


def look_up(host: str) -> tuple[str, ...]:
    """Return the IP addresses of a host, best first (RFC 6724).

    Raises OSError if the host has no address.
    """
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(info[4][0]) for info in found))


class Resolution:
    """A DNS look-up in progress (Twisted's IHostResolution)."""

    def __init__(self, name: str) -> None:
        self.name = name

    def cancel(self) -> None:
        """Do nothing, because the system's look-up can't be stopped. Its time is limited."""


class HostResolver:
    """Resolves host names with a cache. Twisted tries the addresses in order.

    If any address of a host is private, no address is returned, unless private addresses are
    allowed.
    """

    def __init__(
        self, reactor: Any, connections: CrawlConnections, *, allow_private: bool, seconds: float
    ) -> None:
        self._reactor = reactor
        self._connections = connections
        self._allow_private = allow_private
        self._seconds = seconds
        self._known: dict[str, tuple[float, tuple[str, ...]]] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler, reactor: Any) -> HostResolver:
        """Create the resolver for a crawl."""
        return cls(
            reactor,
            crawler.settings[CONNECTIONS],
            allow_private=crawler.settings.getbool(ALLOW_PRIVATE),
            seconds=crawler.settings.getfloat("DNS_TIMEOUT"),
        )

    def install_on_reactor(self) -> None:
        """Make the reactor use this resolver for all host names. Called by Scrapy."""
        self._reactor.installNameResolver(self)

    def resolveHostName(  # noqa: N802 - the names are Twisted's
        self,
        resolutionReceiver: IResolutionReceiver,  # noqa: N803
        hostName: str,  # noqa: N803
        portNumber: int = 0,  # noqa: N803
        addressTypes: Sequence[type[IAddress]] | None = None,  # noqa: N803
        transportSemantics: str = "TCP",  # noqa: N803
    ) -> Resolution:
        """Resolve a host name, and pass its allowed addresses to ``resolutionReceiver``.

        If no address is allowed, none is passed.
        """
        del addressTypes, transportSemantics
        resolution = Resolution(hostName)
        receiver: Any = resolutionReceiver
        receiver.resolutionBegan(resolution)

        def found(addresses: tuple[str, ...]) -> None:
            for one in self._allowed(hostName, addresses):
                kind = IPv6Address if ":" in one else IPv4Address
                receiver.addressResolved(kind("TCP", one, portNumber))
            receiver.resolutionComplete()

        def looked_up(addresses: tuple[str, ...]) -> None:
            self._known[hostName] = time.monotonic(), addresses
            found(addresses)

        if hostName == "127.0.0.1" and portNumber in self._connections.gateways:
            # No URL leads here, because PublicOnlyMiddleware checks IP addresses in URLs.
            receiver.addressResolved(IPv4Address("TCP", hostName, portNumber))
            receiver.resolutionComplete()
            return resolution
        since, known = self._known.get(hostName, (0.0, ()))
        if known and time.monotonic() < since + CACHE_SECONDS:
            found(known)
        else:
            pool = self._reactor.getThreadPool()
            looking = deferToThreadPool(self._reactor, pool, look_up, hostName)
            looking.addTimeout(self._seconds, self._reactor)
            looking.addCallbacks(looked_up, lambda _: receiver.resolutionComplete())
        return resolution

    def _allowed(self, host: str, addresses: tuple[str, ...]) -> tuple[str, ...]:
        private = refused_address(addresses, allow_private=self._allow_private)
        if private is None:
            self._connections.refused.pop(host, None)
            return addresses
        # Stored under the host name as in URLs (IDNA).
        name = host if host.isascii() else host.encode("idna").decode()
        self._connections.refused[name] = private
        return ()
