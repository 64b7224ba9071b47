"""A rate limit per client: a token bucket per address, in bounded memory."""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Final

from starlette.types import Scope

from data.network.addresses import networks_of
from feeds.server.requests.client import Network, client_of, is_loopback

MAX_NETWORKS: Final = 10_000
"""Maximum number of networks in memory; the longest inactive are dropped first."""

LOOPBACK_FACTOR: Final = 10
"""This machine's rate, as a multiple of the rate of other clients."""

NETWORK_FACTOR: Final = 4
"""The rate of an IPv6 /48, as a multiple of the rate of a /64 in it."""


class RateLimit:
    """Allows ``rate`` requests per client and minute, in bursts of the same size; 0 means no limit.

    ``clock`` returns seconds.
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
        """Count a request. Returns 0 if it is allowed, or else the seconds until it is."""
        if not self._rate:
            return 0
        client = client_of(scope, self._proxies)
        rate = self._rate * (LOOPBACK_FACTOR if is_loopback(client) else 1)
        now = self._clock()
        rates = {
            network: float(rate * NETWORK_FACTOR**level)
            for level, network in enumerate(networks_of(client))
        }
        left = {network: self._tokens(network, most, now) for network, most in rates.items()}
        may = all(tokens >= 1 for tokens in left.values())
        for network, tokens in left.items():
            self._left[network] = tokens - may, now
        while len(self._left) > MAX_NETWORKS:
            self._left.popitem(last=False)
        waits = (math.ceil((1 - left[network]) * 60 / most) for network, most in rates.items())
        return 0 if may else max(waits)

    def _tokens(self, network: str, rate: float, now: float) -> float:
        """Remove a network's bucket from memory and return its current number of tokens."""
        left, at = self._left.pop(network, (rate, now))
        return min(rate, left + (now - at) * rate / 60)
