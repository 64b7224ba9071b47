"""WebSub for one home directory: it notifies a hub of changes, or is a hub itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

import structlog
from starlette.types import ASGIApp

from data.errors import HomeInUse, StoreError
from data.network.client import Outbound
from data.store.store import Store
from feeds.backoff import POLL_SECONDS, Backoff
from feeds.server.on_demand import OnDemand
from feeds.urls import OWN_HUB, hub_of
from feeds.websub.distributor import HubWorker
from feeds.websub.hub import Hub
from feeds.websub.publisher import Announcer
from scheduler.home import Home
from scheduler.home.publish import note_changes
from scheduler.service.background import in_background
from spiders.download.settings import user_agent

log = structlog.get_logger()

WRITE_WAIT_SECONDS: Final = 2.0
"""Maximum seconds that a write waits for another writer; it blocks the event loop."""


class PushService:
    """Notifies a hub of changes, or is a hub; does nothing without a hub in the settings."""

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
        """The app that responds to subscribers, if this site is its own hub."""
        if self._store is None or self._site.hub != OWN_HUB:
            return None
        return Hub(self._store, self._site, self._home.site, self._pace.wake)

    def wake(self) -> None:
        """Notify the hub or subscribers now."""
        self._pace.wake()

    async def run(self) -> None:
        """Work until cancelled; only one process per home directory does."""
        if self._store is None or self._hub is None:
            await asyncio.Event().wait()
            return
        while True:
            try:
                with self._home.lock("push", "another process"):
                    # Changes of a process that ended before it recorded them.
                    await asyncio.to_thread(note_changes, self._home)
                    await self._worker(self._store, self._hub).run()
            except HomeInUse:
                await asyncio.sleep(POLL_SECONDS)
            except (OSError, StoreError) as error:
                # Probably a full disk; feeds are still served.
                log.warning("push failed", problem=str(error))
                await self._pace.rest()

    def _worker(self, store: Store, hub: str) -> Announcer | HubWorker:
        outbound = outbound_of(self._home)
        if self._site.hub == OWN_HUB:
            folder = self._home.site
            return HubWorker(
                store,
                self._site,
                hub,
                folder=folder,
                make=OnDemand(self._home.store_url, self._site).document,
                outbound=outbound,
                pace=self._pace,
            )
        return Announcer(store, self._site, hub, outbound, self._pace)

    @asynccontextmanager
    async def at_work(self, failed: Callable[[], object]) -> AsyncIterator[None]:
        """Work for the length of a ``with`` block; ``failed`` is called if that fails."""
        try:
            async with in_background(self.run(), failed):
                yield
        finally:
            if self._store is not None:
                self._store.close()


async def announce(home: Home) -> bool:
    """Notify the hub of all changed feeds once; False if it has to be tried again later.

    If another process does this, or this site is its own hub, nothing is done.
    """
    site = home.settings.site
    hub = hub_of(site)
    if hub is None or site.hub == OWN_HUB:
        return True
    note_changes(home)
    store = home.store()
    try:
        with home.lock("push", "communique publish"):
            return await Announcer(store, site, hub, outbound_of(home), Backoff()).round()
    except HomeInUse:
        return True
    finally:
        store.close()


def outbound_of(home: Home) -> Outbound:
    """The HTTP client for a home directory."""
    network = home.settings.network
    return Outbound(user_agent(network), network.allow_private)
