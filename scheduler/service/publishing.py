"""Publishing and what belongs to it, for one HOME: hubs are told, and others attest the log.

All of it goes by the files that this HOME published last, and by the log that it signs.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import structlog

from data.models import Lease
from scheduler.executors.publisher import Publisher
from scheduler.home import Home
from scheduler.jobs.attest import attest, is_asked_for
from scheduler.service.background import attempt
from scheduler.service.dead_man import ping
from scheduler.service.push import PushService, outbound_of

LAST_PUBLICATION_SECONDS: Final = 20.0
"""Maximum time of the publication before the service ends."""

log = structlog.get_logger()


class Publishing:
    """Publishes one HOME; ``note`` is awaited after each time, for those who watch."""

    def __init__(self, home: Home, note: Callable[[], Awaitable[None]]) -> None:
        self.push = PushService(home)
        self._home = home
        self._note = note
        self._publisher = Publisher(home)
        self._due = asyncio.Event()
        self._problem = ""

    async def do(self, what: str) -> None:
        """Publish, attest or ping, by its name in the timetable; to publish is only begun."""
        if what == "publish":
            self._due.set()
        elif what == "attest":
            await attempt(self._attest)
        else:
            await self._ping()

    async def publish_when_due(self) -> None:
        """Publish once for all visits that ended meanwhile, and what else changed the store."""
        while True:
            await self._due.wait()
            self._due.clear()
            await self.publish()

    async def publish(self) -> None:
        """Publish what changed."""
        published = await self._publisher.publish()
        self._problem = published.errors[0] if published.errors else ""
        await self._note()
        if published.written:
            self.push.wake()
            log.info("published", feeds=published.feeds, written=published.written)
        for error in published.errors:
            log.error("not published", problem=error)

    async def publish_last(self) -> None:
        """Publish what changed before the service ends, within LAST_PUBLICATION_SECONDS.

        What is not published by then stays marked in the store, for the next start.
        """
        try:
            async with asyncio.timeout(LAST_PUBLICATION_SECONDS):
                await self.publish()
        except TimeoutError:
            log.warning("publication ended", seconds=LAST_PUBLICATION_SECONDS)
            await self._publisher.close(0)

    async def note_health(self) -> int:
        """Note the health of all sources; how many changes."""
        noted = await self._publisher.note_health()
        if noted.error:
            log.error("failed; it is tried again", problem=noted.error)
        return noted.changes

    async def give_back_later(self, lease: Lease) -> None:
        """Have a lease given back where this process dies: once no publication is under way."""
        await self._publisher.give_back_later(lease)

    def cut(self) -> None:
        """End the publication that is under way, as another service publishes by now."""
        self._publisher.cut()

    async def close(self) -> None:
        """Let the publication that is under way end."""
        await self._publisher.close()

    async def _attest(self) -> None:
        if not is_asked_for(self._home):
            return
        done = await asyncio.to_thread(attest, self._home)
        for error in done.errors:
            log.error("the log is not attested", problem=error)
        if done.cosignatures or done.timestamp or done.witnessed:
            log.info(
                "attested",
                witnesses=len(done.cosignatures),
                witnessed=len(done.witnessed),
                dated=bool(done.timestamp),
            )
            self._due.set()

    async def _ping(self) -> None:
        url = self._home.settings.health.ping
        if url and (unheard := await ping(outbound_of(self._home), url, self._problem)):
            log.warning("nobody heard the ping", problem=unheard)
