"""WebSub subscriptions to the feeds of sources, if hubs can reach this site."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager, closing
from typing import Final

import structlog
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from data.errors import StoreError
from data.store.store import Store
from feeds.backoff import Backoff
from feeds.websub.callback import FeedCallback
from feeds.websub.feed_subscriber import FeedSubscriber
from scheduler.home import Home
from scheduler.service.background import in_background
from scheduler.service.push import WRITE_WAIT_SECONDS, outbound_of

log = structlog.get_logger()

VERIFICATION_SECONDS: Final = 300.0
"""Seconds in which a hub should verify a subscription, before it is requested again."""

RETRY_SECONDS: Final = 60.0
"""Seconds after which a store that failed is tried again."""


class FeedPushService:
    """Keeps subscriptions, and calls ``hinted`` with each source that a hub reports as changed."""

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
        """The app that responds to hubs; None if they can't reach this site."""
        return self._answer if self._home.is_reachable else None

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = self._callback or PlainTextResponse("not started yet\n", 503)
        await answer(scope, receive, send)

    def follow(self, sources: Collection[str]) -> None:
        """Set the sources to subscribe to; other subscriptions are ended."""
        self._sources = sources
        self._known.set()
        self._pace.wake()

    async def run(self) -> None:
        """Keep subscriptions until cancelled."""
        if not self._home.is_reachable:
            await asyncio.Event().wait()
        while True:
            try:
                with closing(self._home.plain_store(patience=WRITE_WAIT_SECONDS)) as store:
                    await self._work(store)
            except (OSError, StoreError) as error:
                # Probably a full disk: visits continue by the clock.
                log.warning("subscriptions to hubs failed", problem=str(error))
                await asyncio.sleep(RETRY_SECONDS)

    async def _work(self, store: Store) -> None:
        site, outbound = self._home.settings.site, outbound_of(self._home)
        self._callback = FeedCallback(store, site, self._hinted)
        try:
            subscriber = FeedSubscriber(store, site, outbound, self._pace)
            await self._known.wait()
            while True:
                await subscriber.round(self._sources)
                await self._pace.rest()
        finally:
            self._callback = None

    @asynccontextmanager
    async def at_work(self, failed: Callable[[], object]) -> AsyncIterator[None]:
        """Keep subscriptions for the length of a ``with`` block.

        ``failed`` is called if that fails.
        """
        async with in_background(self.run(), failed):
            yield
