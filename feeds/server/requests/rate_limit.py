"""How often one client may ask: a bucket of tokens for each address, in bounded memory."""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Final

from starlette.types import Scope

from feeds.server.requests.client import Network, client_of, is_loopback, networks_of

REMEMBERED: Final = 10_000
"""Addresses that are remembered; those that asked last go last."""

OWN: Final = 10
"""How many times as often this machine itself may ask."""

NETWORK_FACTOR: Final = 4
"""How many times as often a /48 of IPv6 may ask as one /64 in it."""


class RateLimit:
    """Lets each client ask ``rate`` times a minute, and as often at once; 0 sets no bound.

    ``clock`` tells seconds.
    """

    def __init__(
        self,
        rate: int,
        clock: Callable[[], float] = time.monotonic,
        proxies: Sequence[Network] = (),
    ) -> None:
        self._rate = rate
        self._clock = clock
        self._proxies = proxies
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait(self, scope: Scope) -> int:
        """Count a request, and say after how many seconds it may come; 0 is that it may now."""
        if not self._rate:
            return 0
        client = client_of(scope, self._proxies)
        rate = self._rate * (OWN if is_loopback(client) else 1)
        now = self._clock()
        rates = {
            network: float(rate * NETWORK_FACTOR**level)
            for level, network in enumerate(networks_of(client))
        }
        left = {network: self._tokens(network, most, now) for network, most in rates.items()}
        may = all(tokens >= 1 for tokens in left.values())
        for network, tokens in left.items():
            self._left[network] = tokens - may, now
        while len(self._left) > REMEMBERED:
            self._left.popitem(last=False)
        waits = (math.ceil((1 - left[network]) * 60 / most) for network, most in rates.items())
        return 0 if may else max(waits)

    def _tokens(self, network: str, rate: float, now: float) -> float:
        """Take the tokens that a network has now out of the memory."""
        left, at = self._left.pop(network, (rate, now))
        return min(rate, left + (now - at) * rate / 60)
