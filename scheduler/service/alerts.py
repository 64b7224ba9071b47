"""Sending of the alerts of one home directory, by one process at a time."""

from collections.abc import Sequence
from contextlib import closing
from typing import ClassVar, Final

from data.errors import HomeInUse
from data.models import AlertDelivery, Consumer
from data.search.saved_searches import SavedSearches
from data.store.core.store import Store
from data.store.shared_sql.events import ALERTS
from data.watches.watch_folder import load_watches
from feeds.alerts.channels import AlertWatch
from feeds.alerts.delivery.matcher import Matcher
from feeds.alerts.delivery.sending import Senders
from feeds.alerts.delivery.worker import AlertWorker
from feeds.backoff import Backoff
from scheduler.home.home import Home
from scheduler.service.outbox import Outbox
from scheduler.service.websub import outbound_of

MAX_COUNTED_EVENTS: Final = 100_000
"""Maximum number of events that are checked when pending alerts are counted."""

EVENT_POLL_SECONDS: Final = 1.0
"""Time in seconds between two checks for new events, so that alerts are also sent during a
visit."""


class AlertService(Outbox):
    """Sends the alerts of watches while it runs."""

    consumer: ClassVar[Consumer] = ALERTS

    def __init__(self, home: Home, pace: Backoff | None = None) -> None:
        super().__init__(home)
        self._pace = pace or Backoff(look=EVENT_POLL_SECONDS)

    def wake(self) -> None:
        """Check for new events now."""
        self._pace.wake()

    def open_store(self) -> Store:
        """Open the store without its journal, because alerts are not archived."""
        return self._home.plain_store()

    async def send(self, store: Store) -> None:
        """Match events with watches and send messages until cancelled."""
        home = self._home
        senders = Senders(outbound_of(home), home.settings.alerts, home.settings.site)
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
