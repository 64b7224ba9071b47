"""Service: a process that visits sources, publishes, and serves the site until it is stopped."""

from __future__ import annotations

import asyncio
import datetime as dt
import random
import signal
import time
from collections.abc import Callable, Collection, Mapping
from contextlib import AsyncExitStack
from functools import partial
from typing import Protocol

import structlog

from data.access.permissions import Permissions
from data.clock import utc_now
from data.health.network import is_unanswered
from data.models import Run
from data.network.bucket import Bucket
from data.store.core.store import Store
from feeds.server.access import Access
from feeds.server.app import HomeFolders, MountedApps, create_app
from feeds.server.monitoring import Measurements
from feeds.server.requests.client import proxies_of
from scheduler.children.executor import Executor
from scheduler.home.home import Home
from scheduler.logs import log_visit
from scheduler.operations.api_writes import writes_of
from scheduler.operations.visits_and_inspections import Inspections
from scheduler.service.admin.app import Admin
from scheduler.service.background import (
    READY_STATE,
    STOPPING_STATE,
    attempt,
    copy_for_ever,
    first_of,
    in_background,
    notify,
    show_life,
    tidy,
    together,
)
from scheduler.service.home_metrics import HomeMetrics
from scheduler.service.outbox import AlertService, DepositService
from scheduler.service.publishing import Publishing
from scheduler.service.timetable import Timetable, TimetableJob
from scheduler.service.visit_plan import VisitPlan
from scheduler.service.web import (
    QuietServer,
    address_of,
    admin_address,
    listen,
    prefer_event_loop,
    server_config,
)
from scheduler.service.websub import FeedPushService
from scheduler.sources.home_health import home_health
from spiders.sources.source_file import LoadedSource, load_source

log = structlog.get_logger()


MAX_WAIT_SECONDS = 2.0
"""Maximum time in seconds that a person waits for work that can continue in the background."""


class Visitor(Protocol):
    """Makes visits, in child processes or through the workers of a fleet."""

    async def visit(self, source: LoadedSource, *, explicit: bool = False) -> Run:
        """Visit a source, and return the report of the visit."""
        ...


class Role:
    """The part of a service that differs in a fleet. Here, the service does all the work itself."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._executor = Executor(service.home)

    async def begin_beside(self, beside: AsyncExitStack) -> None:
        """Start alerts, deposits and WebSub, which run until the stack ``beside`` is closed."""
        service = self._service
        await beside.enter_async_context(in_background(service.alerts.run(), service.stop))
        if service.deposits.is_configured:
            await beside.enter_async_context(in_background(service.deposits.run(), service.stop))
        await beside.enter_async_context(service.publishing.push.at_work(service.stop))
        await beside.enter_async_context(in_background(service.feed_push.run(), service.stop))

    async def collect(self) -> None:
        """Publish, and then visit sources until cancelled."""
        # The previous publication is served until this call ends: after an upgrade of Communique,
        # rendering everything takes a while.
        await self._service.publishing.publish()
        await self._service.visit_sources(self._executor)

    def served_bucket(self) -> Bucket | None:
        """Return the bucket with files that another service published: none."""
        return None

    async def publish_when_due(self) -> None:
        """Publish changes until cancelled."""
        await self._service.publishing.publish_when_due()

    async def share_sources(self, chosen: Collection[str]) -> None:
        """Do nothing, because this service makes all visits itself."""

    def jobs(self, own: Mapping[str, TimetableJob]) -> Mapping[str, TimetableJob]:
        """Return a function for each job of the timetable, by the job's name.

        ``own`` contains the functions of the jobs that the service defines itself.
        """
        return own

    async def end(self) -> None:
        """End all visits, and publish the remaining changes."""
        await self._executor.close()
        await self._service.publishing.publish_last()


class Service:
    """Visits each source at its interval, publishes changes, and serves HOME/site."""

    _visitor: Visitor
    """Makes the visits. Set when this service begins to plan them."""

    def __init__(self, home: Home, role: Callable[[Service], Role] = Role) -> None:
        self.home = home
        self.alerts = AlertService(home)
        self.deposits = DepositService(home)
        self.feed_push = FeedPushService(home, self._hinted)
        self._hints: set[str] = set()
        self._sources: dict[str, LoadedSource] = {}
        self._stop = asyncio.Event()
        self._health_due = asyncio.Event()
        self._chance = random.Random()  # noqa: S311 - spreads visits, not a secret
        self._timetable = Timetable(self._begin_visit, self._chance)
        self._plan = VisitPlan(home, self._chance)
        self._visits: asyncio.TaskGroup | None = None
        self.visiting: set[str] = set()
        self._reloading = asyncio.Lock()
        self._access = Access(Permissions(home.tokens), proxies=proxies_of(home.settings.site))
        adding = Inspections(home)
        self._admin = Admin(home, self._access, self, adding)
        self._writes = writes_of(home, self, adding)
        self.publishing = Publishing(home, self._admin.live.note)
        self._role = role(self)

    async def run(self) -> None:
        """Run until SIGTERM or SIGINT, and then end all work cleanly."""
        async with AsyncExitStack() as beside:
            await self._role.begin_beside(beside)
            try:
                await self._run()
            finally:
                await self.publishing.child.close()

    def stop(self) -> None:
        """End `run`."""
        self._stop.set()

    @property
    def is_visiting(self) -> bool:
        """Return whether this service plans visits now."""
        return self._visits is not None

    @property
    def jobs(self) -> Mapping[str, TimetableJob]:
        """Return the functions of the timetable's jobs by job name."""
        own: dict[str, TimetableJob] = {
            **self.publishing.jobs,
            "reload": partial(attempt, self._reload),
            "health": self._note_health_soon,
            "tidy": partial(attempt, partial(tidy, self.home)),
        }
        return self._role.jobs(own)

    async def _run(self) -> None:
        site = self.home.settings.site
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop.set)
        opened = listen(site.host, site.port)
        prefer_event_loop()
        address = address_of(opened)
        log.info("running", home=str(self.home.path), site=address, admin=admin_address(address))
        home = self.home
        metrics = HomeMetrics(home)
        app = create_app(
            home.site,
            home.store_url,
            site,
            beside=MountedApps(self.publishing.push.hub, self.feed_push.callback, self._admin),
            bucket=self._role.served_bucket(),
            home=HomeFolders(home.archive, home.watches, home.searches),
            access=self._access,
            writes=self._writes,
            measured=Measurements(partial(home_health, home), self._next_visit, metrics.facts),
            signer=home.request_signer(),
        )
        server = QuietServer(server_config(app, site))
        serving = asyncio.create_task(server.serve(sockets=[opened]))
        beside = asyncio.create_task(
            together(show_life(), copy_for_ever(home), metrics.examine_periodically())
        )
        notify(READY_STATE)
        visiting = asyncio.create_task(self._role.collect())
        stopping = asyncio.create_task(self._stop.wait())
        working = {serving, visiting, beside, stopping}
        await asyncio.wait(working, return_when=asyncio.FIRST_COMPLETED)
        log.info("stopping")
        notify(STOPPING_STATE)
        stopping.cancel()
        self._timetable.end()
        visiting.cancel()
        await asyncio.wait({visiting})
        await self._role.end()
        await self._admin.close()
        await self._writes.close()
        server.should_exit = True
        await serving
        beside.cancel()
        await asyncio.wait({beside})
        for one in (visiting, beside):
            if not one.cancelled() and (error := one.exception()):
                raise first_of(error) if isinstance(error, BaseExceptionGroup) else error

    async def visit_sources(self, visitor: Visitor) -> None:
        """Plan the visits that ``visitor`` makes, and do the background work, until cancelled."""
        self._visitor = visitor
        self._timetable = Timetable(self._begin_visit, self._chance)
        self._sources = {}
        self._hints.clear()
        # Visits that were cancelled before they began are still in this set.
        self.visiting.clear()
        await attempt(self._reload)
        try:
            async with asyncio.TaskGroup() as self._visits:
                self._visits.create_task(self._role.publish_when_due())
                self._visits.create_task(self._note_health_when_due())
                self._visits.create_task(self._timetable.follow_clock())
                # Also run these jobs at the start: the service may be restarted every night.
                jobs = self.jobs
                for name in ("ping", "attest"):
                    self._visits.create_task(jobs[name]())
                self._timetable.start(jobs)
        finally:
            self._visits = None
            self._timetable.end()

    async def _reload(self) -> None:
        """Load source files that were added or changed, and drop removed source files."""
        async with self._reloading:
            chosen, first, confirming = await asyncio.to_thread(self._plan.load, self._sources)
            await self._role.share_sources(chosen)
            for gone in self._sources.keys() - chosen.keys():
                self._timetable.remove(gone)
            now = utc_now()
            for source, at in first.items():
                self._timetable.put(source, (at - now).total_seconds())
            self._sources = chosen
            self.feed_push.follow(frozenset(chosen))
            for source, wait in confirming.items():
                self._timetable.hasten(source, max(0.0, wait))

    async def _begin_visit(self, source: str) -> None:
        """Start a due visit in the background. It is stopped when the service shuts down."""
        if source in self._sources and self._start_visit(self._sources[source]):
            self._hints.discard(source)

    def _start_visit(
        self, source: LoadedSource, *, explicit: bool = False
    ) -> asyncio.Task[None] | None:
        """Start a visit in the background, and return its task.

        Returns None if the source is being visited, or if this service does not plan visits.
        """
        if self._visits is None or source.id in self.visiting:
            return None
        self.visiting.add(source.id)
        return self._visits.create_task(self._visit(source, explicit=explicit))

    def _hinted(self, source: str) -> None:
        """Visit a source soon, because a hub reported a change.

        Several reports cause only one visit.
        """
        if self._visits and source in self._sources and source not in self._hints:
            self._hints.add(source)
            self._visits.create_task(self._visit_soon(self._sources[source]))

    async def _visit_soon(self, source: LoadedSource) -> None:
        """Make a source due as soon as allowed. A running visit ends first."""
        soonest = await asyncio.to_thread(self._plan.soonest, source)
        self._timetable.hasten(source.id, max(0.0, (soonest - utc_now()).total_seconds()))

    def due(self) -> dict[str, dt.datetime]:
        """Return the times of the next visits by source, soonest first."""
        return self._timetable.due() if self._timetable.scheduler.running else {}

    async def visit_now(self, source: str) -> asyncio.Task[None] | None:
        """Begin a visit to a source, because a person requested it, and return its task.

        Returns None if a visit is running. Raises SourceError if the source file is invalid, and
        UnknownSource if no source has this id.
        """
        chosen = await asyncio.to_thread(load_source, self.home.sources, source)
        if visit := self._start_visit(chosen, explicit=True):
            self._timetable.remove(source)
        return visit

    async def reload_sources(self) -> None:
        """Load source files and the list of paused sources now.

        With hundreds of sources, this takes seconds, because all visits are planned again. It then
        continues in the background.
        """
        if self._visits is not None:
            taking = self._visits.create_task(attempt(self._reload))
            await asyncio.wait({taking}, timeout=MAX_WAIT_SECONDS)

    async def _visit(self, source: LoadedSource, *, explicit: bool = False) -> None:
        started, runs = utc_now(), list[Run]()

        async def visit() -> None:
            await self._admin.live.note()
            runs.append(await self._visitor.visit(source, explicit=explicit))

        try:
            # A visit that can't be made must not end the service.
            await attempt(visit)
        finally:
            self.visiting.discard(source.id)
        for run in runs:
            started = run.started
            log_visit(run)
        await self.jobs["publish"]()
        self._health_due.set()
        self.alerts.wake()
        # The source file may have been removed or changed during the visit.
        if present := self._sources.get(source.id):
            due = await asyncio.to_thread(self._plan.after, present, started)
            wait = due.wait(utc_now())
            if due.confirms:
                self._timetable.put(source.id, max(wait, self.home.settings.health.confirm_after))
                if any(map(is_unanswered, runs)):
                    await attempt(partial(self._hasten_others, present))
            else:
                self._timetable.put_again(source.id, wait, self._plan.interval(present))
            if source.id in self._hints:
                await self._visit_soon(present)

    def _next_visit(self, store: Store, name: str) -> dt.datetime | None:
        """Return the time of the next visit to a source.

        Returns None if the source was never visited, or is not visited any more.
        """
        source = self._sources.get(name)
        return self._plan.next_visit(store, source) if source else None

    async def _hasten_others(self, source: LoadedSource) -> None:
        """Make some sources on other hosts due at the same time as a source.

        Visits to these sources show whether our own network is down.
        """
        wait = self.home.settings.health.confirm_after
        others = [one for name in self._timetable.due() if (one := self._sources.get(name))]
        for name in await asyncio.to_thread(self._plan.witnesses, source, others, wait):
            self._timetable.hasten(name, wait)

    async def _note_health_soon(self) -> None:
        self._health_due.set()

    async def _note_health_when_due(self) -> None:
        """Update the health of sources after visits, and when it changes without a visit."""
        while True:
            await self._health_due.wait()
            self._health_due.clear()
            began = time.monotonic()
            # With a wrong clock, sources would seem to be silent.
            if self._timetable.is_clock_settled:
                changes = await self.publishing.note_health()
                await self._admin.live.note()
                if changes:
                    await self.jobs["publish"]()
                    self.alerts.wake()
            # With thousands of sources, visits end all the time: this takes at most 10 % of the
            # time.
            await asyncio.sleep(9 * (time.monotonic() - began))
