"""Service on one of several machines that share a database.

One of these services leads: it plans the visits, and workers make them. Publishing, alerts and
upkeep are duties (scheduler.fleet.duties), which any of the services may take on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from contextlib import AsyncExitStack
from functools import partial

from data.models import Run
from scheduler.fleet.duties import Duties
from scheduler.fleet.executor import FleetExecutor
from scheduler.fleet.leader import Leadership, lead_in_turns
from scheduler.service.background import attempt
from scheduler.service.daemon import Service
from scheduler.service.timetable import Timetable, TimetableJob
from spiders.sources.loader import LoadedSource


class FleetService(Service):
    """The service of a home directory whose visits are made by workers."""

    _fleet: FleetExecutor
    """Queues visits and duties; set when this service begins to lead."""

    async def _begin_beside(self, beside: AsyncExitStack) -> None:
        """Start nothing: alerts are a duty, and only the leader runs WebSub."""

    async def _publish_last(self) -> None:
        """Publish nothing: another service continues."""

    async def _collect(self) -> None:
        """Lead whenever no other service does, and do duties, until cancelled."""
        duties = Duties(
            self._home, self._publishing, self._alerts, lambda: self._visits is not None
        )
        async with asyncio.TaskGroup() as work:
            work.create_task(lead_in_turns(self._home.store_url, self._lead))
            work.create_task(duties.work())

    async def _lead(self, leadership: Leadership) -> None:
        """Plan the visits of all workers until cancelled."""
        self._fleet = FleetExecutor(self._home, leadership)
        self._timetable = Timetable(self._begin_visit, self._chance)
        self._sources = {}
        self._hints.clear()
        leads = True

        def failed() -> None:
            if leads:
                self._stop.set()

        async with AsyncExitStack() as beside:
            if not self._home.shares_site:
                await beside.enter_async_context(self._publishing.push.at_work(failed))
            await beside.enter_async_context(self._feed_push.at_work(failed))
            try:
                async with asyncio.TaskGroup() as work:
                    work.create_task(self._fleet.run())
                    # Not waited for: another machine may have to render everything.
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
        """The function of each job of the timetable; jobs for all machines are queued as duties."""
        duties = {"tidy", *(self._publishing.jobs if self._home.shares_site else ())}
        return {**super().jobs, **{name: partial(self._queue_duty, name) for name in duties}}

    async def _queue_duty(self, name: str) -> None:
        self._fleet.have_done(name)

    async def _share_sources(self, chosen: Collection[str]) -> None:
        """Store which sources exist, and the topics and site of this service, for all machines."""
        await self._fleet.take_in(chosen)

    async def _make_visit(self, source: LoadedSource, *, explicit: bool) -> Run:
        """Queue a visit for the workers, and wait for its report."""
        return await self._fleet.visit(source, explicit=explicit)
