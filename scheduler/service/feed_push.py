"""Push to us for one HOME: hubs that tell of the feeds of its sources, where they can reach us."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager, closing
from typing import Final

import structlog
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from data.errors import StoreError
from data.store.websub_protocol import WebSubStore
from feeds.backoff import Backoff
from feeds.websub.callback import FeedCallback
from feeds.websub.feed_subscriber import FeedSubscriber
from scheduler.home import Home
from scheduler.service.background import in_background
from scheduler.service.push import PATIENCE, outbound_of

log = structlog.get_logger()

FIRST: Final = 300.0
"""Seconds in which a hub is to ask back, before it is asked again."""

AGAIN: Final = 60.0
"""Seconds after which a store that failed is tried again."""


class FeedPushService:
    """Keeps subscriptions, and calls ``hinted`` with sources that a hub tells of."""

    def __init__(
        self, home: Home, hinted: Callable[[str], None], pace: Backoff | None = None
    ) -> None:
        self._home = home
        self._hinted = hinted
        self._pace = pace or Backoff(FIRST)
        self._sources: Collection[str] = frozenset()
        self._known = asyncio.Event()
        self._callback: FeedCallback | None = None

    @property
    def callback(self) -> ASGIApp | None:
        """What answers hubs, where they can reach us."""
        return self._answer if self._home.is_reachable else None

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = self._callback or PlainTextResponse("not at work yet\n", 503)
        await answer(scope, receive, send)

    def follow(self, sources: Collection[str]) -> None:
        """Say which sources there are; what is of others is to end."""
        self._sources = sources
        self._known.set()
        self._pace.wake()

    async def run(self) -> None:
        """Work until cancelled."""
        if not self._home.is_reachable:
            await asyncio.Event().wait()
        while True:
            try:
                with closing(self._home.plain_store(patience=PATIENCE)) as store:
                    await self._work(store)
            except (OSError, StoreError) as error:
                # A disk that is full, most likely: sources are visited all the same.
                log.warning("hubs of sources could not be asked", problem=str(error))
                await asyncio.sleep(AGAIN)

    async def _work(self, store: WebSubStore) -> None:
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
        """Work for the length of a ``with`` block; ``failed`` is called where that fails."""
        async with in_background(self.run(), failed):
            yield
