"""Which network addresses may be reached: only public ones, unless the user says otherwise (SSRF).

The check is made where a name becomes an address, at connect, so that neither redirects nor DNS
rebinding get around it (CWE-918). Hosts are looked up under IPv6 as well as IPv4.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from scrapy.exceptions import IgnoreRequest
from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.threads import deferToThreadPool

from data.network.addresses import PrivateAddress, is_public

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from twisted.internet.interfaces import IAddress, IResolutionReceiver
    from twisted.python.failure import Failure

KEPT = 300.0
"""Seconds for which the addresses of a host are known: no name server's own limit is told to us."""


class PrivateAddressError(PrivateAddress, IgnoreRequest):
    """A host leads to an address that is not public, as an error that Scrapy knows."""


def look_up(host: str) -> tuple[str, ...]:
    """The addresses of a host, the best first (RFC 6724). Raises OSError where it has none."""
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(info[4][0]) for info in found))


class Resolution:
    """A look-up that is under way (Twisted's IHostResolution)."""

    def __init__(self, name: str) -> None:
        self.name = name

    def cancel(self) -> None:
        """Nothing: the system's look-up can't be stopped, and its time is limited."""


class HostResolver:
    """Looks hosts up, each once in KEPT seconds; Twisted tries their addresses one after the other.

    Of a host that leads to any address that is not public it gives none, unless all are allowed;
    ``refused`` keeps where those led, since Twisted tells the caller only that the look-up failed.
    """

    refused: ClassVar[dict[str, str]] = {}

    def __init__(self, reactor: Any, *, allow_private: bool, seconds: float) -> None:
        self._reactor = reactor
        self._allow_private = allow_private
        self._seconds = seconds
        self._known: dict[str, tuple[float, tuple[str, ...]]] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler, reactor: Any) -> HostResolver:
        """The resolver that the settings of a crawl ask for."""
        return cls(
            reactor,
            allow_private=crawler.settings.getbool("COMMUNIQUE_ALLOW_PRIVATE"),
            seconds=crawler.settings.getfloat("DNS_TIMEOUT"),
        )

    def install_on_reactor(self) -> None:
        """Look all hosts up from now on; called by Scrapy."""
        self._reactor.installNameResolver(self)

    def resolveHostName(  # noqa: N802 - the names are Twisted's
        self,
        resolutionReceiver: IResolutionReceiver,  # noqa: N803
        hostName: str,  # noqa: N803
        portNumber: int = 0,  # noqa: N803
        addressTypes: Sequence[type[IAddress]] | None = None,  # noqa: N803
        transportSemantics: str = "TCP",  # noqa: N803
    ) -> Resolution:
        """Give a receiver the addresses of a host, or none."""
        del addressTypes, transportSemantics
        resolution = Resolution(hostName)
        receiver: Any = resolutionReceiver
        receiver.resolutionBegan(resolution)

        def found(addresses: tuple[str, ...]) -> None:
            for one in self._allowed(hostName, addresses):
                kind = IPv6Address if ":" in one else IPv4Address
                receiver.addressResolved(kind("TCP", one, portNumber))
            receiver.resolutionComplete()

        def failed(failure: Failure) -> None:
            del failure
            receiver.resolutionComplete()

        def looked_up(addresses: tuple[str, ...]) -> None:
            self._known[hostName] = time.monotonic(), addresses
            found(addresses)

        since, known = self._known.get(hostName, (0.0, ()))
        if known and time.monotonic() < since + KEPT:
            found(known)
        else:
            pool = self._reactor.getThreadPool()
            looking = deferToThreadPool(self._reactor, pool, look_up, hostName)
            looking.addTimeout(self._seconds, self._reactor)
            looking.addCallbacks(looked_up, failed)
        return resolution

    def _allowed(self, host: str, addresses: tuple[str, ...]) -> tuple[str, ...]:
        private = next((one for one in addresses if not is_public(one)), None)
        if private is None or self._allow_private:
            self.refused.pop(host, None)
            return addresses
        # By the name as addresses of pages write it.
        self.refused[host if host.isascii() else host.encode("idna").decode()] = private
        return ()
