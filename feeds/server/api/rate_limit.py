"""How often one client may ask: a bucket of tokens for each address, in bounded memory."""

from __future__ import annotations

import ipaddress
import math
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import Final

from starlette.types import Scope

from feeds.server.requests.access import network_of

REMEMBERED: Final = 10_000
"""Addresses that are remembered; those that asked last go last."""

OWN: Final = 10
"""How many times as often this machine itself may ask."""


class RateLimit:
    """Lets each client ask ``rate`` times a minute, and as often at once; 0 sets no bound.

    ``clock`` tells seconds.
    """

    def __init__(self, rate: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._clock = clock
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait(self, scope: Scope) -> int:
        """Count a request, and say after how many seconds it may come; 0 is that it may now."""
        if not self._rate:
            return 0
        client = client_of(scope)
        rate = self._rate * (OWN if is_own(client) else 1)
        now = self._clock()
        network = network_of(client)
        left, at = self._left.pop(network, (float(rate), now))
        left = min(float(rate), left + (now - at) * rate / 60)
        may = left >= 1
        self._left[network] = left - may, now
        if len(self._left) > REMEMBERED:
            self._left.popitem(last=False)
        return 0 if may else math.ceil((1 - left) * 60 / rate)


def client_of(scope: Scope) -> str:
    """The address of a client; behind a proxy on this machine, the one that the proxy saw."""
    peer: str = scope["client"][0] if scope.get("client") else ""
    if not is_own(peer):
        return peer
    return last_forwarded(scope["headers"]) or peer


def last_forwarded(headers: Iterable[tuple[bytes, bytes]]) -> str:
    """The address that the last proxy forwarded for: those before it anybody can make up."""
    named = b",".join(value for name, value in headers if name == b"x-forwarded-for")
    return named.rpartition(b",")[2].strip().decode("latin-1")


def is_own(address: str) -> bool:
    """Whether an address is of this machine."""
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False
