"""The role of a service that belongs to a fleet and can become its leader.

The leader plans the visits, and workers make them. Publishing, alerts, deposits and upkeep are
duties (scheduler.fleet.duties). Any service of the fleet may perform a duty.
"""

import asyncio
from collections.abc import Collection, Mapping
from contextlib import AsyncExitStack, closing
from functools import partial

from data.network.bucket import Bucket
from scheduler.fleet.duties import ALERTS_DUTY, DEPOSITS_DUTY, Duties, shares_site
from scheduler.fleet.fleet_executor import FleetExecutor
from scheduler.fleet.leader import Leadership, lead_in_turns
from scheduler.home.archived_files import keep_home_files
from scheduler.home.home import Home
from scheduler.service.background import in_background
from scheduler.service.daemon import Service
from scheduler.service.timetable import TimetableJob


def archive_home_files(home: Home) -> None:
    """Archive the current files of the leader's home directory."""
    with closing(home.store()) as store:
        keep_home_files(home, store)


class FleetRole:
    """Role of a service in a fleet, whose visits are made by workers."""

    _executor: FleetExecutor
    """Executor that queues visits and duties, set when this service begins to lead."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def begin_beside(self, beside: AsyncExitStack) -> None:
        """Do nothing, because alerts are a duty and only the leader runs WebSub."""

    async def collect(self) -> None:
        """Perform duties, and lead when no other service leads, until cancelled."""
        service = self._service
        outboxes = {ALERTS_DUTY: service.alerts, DEPOSITS_DUTY: service.deposits}
        duties = Duties(service.home, service.publishing, outboxes, lambda: service.is_visiting)
        async with asyncio.TaskGroup() as work:
            work.create_task(lead_in_turns(service.home.store_url, self._lead))
            work.create_task(duties.work())

    async def _lead(self, leadership: Leadership) -> None:
        """Plan the visits of all workers until cancelled."""
        service = self._service
        self._executor = FleetExecutor(service.home, leadership)
        leads = True

        def on_end() -> None:
            if leads:
                service.stop()

        async with AsyncExitStack() as beside:
            if not shares_site(service.home):
                await beside.enter_async_context(service.publishing.push.at_work(on_end))
            await beside.enter_async_context(in_background(service.feed_push.run(), on_end))
            try:
                async with asyncio.TaskGroup() as work:
                    work.create_task(self._executor.run())
                    # Do not wait for this, because another machine may have to render everything.
                    await service.jobs["publish"]()
                    self._executor.have_done("alerts")
                    if service.deposits.is_configured:
                        self._executor.have_done("deposits")
                    await service.visit_sources(self._executor)
            finally:
                leads = False

    def served_bucket(self) -> Bucket | None:
        """Return the bucket of the site, because another service may have published its files."""
        return self._service.home.bucket

    async def publish_when_due(self) -> None:
        """Publish changes until cancelled if only the leader publishes."""
        if not shares_site(self._service.home):
            await self._service.publishing.publish_when_due()

    async def share_sources(self, chosen: Collection[str]) -> None:
        """Store the list of sources, the topics, and the site settings for all machines.

        Also archives the source files, because workers have none.
        """
        await asyncio.to_thread(archive_home_files, self._service.home)
        await self._executor.take_in(chosen)

    def jobs(self, own: Mapping[str, TimetableJob]) -> Mapping[str, TimetableJob]:
        """Return the functions of the timetable's jobs.

        Jobs for all machines are queued as duties.
        """
        service = self._service
        duties = {"tidy", *(service.publishing.jobs if shares_site(service.home) else ())}
        return {**own, **{name: partial(self._queue_duty, name) for name in duties}}

    async def _queue_duty(self, name: str) -> None:
        self._executor.have_done(name)

    async def end(self) -> None:
        """Do nothing, because workers end the visits, and another service continues to publish."""
