"""A service of a fleet, which can become the leader.

The leader plans the visits, and workers make them. Publishing, alerts and upkeep are duties
(scheduler.fleet.duties), which any of the services may perform.
"""

import asyncio
from collections.abc import Collection, Mapping
from contextlib import AsyncExitStack
from functools import partial

from scheduler.fleet.duties import Duties
from scheduler.fleet.executor import FleetExecutor
from scheduler.fleet.leader import Leadership, lead_in_turns
from scheduler.service.background import attempt
from scheduler.service.daemon import Service
from scheduler.service.timetable import Timetable, TimetableJob


class FleetService(Service):
    """Service in a fleet, whose visits are made by workers."""

    _fleet: FleetExecutor
    """Executor that queues visits and duties, set when this service begins to lead."""

    async def begin_beside(self, beside: AsyncExitStack) -> None:
        """Do nothing, because alerts are a duty and only the leader runs WebSub."""

    async def publish_last(self) -> None:
        """Do nothing, because another service continues to publish."""

    async def collect(self) -> None:
        """Perform duties, and lead when no other service leads, until cancelled."""
        duties = Duties(
            self._home, self._publishing, self._alerts, lambda: self._visits is not None
        )
        async with asyncio.TaskGroup() as work:
            work.create_task(lead_in_turns(self._home.store_url, self._lead))
            work.create_task(duties.work())

    async def _lead(self, leadership: Leadership) -> None:
        """Plan the visits of all workers until cancelled."""
        self._visitor = self._fleet = FleetExecutor(self._home, leadership)
        self._timetable = Timetable(self._begin_visit, self._chance)
        self._sources = {}
        self._hints.clear()
        leads = True

        def on_end() -> None:
            if leads:
                self._stop.set()

        async with AsyncExitStack() as beside:
            if not self._home.shares_site:
                await beside.enter_async_context(self._publishing.push.at_work(on_end))
            await beside.enter_async_context(self._feed_push.at_work(on_end))
            try:
                async with asyncio.TaskGroup() as work:
                    work.create_task(self._fleet.run())
                    # Do not wait for this, because another machine may have to render everything.
                    await self.jobs["publish"]()
                    self._fleet.have_done("alerts")
                    await attempt(self._reload)
                    await self._work()
            finally:
                leads = False
                self._visits = None
                if self._timetable.scheduler.running:
                    self._timetable.scheduler.shutdown(wait=False)

    @property
    def jobs(self) -> Mapping[str, TimetableJob]:
        """Return the function for each job of the timetable.

        Jobs that concern all machines are queued as duties.
        """
        duties = {"tidy", *(self._publishing.jobs if self._home.shares_site else ())}
        return {**super().jobs, **{name: partial(self._queue_duty, name) for name in duties}}

    async def _queue_duty(self, name: str) -> None:
        self._fleet.have_done(name)

    async def share_sources(self, chosen: Collection[str]) -> None:
        """Store the list of sources, the topics, and the site settings for all machines."""
        await self._fleet.take_in(chosen)
