"""Outboxes: consumers of events that send messages to other servers. They send alerts and deposits.

For one home directory, only one process at a time works as an outbox.
"""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import closing
from typing import ClassVar, Final

import structlog

from data.errors import CommuniqueError, HomeInUse, LeaseLost, StoreError
from data.models import AlertDelivery, Consumer, Lease
from data.search.saved_searches import SavedSearches
from data.store.core.store import Store
from data.store.shared_sql.events import ALERTS, DEPOSITS
from data.watches.watch_file import load_watches
from feeds.alerts.channels import AlertWatch
from feeds.alerts.delivery.alert_worker import AlertWorker, Matcher
from feeds.alerts.delivery.sending import Senders
from feeds.deposits.deposit_worker import DepositPace, DepositWorker
from feeds.sending_loop import STORE_POLL_SECONDS, Backoff, in_thread
from scheduler.home.home import Home

log = structlog.get_logger()

RETRY_SECONDS: Final = 60.0
"""Time in seconds before an outbox opens the store again after a failure."""


class Outbox(ABC):
    """Sends messages for the events of one ``consumer`` while it runs."""

    consumer: ClassVar[Consumer]
    archives: ClassVar[bool]
    """Whether its changes of the store are written to the journal in the archive."""

    def __init__(self, home: Home) -> None:
        self._home = home

    @abstractmethod
    async def send(self, store: Store) -> None:
        """Send messages until cancelled."""

    async def run(self, lease: Lease | None = None) -> None:
        """Send messages until cancelled, if no other process of this home directory does so.

        If several services share a database, the service with the ``lease`` sends messages. Raises
        LeaseLost if another service has taken the lease.
        """
        name = self.consumer.name
        while True:
            try:
                with self._home.lock(name, "another process"):
                    await self._work(lease)
            except HomeInUse:
                await asyncio.sleep(STORE_POLL_SECONDS)
            except LeaseLost:
                raise
            except (OSError, CommuniqueError) as error:
                # The disk is full or the folder unreadable. The rest of the service continues.
                log.warning("messages not sent; retrying later", outbox=name, problem=str(error))
                await asyncio.sleep(RETRY_SECONDS)
            except Exception:
                # This is a bug. Visits and the site continue, and messages are tried again.
                log.exception("messages not sent; retrying later", outbox=name)
                await asyncio.sleep(RETRY_SECONDS)

    async def _work(self, lease: Lease | None) -> None:
        opened = self._home.store() if self.archives else self._home.plain_store()
        with closing(opened.leased(lease)) as store:
            try:
                await self.send(store)
            except (LeaseLost, StoreError):
                raise
            except Exception as error:
                await in_thread(store, store.note_failure, self.consumer, error)
                raise


class DepositService(Outbox):
    """Requests that the archives in the settings save each new version, while it runs."""

    consumer: ClassVar[Consumer] = DEPOSITS
    archives: ClassVar[bool] = True

    def __init__(self, home: Home, pace: DepositPace | None = None) -> None:
        super().__init__(home)
        self._pace = pace or DepositPace()

    @property
    def is_configured(self) -> bool:
        """Return whether the settings list an archive."""
        return bool(self._home.settings.archive.deposits)

    async def send(self, store: Store) -> None:
        """Deposit versions until cancelled.

        Without archives in the settings, nothing is deposited.
        """
        home = self._home
        if not self.is_configured:
            await asyncio.Event().wait()
        archives = home.settings.archive.deposits
        is_public = home.settings.site.access == "open"
        await DepositWorker(store, archives, home.outbound(), self._pace, is_public=is_public).run()


MAX_COUNTED_EVENTS: Final = 100_000
"""Maximum number of events that are checked when pending alerts are counted."""

EVENT_POLL_SECONDS: Final = 1.0
"""Time in seconds between two checks for new events, so that alerts are also sent during a
visit."""


class AlertService(Outbox):
    """Sends the alerts of watches while it runs."""

    consumer: ClassVar[Consumer] = ALERTS
    archives: ClassVar[bool] = False

    def __init__(self, home: Home, pace: Backoff | None = None) -> None:
        super().__init__(home)
        self._pace = pace or Backoff(look=EVENT_POLL_SECONDS)

    def wake(self) -> None:
        """Check for new events now."""
        self._pace.wake()

    async def send(self, store: Store) -> None:
        """Match events with watches and send messages until cancelled."""
        home = self._home
        senders = Senders(home.outbound(), home.settings.alerts, home.settings.site)
        searches = SavedSearches(home.searches)
        await AlertWorker(store, home.watches, searches, senders, self._pace).run()


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
