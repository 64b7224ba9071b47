"""Alerts for one HOME: one process at a time tells what watches match."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, closing
from typing import Final

import structlog

from data.errors import HomeInUse, LeaseLost, StoreError
from data.models import AlertDelivery, Lease
from data.store.protocol import Store
from data.watches.folder import load_watches
from feeds.alerts.channels import AlertWatch
from feeds.alerts.matcher import Matcher
from feeds.alerts.sending import Senders
from feeds.alerts.worker import AlertWorker
from feeds.backoff import POLL_SECONDS, Backoff
from scheduler.home import Home
from scheduler.jobs.leased.leased_store import under
from scheduler.service.background import in_background
from scheduler.service.push import outbound_of

log = structlog.get_logger()

PATIENCE: Final = 2.0
"""Seconds that a writer waits for another: it is waited for within the event loop."""

COUNTED: Final = 100_000
"""Events that are looked at to count what waits."""

SOON: Final = 1.0
"""Seconds between two looks at what happened: a visit goes on while what it found is told."""

AGAIN: Final = 60.0
"""Seconds after which a store that failed is tried again."""


class AlertService:
    """Tells what watches match, while it is at work."""

    def __init__(self, home: Home, pace: Backoff | None = None) -> None:
        self._home = home
        self._pace = pace or Backoff(look=SOON)

    def wake(self) -> None:
        """Something happened."""
        self._pace.wake()

    async def run(self, lease: Lease | None = None) -> None:
        """Work until cancelled; of several processes on one HOME only one does.

        Of several services on a database one does, which has a lease. Raises LeaseLost.
        """
        while True:
            try:
                with self._home.lock("alerts", "another process"):
                    await self._work(lease)
            except HomeInUse:
                await asyncio.sleep(POLL_SECONDS)
            except (OSError, StoreError) as error:
                # A disk that is full, most likely: the rest of the service goes on.
                log.warning("alerts failed", problem=str(error))
                await asyncio.sleep(AGAIN)
            except LeaseLost:
                raise
            except Exception:
                # A mistake of ours: visits and the site go on, and alerts are tried again.
                log.exception("alerts failed")
                await asyncio.sleep(AGAIN)

    async def _work(self, lease: Lease | None) -> None:
        home = self._home
        # Nothing that is told is a part of the archive.
        with closing(home.plain_store(patience=PATIENCE)) as store, under(store, lease):
            senders = Senders(outbound_of(home), home.settings.alerts, home.settings.site)
            await AlertWorker(store, home.watches, senders, self._pace).run()

    @asynccontextmanager
    async def at_work(self, failed: Callable[[], object]) -> AsyncIterator[None]:
        """Work for the length of a ``with`` block; ``failed`` is called where that fails."""
        async with in_background(self.run(), failed):
            yield


def waiting_alerts(home: Home) -> int:
    """Number of alerts that wait for `communique run`; 0 while it works."""
    try:
        with home.lock("alerts", "communique collect"), closing(home.plain_store()) as store:
            return store.alert_counts().get("waiting", 0) + len(new_alerts(home, store))
    except HomeInUse:
        return 0


def new_alerts(home: Home, store: Store) -> Sequence[AlertDelivery]:
    """The deliveries that `communique run` will make of the events that wait, none of them kept."""
    matcher = Matcher(load_watches(home.watches, AlertWatch)[0], home.settings.alerts)
    if not matcher.watches:
        return ()
    return [
        one
        for event in store.queued_events(limit=COUNTED)
        for one in matcher.deliveries(store, event)
    ]
