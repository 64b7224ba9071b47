"""How many connections are open, from which address: one alone can't take them all."""

from __future__ import annotations

import resource
from collections import Counter
from typing import Final

from data.settings import Site
from feeds.server.requests.client import is_proxy, network_of, proxies_of

SHARE: Final = 2
"""One connection to so many files that the system lets this process open: it needs others too."""


class OpenConnections:
    """Counts the connections of a server, and says which are too many.

    Those of this machine and of proxies, behind which are many others, count together with all.
    """

    def __init__(self, site: Site, most: int | None = None) -> None:
        self._proxies = proxies_of(site)
        self._each = site.connections
        self._most = most or max(1, resource.getrlimit(resource.RLIMIT_NOFILE)[0] // SHARE)
        self._open: Counter[str] = Counter()

    def add(self, address: str) -> int:
        """Count one more, and say with which status it is refused; 0 is that it may stay."""
        network = network_of(address)
        self._open[network] += 1
        if self._open.total() > self._most:
            return 503
        shared = not self._each or is_proxy(address, self._proxies)
        return 0 if shared or self._open[network] <= self._each else 429

    def remove(self, address: str) -> None:
        """Count one less."""
        network = network_of(address)
        self._open[network] -= 1
        if not self._open[network]:
            del self._open[network]
