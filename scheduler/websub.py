"""Push for one HOME: which of its parts are at work, and in which process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager

import structlog
from starlette.types import ASGIApp

from data.errors import HomeInUse, StoreError
from feeds.websub import OWN, hub_of
from scheduler.home import Home
from scheduler.outbound import Outbound
from scheduler.websub_announcing import Announcer
from scheduler.websub_distributing import Distributor
from scheduler.websub_hub import Hub
from scheduler.websub_kept import Kept
from scheduler.websub_pace import LOOK, Pace
from scheduler.websub_subscribers import Subscribers
from spiders.settings import user_agent

log = structlog.get_logger()

FILE = "websub.db"


class Push:
    """Tells a hub of changes, or is a hub; nothing where the settings name none."""

    def __init__(self, home: Home, pace: Pace | None = None) -> None:
        self._home = home
        self._site = home.settings.site
        self._pace = pace or Pace()
        self._hub = hub_of(self._site)
        self._kept = Subscribers(home.path / FILE) if self._hub else None

    @property
    def hub(self) -> ASGIApp | None:
        """What answers subscribers, where we are the hub."""
        if self._kept is None or self._site.hub != OWN:
            return None
        return Hub(self._kept, self._site, self._home.site, self._pace.wake)

    def wake(self) -> None:
        """Something was published."""
        self._pace.wake()

    async def run(self) -> None:
        """Work until cancelled; of several processes on one HOME only one does."""
        if self._kept is None or self._hub is None:
            await asyncio.Event().wait()
            return
        while True:
            try:
                with self._home.lock("push", "another process"):
                    # What changed while nobody looked: a process may have ended in between.
                    await asyncio.to_thread(note_changes, self._home)
                    await self._worker(self._kept, self._hub).run()
            except HomeInUse:
                await asyncio.sleep(LOOK)
            except (OSError, StoreError) as error:
                # A disk that is full, most likely: feeds are served all the same.
                log.warning("push failed", problem=str(error))
                await self._pace.rest()

    def _worker(self, kept: Subscribers, hub: str) -> Announcer | Distributor:
        outbound = outbound_of(self._home)
        if self._site.hub == OWN:
            folder = self._home.site
            return Distributor(
                kept, self._site, hub, folder=folder, outbound=outbound, pace=self._pace
            )
        return Announcer(kept, self._site, hub, outbound, self._pace)

    @asynccontextmanager
    async def at_work(self, failed: Callable[[], object]) -> AsyncIterator[None]:
        """Work for the length of a ``with`` block; ``failed`` is called where that fails."""
        working = asyncio.create_task(self.run())
        working.add_done_callback(lambda _: failed())
        try:
            yield
        finally:
            working.cancel()
            await asyncio.wait({working})
            if self._kept is not None:
                self._kept.close()
        if not working.cancelled():
            working.result()


def note_changes(home: Home, files: Iterable[str] | None = None) -> None:
    """Note which feeds changed, of some files or of all, where there is a hub to tell."""
    if hub_of(home.settings.site) is None:
        return
    kept = Kept(home.path / FILE)
    try:
        kept.look(home.site, files)
    finally:
        kept.close()


async def announce(home: Home) -> bool:
    """Tell the hub of all that is due, once; False where it has to be told again later.

    Where another process is at it, or this site is its own hub, that is left to it.
    """
    site = home.settings.site
    hub = hub_of(site)
    if hub is None or site.hub == OWN:
        return True
    note_changes(home)
    kept = Kept(home.path / FILE)
    try:
        with home.lock("push", "communique publish"):
            return await Announcer(kept, site, hub, outbound_of(home), Pace()).round()
    except HomeInUse:
        return True
    finally:
        kept.close()


def outbound_of(home: Home) -> Outbound:
    """The client for a HOME."""
    network = home.settings.network
    return Outbound(user_agent(network), network.allow_private)
