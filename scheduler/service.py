"""The service: one process that visits, publishes and serves, until it is told to stop."""

from __future__ import annotations

import asyncio
import datetime as dt
import random
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import structlog
import uvicorn
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger

from feeds.server import create_app
from scheduler.executor import Executor
from scheduler.home import Home
from scheduler.listening import address_of, listen, server_config
from scheduler.publisher import Publisher
from scheduler.timetable import JITTER, first_visit
from scheduler.visiting import Visits
from scheduler.websub import Push
from spiders.loader import LoadedSource, choose, load_sources
from spiders.visit import utc_now

log = structlog.get_logger()

GATHER = 0.5
"""Seconds in which sources that come due together are gathered into one batch."""

RELOAD = 30
"""Seconds between two looks at the source files."""

HOUSEKEEPING = 86_400
"""Seconds between two rounds of housekeeping."""


class Service:
    """Visits each source by its interval, publishes after changes, serves HOME/site."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._executor = Executor(home)
        self._push = Push(home)
        self._publisher = Publisher(home)
        self._scheduler = AsyncIOScheduler(timezone=dt.UTC)
        self._due: asyncio.Queue[str] = asyncio.Queue()
        self._sources: dict[str, LoadedSource] = {}
        self._stop = asyncio.Event()
        self._chance = random.Random()  # noqa: S311 - spreads visits, keeps no secret

    async def run(self) -> None:
        """Run until SIGTERM or SIGINT; then end what is under way and leave nothing half done."""
        async with self._push.at_work(self._stop.set):
            try:
                await self._run()
            finally:
                await self._publisher.close()

    async def _run(self) -> None:
        site = self._home.settings.site
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop.set)
        opened = listen(site.host, site.port)
        log.info("running", home=str(self._home.path), site=address_of(opened))
        app = create_app(self._home.site, self._home.store_url, site, hub=self._push.hub)
        server = QuietServer(server_config(app))
        serving = asyncio.create_task(server.serve(sockets=[opened]))
        # What was published before is served at once; a new version may take a while to render.
        await self._publish()
        await asyncio.to_thread(self._reload)
        self._schedule()
        visiting = asyncio.create_task(self._visit_due())
        stopping = asyncio.create_task(self._stop.wait())
        working = {serving, visiting, stopping}
        await asyncio.wait(working, return_when=asyncio.FIRST_COMPLETED)
        log.info("stopping")
        self._scheduler.shutdown(wait=False)
        stopping.cancel()
        visiting.cancel()
        await asyncio.wait({visiting})
        await self._publish()
        server.should_exit = True
        await serving
        if not visiting.cancelled() and (error := visiting.exception()):
            raise error.exceptions[0] if isinstance(error, ExceptionGroup) else error

    def _schedule(self) -> None:
        for job, seconds in ((self._reload, RELOAD), (self._tidy, HOUSEKEEPING)):
            self._scheduler.add_job(job, IntervalTrigger(seconds=seconds), coalesce=True)
        self._scheduler.add_job(
            self._publish, IntervalTrigger(seconds=RELOAD), id="publish", coalesce=True
        )
        self._scheduler.start()

    def _reload(self) -> None:
        """Take in source files that were added, changed or removed."""
        loaded, broken = load_sources(self._home.sources)
        for error in broken:
            log.error("a source file can't be used", problem=str(error))
        chosen = {source.id: source for source in choose(loaded, ())}
        for gone in self._sources.keys() - chosen.keys():
            self._scheduler.remove_job(f"visit {gone}")
        store = self._home.store()
        for source in chosen.values():
            known = self._sources.get(source.id)
            if known is None or known.file.interval != source.file.interval:
                self._add(source, store.last_visit(source.id))
        store.close()
        self._sources = chosen

    def _add(self, source: LoadedSource, last: dt.datetime | None) -> None:
        seconds = source.file.interval or self._home.settings.collect.interval
        interval = dt.timedelta(seconds=seconds)
        self._scheduler.add_job(
            self._note_due,
            IntervalTrigger(seconds=seconds, jitter=int(seconds * JITTER)),
            args=[source.id],
            id=f"visit {source.id}",
            next_run_time=first_visit(last, interval, utc_now(), self._chance),
            # A clock that jumped or a machine that slept: one visit, not all that were missed.
            coalesce=True,
            misfire_grace_time=None,
            replace_existing=True,
        )

    async def _note_due(self, source: str) -> None:
        """A coroutine, since others are run in a thread, from where a queue wakes nobody."""
        self._due.put_nowait(source)

    async def _visit_due(self) -> None:
        async with asyncio.TaskGroup() as group:
            visits = Visits(group, self._visit)
            while True:
                due = [await self._due.get()]
                await asyncio.sleep(GATHER)
                while not self._due.empty():
                    due.append(self._due.get_nowait())
                visits.begin(self._sources[one] for one in due if one in self._sources)

    async def _visit(self, sources: Sequence[LoadedSource]) -> None:
        for run in await self._executor.visit(sources):
            log.info(
                "visited",
                source=run.source,
                found=run.found,
                new=run.new,
                changed=run.changed,
                retracted=run.retracted,
                seconds=round(run.seconds, 1),
                errors=[f"{error.url}: {error.message}" for error in run.errors],
            )
        await self._publish()

    async def _publish(self) -> None:
        published = await self._publisher.publish()
        if published.written:
            self._push.wake()
            log.info("published", feeds=published.feeds, written=published.written)
        for error in published.errors:
            log.error("not published", problem=error)

    def _tidy(self) -> None:
        store = self._home.store()
        store.tidy()
        store.close()
        self._home.crawl_log.write_bytes(b"")


class QuietServer(uvicorn.Server):
    """Uvicorn without signal handlers of its own: the service stops it last."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals to the service."""
        yield
