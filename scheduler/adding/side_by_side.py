"""Inspect the sites of many entries at the same time, in threads.

Sites of one host are inspected one after the other. If a request fails, the site is inspected again
after all other sites, because many hosts fail or limit requests only for a short time.
"""

import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Final, TypeAlias

from scheduler.adding.site_inspection import InspectedSite, inspect
from scheduler.children.shared_fetch import SharedFetcher
from spiders.catalogue.catalogue import Entry
from spiders.discovery.propose import GivenFields

MAX_SITES: Final = 16
"""Maximum number of sites that are inspected at the same time."""

RETRY_SECONDS: Final = 2.0
"""Minimum time in seconds until a site is inspected again after a failed request."""

HostSites: TypeAlias = Sequence[tuple[Entry, GivenFields]]
"""Entries of one host, with the given fields of their sources."""


def inspect_all(
    fetcher: SharedFetcher,
    hosts: Sequence[Sequence[Entry]],
    given: Callable[[Entry], GivenFields],
) -> Iterator[tuple[Entry, InspectedSite]]:
    """Inspect entries, and yield each with its result. ``hosts`` contains the entries per host."""
    inspection = _Inspection(fetcher)
    for entries in hosts:
        inspection.waiting.put(([(entry, given(entry)) for entry in entries], False))
    for _ in range(min(MAX_SITES, len(hosts))):
        threading.Thread(target=inspection.work, daemon=True).start()
    try:
        for _ in range(sum(map(len, hosts))):
            yield inspection.done.get()
    finally:
        inspection.stop.set()


class _Inspection:
    """The queues of waiting and inspected sites.

    A waiting site has a flag that is true for a retry.
    """

    def __init__(self, fetcher: SharedFetcher) -> None:
        self._fetcher = fetcher
        self.waiting = queue.SimpleQueue[tuple[HostSites, bool]]()
        self.done = queue.SimpleQueue[tuple[Entry, InspectedSite]]()
        self.stop = threading.Event()

    def work(self) -> None:
        """Inspect waiting sites until none is left."""
        while not self.stop.is_set():
            try:
                sites, is_retry = self.waiting.get_nowait()
            except queue.Empty:
                return
            if failed := [*self._inspect(sites, is_retry=is_retry)]:
                self.stop.wait(RETRY_SECONDS)
                self.waiting.put((failed, True))

    def _inspect(self, sites: HostSites, *, is_retry: bool) -> Iterator[tuple[Entry, GivenFields]]:
        """Inspect the sites of a host, and yield the sites to inspect again."""
        for entry, given in sites:
            if self.stop.is_set():
                return
            inspected = inspect(self._fetcher, entry, given)
            if inspected.may_pass and not is_retry:
                yield entry, given
            else:
                self.done.put((entry, inspected))
