"""How often one client may ask: a bucket of tokens for each address, in bounded memory."""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Final

from starlette.types import Scope

from feeds.server.requests.client import Network, client_of, is_loopback, network_of

REMEMBERED: Final = 10_000
"""Addresses that are remembered; those that asked last go last."""

OWN: Final = 10
"""How many times as often this machine itself may ask."""


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
        network = network_of(client)
        left, at = self._left.pop(network, (float(rate), now))
        left = min(float(rate), left + (now - at) * rate / 60)
        may = left >= 1
        self._left[network] = left - may, now
        if len(self._left) > REMEMBERED:
            self._left.popitem(last=False)
        return 0 if may else math.ceil((1 - left) * 60 / rate)
