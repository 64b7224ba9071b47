"""WebSub for one home directory: notify a hub or be a hub, and subscribe to hubs of sources."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager, closing
from functools import partial
from typing import Final

import structlog
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from data.errors import HomeInUse, StoreError
from data.store.core.store import Store
from feeds.sending_loop import STORE_POLL_SECONDS, Backoff
from feeds.server.on_demand import OnDemand
from feeds.server.requests.client import client_of, proxies_of
from feeds.urls import OWN_HUB, hub_of
from feeds.websub.feed_subscriber import FeedCallback, FeedSubscriber
from feeds.websub.hub import Hub, HubWorker
from feeds.websub.publisher import Announcer
from scheduler.home.home import Home
from scheduler.home.home_publication import note_changes
from scheduler.service.background import in_background

log = structlog.get_logger()

WRITE_WAIT_SECONDS: Final = 2.0
"""Maximum time in seconds that a request of a client waits for another writer of the store."""

VERIFICATION_SECONDS: Final = 300.0
"""Time in seconds within which a hub should verify a subscription. After this time, the
subscription is requested again."""

RETRY_SECONDS: Final = 60.0
"""Time in seconds before the store is opened again after a failure."""


class PushService:
    """Notifies a hub about changed feeds, or runs the site's own hub.

    Without a hub in the settings, nothing happens.
    """

    def __init__(self, home: Home, pace: Backoff | None = None) -> None:
        self._home = home
        self._site = home.settings.site
        self._pace = pace or Backoff()
        self._hub = hub_of(self._site)
        self._store = home.store(patience=WRITE_WAIT_SECONDS) if self._hub else None
        if self._store and self._site.hub == OWN_HUB:
            self._store.keep_private()

    @property
    def hub(self) -> ASGIApp | None:
        """Return the ASGI app for subscribers if this site is its own hub, or None."""
        if self._store is None or self._site.hub != OWN_HUB:
            return None
        client = partial(client_of, proxies=proxies_of(self._site))
        return Hub(self._store, self._site, self._home.site, self._pace.wake, client)

    def wake(self) -> None:
        """Notify the hub or subscribers now."""
        self._pace.wake()

    async def run(self) -> None:
        """Notify the hub or subscribers until cancelled.

        Only one process per home directory does this.
        """
        if self._store is None or self._hub is None:
            await asyncio.Event().wait()
            return
        while True:
            try:
                with self._home.lock("push", "another process"):
                    # A process may have ended before it recorded its changes.
                    await asyncio.to_thread(note_changes, self._home)
                    await self._worker(self._store, self._hub).run()
            except HomeInUse:
                await asyncio.sleep(STORE_POLL_SECONDS)
            except (OSError, StoreError) as error:
                # The disk is probably full. Feeds are still served.
                log.warning("WebSub failed; retrying later", problem=str(error))
                await self._pace.rest()

    def _worker(self, store: Store, hub: str) -> Announcer | HubWorker:
        outbound = self._home.outbound()
        if self._site.hub == OWN_HUB:
            demand = OnDemand(self._home.store_url, self._site, searches=self._home.searches)
            return HubWorker(
                store,
                self._site,
                hub,
                folder=self._home.site,
                make=demand.document,
                outbound=outbound,
                pace=self._pace,
            )
        return Announcer(store, self._site, hub, outbound, self._pace)

    @asynccontextmanager
    async def at_work(self, on_end: Callable[[], object]) -> AsyncIterator[None]:
        """Context manager that notifies the hub or subscribers during its block.

        ``on_end`` is called when the notifying task ends.
        """
        try:
            async with in_background(self.run(), on_end):
                yield
        finally:
            if self._store is not None:
                self._store.close()


async def announce(home: Home) -> bool:
    """Notify the hub about all changed feeds once. Returns False if this must be repeated later.

    Does nothing if another process notifies the hub, or if this site is its own hub.
    """
    site = home.settings.site
    hub = hub_of(site)
    if hub is None or site.hub == OWN_HUB:
        return True
    await asyncio.to_thread(note_changes, home)
    with closing(home.store()) as store:
        try:
            with home.lock("push", "communique publish"):
                return await Announcer(store, site, hub, home.outbound(), Backoff()).round()
        except HomeInUse:
            return True


class FeedPushService:
    """Maintains subscriptions to the feeds of sources.

    ``hinted`` is called with the id of each source about which a hub reports a change.
    """

    def __init__(
        self, home: Home, hinted: Callable[[str], None], pace: Backoff | None = None
    ) -> None:
        self._home = home
        self._hinted = hinted
        self._pace = pace or Backoff(VERIFICATION_SECONDS)
        self._sources: Collection[str] = frozenset()
        self._known = asyncio.Event()
        self._callback: FeedCallback | None = None

    @property
    def callback(self) -> ASGIApp | None:
        """Return the ASGI app for requests from hubs, or None if hubs can't reach this site."""
        return self._answer if self._home.is_reachable else None

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = self._callback or PlainTextResponse("not started yet\n", 503)
        await answer(scope, receive, send)

    def follow(self, sources: Collection[str]) -> None:
        """Set the sources whose feeds are subscribed to, and end other subscriptions."""
        self._sources = sources
        self._known.set()
        self._pace.wake()

    async def run(self) -> None:
        """Maintain subscriptions until cancelled."""
        if not self._home.is_reachable:
            await asyncio.Event().wait()
        while True:
            try:
                with closing(self._home.plain_store(patience=WRITE_WAIT_SECONDS)) as store:
                    await self._work(store)
            except (OSError, StoreError) as error:
                # The disk is probably full. Visits continue at their intervals.
                log.warning("subscribing to WebSub hubs failed; retrying later", problem=str(error))
                await asyncio.sleep(RETRY_SECONDS)

    async def _work(self, store: Store) -> None:
        site, outbound = self._home.settings.site, self._home.outbound()
        self._callback = FeedCallback(store, site, self._hinted)
        try:
            subscriber = FeedSubscriber(store, site, outbound, self._pace)
            await self._known.wait()
            while True:
                await subscriber.round(self._sources)
                await self._pace.rest()
        finally:
            self._callback = None
