"""Sending of the alerts of one home directory, by one process at a time."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, closing
from typing import Final

import structlog

from data.errors import CommuniqueError, HomeInUse, LeaseLost, StoreError
from data.models import AlertDelivery, Lease
from data.search.saved import SavedSearches
from data.store.core.store import Store
from data.store.shared_sql.events import ALERTS
from data.watches.folder import load_watches
from feeds.alerts.channels import AlertWatch
from feeds.alerts.delivery.matcher import Matcher
from feeds.alerts.delivery.sending import Senders
from feeds.alerts.delivery.worker import AlertWorker
from feeds.backoff import POLL_SECONDS, Backoff
from feeds.store_thread import in_thread
from scheduler.home.home import Home
from scheduler.service.background import in_background
from scheduler.service.websub import outbound_of

log = structlog.get_logger()

MAX_COUNTED_EVENTS: Final = 100_000
"""Maximum number of events that are checked when pending alerts are counted."""

EVENT_POLL_SECONDS: Final = 1.0
"""Time in seconds between two checks for new events, so that alerts are also sent during a
visit."""

RETRY_SECONDS: Final = 60.0
"""Time in seconds after which a store that failed is used again."""


class AlertService:
    """Sends the alerts of watches while it runs."""

    def __init__(self, home: Home, pace: Backoff | None = None) -> None:
        self._home = home
        self._pace = pace or Backoff(look=EVENT_POLL_SECONDS)

    def wake(self) -> None:
        """Check for new events now."""
        self._pace.wake()

    async def run(self, lease: Lease | None = None) -> None:
        """Send alerts until cancelled. Only one process per home directory sends alerts.

        If several services share a database, the service with the ``lease`` sends them. Raises
        LeaseLost.
        """
        while True:
            try:
                with self._home.lock("alerts", "another process"):
                    await self._work(lease)
            except HomeInUse:
                await asyncio.sleep(POLL_SECONDS)
            except LeaseLost:
                raise
            except (OSError, CommuniqueError) as error:
                # The disk is full or the folder unreadable. The rest of the service continues.
                log.warning("alerts failed", problem=str(error))
                await asyncio.sleep(RETRY_SECONDS)
            except Exception:
                # This is a bug. Visits and the site continue, and alerts are tried again.
                log.exception("alerts failed")
                await asyncio.sleep(RETRY_SECONDS)

    async def _work(self, lease: Lease | None) -> None:
        home = self._home
        # Alerts are not archived, so the journal is not needed.
        with closing(home.plain_store().leased(lease)) as store:
            senders = Senders(outbound_of(home), home.settings.alerts, home.settings.site)
            try:
                await AlertWorker(
                    store, home.watches, SavedSearches(home.searches), senders, self._pace
                ).run()
            except (LeaseLost, StoreError):
                raise
            except Exception as error:
                await in_thread(store, store.note_failure, ALERTS, error)
                raise

    @asynccontextmanager
    async def at_work(self, on_end: Callable[[], object]) -> AsyncIterator[None]:
        """Context manager that sends alerts during its block.

        ``on_end`` is called when sending ends.
        """
        async with in_background(self.run(), on_end):
            yield


def waiting_alerts(home: Home) -> int:
    """Return the number of alerts that wait for `communique run`.

    The result is 0 while that command is running.
    """
    try:
        with home.lock("alerts", "communique collect"), closing(home.plain_store()) as store:
            return store.alert_counts().get("waiting", 0) + len(new_alerts(home, store))
    except HomeInUse:
        return 0


def new_alerts(home: Home, store: Store) -> Sequence[AlertDelivery]:
    """Return the deliveries that `communique run` will make for pending events.

    Nothing is stored.
    """
    matcher = Matcher(
        load_watches(home.watches, AlertWatch)[0],
        home.settings.alerts,
        SavedSearches(home.searches),
    )
    if not matcher.watches:
        return ()
    return [
        one
        for event in store.queued_events(limit=MAX_COUNTED_EVENTS)
        for one in matcher.deliveries(store, event)
    ]
