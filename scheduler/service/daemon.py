"""The service: one process that visits, publishes and serves, until it is told to stop."""

from __future__ import annotations

import asyncio
import datetime as dt
import random
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AsyncExitStack, closing, contextmanager
from functools import partial
from typing import TYPE_CHECKING

import structlog
import uvicorn

from data.clock import utc_now
from data.errors import CommuniqueError
from data.health.network import is_unanswered
from data.store.protocol import Store
from feeds.server.app import create_app
from feeds.server.requests.access import Access
from feeds.server.requests.client import proxies_of
from scheduler.executors.local import Executor
from scheduler.home import Home
from scheduler.jobs.handlings import paused_sources
from scheduler.jobs.health import home_health
from scheduler.jobs.home_files import keep_home_files
from scheduler.logs import log_visit
from scheduler.service.admin.app import Admin
from scheduler.service.alerts import AlertService
from scheduler.service.background import attempt, first_of
from scheduler.service.feed_push import FeedPushService
from scheduler.service.home_metrics import HomeMetrics
from scheduler.service.publishing import Publishing
from scheduler.service.systemd import READY, STOPPING, show_life, tell
from scheduler.service.timetable import Timetable, first_visit
from scheduler.service.upkeep import copy_for_ever, tidy
from scheduler.service.visit_planner import NextVisit, VisitPlanner
from scheduler.service.web import (
    address_of,
    admin_address,
    listen,
    prefer_event_loop,
    server_config,
)
from spiders.sources.loader import LoadedSource, choose, load_source, load_sources

if TYPE_CHECKING:
    from scheduler.executors.fleet import FleetExecutor
    from scheduler.service.leader import Leadership

log = structlog.get_logger()


PROMPT = 2.0
"""Seconds for which a person waits for what goes on without them."""


class Service:
    """Visits each source by its interval, publishes after changes, serves HOME/site."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._executor: Executor | FleetExecutor = Executor(home)
        self._alerts = AlertService(home)
        self._feed_push = FeedPushService(home, self._hinted)
        self._hints: set[str] = set()
        self._sources: dict[str, LoadedSource] = {}
        self._stop = asyncio.Event()
        self._health_due = asyncio.Event()
        self._chance = random.Random()  # noqa: S311 - spreads visits, keeps no secret
        self._timetable = Timetable(self._begin_visit, self._chance)
        self._planner = VisitPlanner(home.settings.collect, home.settings.health)
        self._visits: asyncio.TaskGroup | None = None
        self.visiting: set[str] = set()
        self._reloading = asyncio.Lock()
        self._access = Access(home.tokens, proxies=proxies_of(home.settings.site))
        self._admin = Admin(home, self._access, self)
        self._publishing = Publishing(home, self._admin.live.note)

    async def run(self) -> None:
        """Run until SIGTERM or SIGINT; then end what is under way and leave nothing half done."""
        async with AsyncExitStack() as beside:
            if not self._home.has_fleet:
                await beside.enter_async_context(self._alerts.at_work(self._stop.set))
                await self._begin_beside(beside, self._stop.set)
            try:
                await self._run()
            finally:
                await self._publishing.close()

    async def _begin_beside(self, beside: AsyncExitStack, failed: Callable[[], object]) -> None:
        """Tell hubs and sources until the end of ``beside``."""
        if not self._home.shares_site:
            await beside.enter_async_context(self._publishing.push.at_work(failed))
        await beside.enter_async_context(self._feed_push.at_work(failed))

    async def _run(self) -> None:
        site = self._home.settings.site
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop.set)
        opened = listen(site.host, site.port)
        prefer_event_loop()
        address = address_of(opened)
        log.info("running", home=str(self._home.path), site=address, admin=admin_address(address))
        home = self._home
        metrics = HomeMetrics(home)
        app = create_app(
            home.site,
            home.store_url,
            site,
            hub=self._publishing.push.hub,
            callback=self._feed_push.callback,
            # One that stands by publishes nothing itself; one that is alone need not ask.
            bucket=home.bucket if home.has_fleet else None,
            archive=home.archive,
            watches=home.watches,
            admin=self._admin,
            access=self._access,
            judge=partial(home_health, home),
            facts=metrics.facts,
            due=self._next_visit,
        )
        server = QuietServer(server_config(app, site))
        serving = asyncio.create_task(server.serve(sockets=[opened]))
        beside = [
            asyncio.create_task(one)
            for one in (show_life(), copy_for_ever(home), metrics.examine_periodically())
        ]
        tell(READY)
        if home.has_fleet:
            visiting = asyncio.create_task(self._work_with_others())
        else:
            visiting = asyncio.create_task(self._work_alone())
        stopping = asyncio.create_task(self._stop.wait())
        working = {serving, visiting, stopping}
        await asyncio.wait(working, return_when=asyncio.FIRST_COMPLETED)
        log.info("stopping")
        tell(STOPPING)
        stopping.cancel()
        if self._timetable.scheduler.running:
            self._timetable.scheduler.shutdown(wait=False)
        visiting.cancel()
        await asyncio.wait({visiting})
        await self._executor.close()
        if not home.has_fleet:
            await self._publishing.publish_last()
        await self._admin.close()
        server.should_exit = True
        await serving
        for one in beside:
            one.cancel()
        if not visiting.cancelled() and (error := visiting.exception()):
            raise first_of(error) if isinstance(error, BaseExceptionGroup) else error

    async def _work_alone(self) -> None:
        """Publish, then visit until cancelled."""
        # What was published before is served at once; a new version takes a while to render.
        await self._publishing.publish()
        await attempt(self._reload)
        await self._work()

    async def _work_with_others(self) -> None:
        """Lead in turns, and take on what whichever service does, until cancelled."""
        # Imported here: the libraries for PostgreSQL may not be installed.
        from scheduler.service.duties import Duties  # noqa: PLC0415
        from scheduler.service.leader import lead_in_turns  # noqa: PLC0415

        duties = Duties(
            self._home, self._publishing, self._alerts, lambda: self._visits is not None
        )
        async with asyncio.TaskGroup() as work:
            work.create_task(lead_in_turns(self._home.store_url, self._lead))
            work.create_task(duties.work())

    async def _lead(self, leadership: Leadership) -> None:
        """Do for all services on a database what one of them does, until cancelled."""
        from scheduler.executors.fleet import FleetExecutor  # noqa: PLC0415

        fleet = self._executor = FleetExecutor(self._home, leadership)
        self._timetable = Timetable(self._begin_visit, self._chance)
        self._sources = {}
        self._hints.clear()
        leads = True

        def failed() -> None:
            if leads:
                self._stop.set()

        async with AsyncExitStack() as beside:
            await self._begin_beside(beside, failed)
            try:
                async with asyncio.TaskGroup() as work:
                    work.create_task(fleet.run())
                    # Nobody waits for a publication: another machine may have to make all of it.
                    await self._have_done("publish")
                    fleet.have_done("alerts")
                    await attempt(self._reload)
                    await self._work()
            finally:
                leads = False
                self._visits = None
                if self._timetable.scheduler.running:
                    self._timetable.scheduler.shutdown(wait=False)

    async def _work(self) -> None:
        async with asyncio.TaskGroup() as self._visits:
            if not self._home.shares_site:
                self._visits.create_task(self._publishing.publish_when_due())
            self._visits.create_task(self._note_health_when_due())
            self._visits.create_task(self._timetable.follow_clock())
            # Not in an hour only: a service may be started anew each night.
            for what in ("ping", "attest"):
                self._visits.create_task(self._have_done(what))
            self._timetable.start(
                {
                    "reload": partial(attempt, self._reload),
                    "health": self._note_health_soon,
                    **{
                        what: partial(self._have_done, what)
                        for what in ("publish", "ping", "attest", "tidy")
                    },
                }
            )

    async def _have_done(self, what: str) -> None:
        """Do what the timetable names so, or ask for it where whichever service does it."""
        if what != "tidy" and not self._home.shares_site:
            await self._publishing.do(what)
        elif not isinstance(self._executor, Executor):
            self._executor.have_done(what)
        else:
            await attempt(partial(tidy, self._home))

    async def _reload(self) -> None:
        """Take in source files that were added, changed or removed."""
        async with self._reloading:
            chosen, first = await asyncio.to_thread(self._load)
            if not isinstance(self._executor, Executor):
                await self._executor.take_in(chosen)
            self._take_in(chosen, first)

    def _take_in(self, chosen: dict[str, LoadedSource], first: dict[str, dt.datetime]) -> None:
        for gone in self._sources.keys() - chosen.keys():
            self._timetable.remove(gone)
        now = utc_now()
        for source, at in first.items():
            self._timetable.put(source, (at - now).total_seconds())
        self._sources = chosen
        self._feed_push.follow(frozenset(chosen))

    def _load(self) -> tuple[dict[str, LoadedSource], dict[str, dt.datetime]]:
        """The sources that are not paused, and when those are due that are new or changed."""
        loaded, broken = load_sources(self._home.sources)
        for error in broken:
            log.error("a source file can't be used", problem=str(error))
        with closing(self._home.store()) as store:
            paused = paused_sources(store)
            chosen = {one.id: one for one in choose(loaded, ()) if one.id not in paused}
            self._planner.learn(store, chosen.values(), utc_now())
            if self._home.has_fleet:
                # Who visits has no files.
                keep_home_files(self._home, store)
            return chosen, {
                source.id: self._first_visit(store, source)
                for source in chosen.values()
                if (known := self._sources.get(source.id)) is None
                or known.file.interval != source.file.interval
            }

    def _first_visit(self, store: Store, source: LoadedSource) -> dt.datetime:
        last, now = store.last_visit(source.id), utc_now()
        due = self._planner.next_visit(store, source, last or now).at
        interval = dt.timedelta(seconds=self._planner.interval(source))
        return first_visit(last, due, interval, now, self._chance)

    async def _begin_visit(self, source: str) -> None:
        """Begin a visit that is due; it ends by itself, and with the service."""
        if self._visits and source in self._sources:
            self._hints.discard(source)
            self._visits.create_task(self._visit(self._sources[source]))

    def _hinted(self, source: str) -> None:
        """Visit a source soon that changed as a hub says: once, however often it says so."""
        if self._visits and source in self._sources and source not in self._hints:
            self._hints.add(source)
            self._visits.create_task(self._visit_soon(self._sources[source]))

    async def _visit_soon(self, source: LoadedSource) -> None:
        """Have a source due as soon as may be; one that is being visited, once that is over."""
        soonest = await asyncio.to_thread(self._soonest, source)
        self._timetable.hasten(source.id, max(0.0, (soonest - utc_now()).total_seconds()))

    def _soonest(self, source: LoadedSource) -> dt.datetime:
        """When a source may be visited next; as is planned where the store can't be asked."""
        try:
            with closing(self._home.plain_store()) as store:
                return self._planner.soonest_visit(store, source, utc_now())
        except (CommuniqueError, OSError) as error:
            log.error("the store can't be asked", problem=str(error))  # noqa: TRY400 - no bug of ours
            return utc_now() + dt.timedelta(seconds=self._planner.interval(source))

    def due(self) -> dict[str, dt.datetime]:
        """When sources are visited next, the next first."""
        return self._timetable.due() if self._timetable.scheduler.running else {}

    async def visit_now(self, source: str) -> bool:
        """Visit a source at once, as a person asks for it; False where that is done already.

        Raises SourceError and UnknownSource.
        """
        chosen = await asyncio.to_thread(load_source, self._home.sources, source)
        if self._visits is None or source in self.visiting:
            return False
        self._timetable.remove(source)
        self._visits.create_task(self._visit(chosen, explicit=True))
        return True

    async def take_in_sources(self) -> None:
        """Take in now which source files are there, and which sources are paused.

        Of hundreds that takes seconds, as the plan of all visits changes: it goes on by itself.
        """
        if self._visits is not None:
            taking = self._visits.create_task(attempt(self._reload))
            await asyncio.wait({taking}, timeout=PROMPT)

    async def _visit(self, source: LoadedSource, *, explicit: bool = False) -> None:
        self.visiting.add(source.id)
        await self._admin.live.note()
        try:
            run = await self._executor.visit(source, explicit=explicit)
        finally:
            self.visiting.discard(source.id)
        log_visit(run)
        await self._have_done("publish")
        self._health_due.set()
        self._alerts.wake()
        # Its file may have gone meanwhile, or have changed.
        if present := self._sources.get(source.id):
            due = await asyncio.to_thread(self._due, present, run.started)
            wait = due.wait(utc_now())
            if due.confirms:
                self._timetable.put(source.id, max(wait, self._home.settings.health.confirm_after))
                if is_unanswered(run):
                    await attempt(partial(self._hasten_others, present))
            else:
                self._timetable.put_again(source.id, wait, self._planner.interval(present))
            if source.id in self._hints:
                await self._visit_soon(present)

    def _due(self, source: LoadedSource, last: dt.datetime) -> NextVisit:
        """When a source is due after a visit; evenly where the store can't be asked."""
        try:
            with closing(self._home.store()) as store:
                return self._planner.next_visit(store, source, last)
        except (CommuniqueError, OSError) as error:
            log.error("the store can't be asked", problem=str(error))  # noqa: TRY400 - no bug of ours
            seconds = self._planner.interval(source)
            return NextVisit(last + dt.timedelta(seconds=seconds), seconds)

    def _next_visit(self, store: Store, name: str) -> dt.datetime | None:
        """When a source is visited next; None for one that is not, or was not yet."""
        source, last = self._sources.get(name), store.last_visit(name)
        return self._planner.next_visit(store, source, last).at if source and last else None

    async def _hasten_others(self, source: LoadedSource) -> None:
        """Have sources of other hosts visited as soon: it may be our network that is down."""
        wait = self._home.settings.health.confirm_after
        others = [one for name in self._timetable.in_turn() if (one := self._sources.get(name))]
        for name in await asyncio.to_thread(self._witnesses, source, others, wait):
            self._timetable.hasten(name, wait)

    def _witnesses(
        self, source: LoadedSource, others: Sequence[LoadedSource], wait: float
    ) -> list[str]:
        at = utc_now() + dt.timedelta(seconds=wait)
        with closing(self._home.store()) as store:
            return self._planner.witnesses(store, source, others, at)

    async def _note_health_soon(self) -> None:
        self._health_due.set()

    async def _note_health_when_due(self) -> None:
        """Note the health of sources after visits, and where it changed without one."""
        while True:
            await self._health_due.wait()
            self._health_due.clear()
            began = time.monotonic()
            await self._note_health()
            # Among thousands of sources visits end all the time: this takes a tenth of it at most.
            await asyncio.sleep(9 * (time.monotonic() - began))

    async def _note_health(self) -> None:
        # Days that a wrong clock tells would make silence of nothing.
        if not self._timetable.is_clock_settled:
            return
        changes = await self._publishing.note_health()
        await self._admin.live.note()
        if changes:
            await self._have_done("publish")
            self._alerts.wake()


class QuietServer(uvicorn.Server):
    """Uvicorn without signal handlers of its own: the service stops it last."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals to the service."""
        yield
