"""A limit on open connections, in total and per client network."""

import resource
from collections import Counter
from typing import Final

from data.network.addresses import network_of
from data.settings import SiteSettings
from feeds.server.requests.client import is_proxy, proxies_of

OPEN_FILES_SHARE: Final = 2
"""The maximum number of connections is the process's limit on open files (RLIMIT_NOFILE), divided
by this number. The other file descriptors remain for files.
"""


class OpenConnections:
    """Counts open connections, in total and per client network, and enforces the limits.

    Connections from this machine and from trusted proxies count only towards the total.
    """

    def __init__(self, site: SiteSettings, max_connections: int | None = None) -> None:
        self._proxies = proxies_of(site)
        self._each = site.connections
        self._most = max_connections or max(
            1, resource.getrlimit(resource.RLIMIT_NOFILE)[0] // OPEN_FILES_SHARE
        )
        self._open: Counter[str] = Counter()

    def add(self, address: str) -> int:
        """Count a new connection from the client IP ``address``.

        Returns 0 if the connection is allowed, otherwise the HTTP status of the refusal.
        """
        network = network_of(address)
        self._open[network] += 1
        if self._open.total() > self._most:
            return 503
        shared = not self._each or is_proxy(address, self._proxies)
        return 0 if shared or self._open[network] <= self._each else 429

    def remove(self, address: str) -> None:
        """Subtract a closed connection of the client IP ``address`` from the counts."""
        network = network_of(address)
        self._open[network] -= 1
        if not self._open[network]:
            del self._open[network]
