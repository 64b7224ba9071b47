"""Has sources visited by child processes, each on its own clock: a slow one holds up nobody.

A few children stay while there is work, and each visits many sources side by side. A visit is
reported, and its place free, the moment that it is over.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from weakref import WeakValueDictionary

from data.clock import utc_now
from data.errors import LeaseLost, RenamedSource, StoreError
from data.health.evidence import CUT
from data.models import Lease, Run, RunError
from scheduler.executors.crawl_child import CrawlChild, CrawlLost, ProgressReporter
from scheduler.home import Home
from scheduler.jobs.crawl_lines import VisitJob
from scheduler.jobs.leased.leased_store import leased_store
from scheduler.jobs.leased.watchdog import LATE
from spiders.download.hosts import host_of
from spiders.sources.loader import LoadedSource

CHILDREN = 2
"""Children that take new visits at a time; one more for sources that need a browser."""

VISITS = 40
"""Visits at a time: a slow one takes one of these places, and next to no memory."""

AT_HOST = 4
"""Visits to one host at a time. It is asked for one page at a time, whoever waits for it: more of
them would hold places that others need, fewer would let a long one hold up all of its host."""

WORN = 300
"""Visits after which a child takes no more and another takes its place: so does its memory."""

IDLE = 10.0
"""Seconds after which a child that has nothing to do ends."""


NOT_BEGUN = "the visit waited for its turn when all visits were stopped"
HOST_LOST = "the lease of its host was lost; the next visit continues from there"


def cut_short(source: LoadedSource, started: dt.datetime, why: str) -> Run:
    """The report of a visit that we ended, or did not begin: ours is no fault of the source."""
    return Run(source.id, started, 0.0, errors=(RunError("", CUT, why),))


class Executor:
    """Visits sources of one HOME. What it started ends with ``close``.

    One of many machines is told of its leases by ``renew``, before the first visit and ever after:
    its children end by themselves where it is not. It has the leader's ``topics``, too.
    """

    def __init__(self, home: Home) -> None:
        self._home = home
        self._until: float | None = None
        self.topics: str | None = None
        self._places = asyncio.Semaphore(VISITS)
        self._at_hosts = WeakValueDictionary[str, asyncio.Semaphore]()
        self._at_sources = WeakValueDictionary[str, asyncio.Lock]()
        self._choosing = asyncio.Lock()
        self._children: list[CrawlChild] = []
        self._drops = Counter[str]()
        self._is_open = True

    async def visit(
        self,
        source: LoadedSource,
        *,
        explicit: bool = False,
        backfill: bool = False,
        accept: bool = False,
        on_progress: ProgressReporter | None = None,
        lease: Lease | None = None,
        file: str | None = None,
    ) -> Run:
        """Visit a source; it has a report, whatever happens.

        With a ``lease`` of its host, ``file`` is the text of its source file.
        """
        job = VisitJob(source.id, explicit, backfill, accept, lease, file)
        host = host_of(source.file.url)
        at_host = self._at_hosts.setdefault(host, asyncio.Semaphore(AT_HOST))
        # Another service may know a source at another host, which is held as well.
        at_source = self._at_sources.setdefault(source.id, asyncio.Lock())
        drops = self._drops[host]
        async with at_source, at_host, self._places:
            started = utc_now()
            if not self._is_open or self._drops[host] != drops:
                return cut_short(source, started, NOT_BEGUN)
            child: CrawlChild | None = None
            try:
                async with self._choosing:
                    child = await self._child_for(source, host)
                    report = child.visit(job, host, on_progress)
                try:
                    return await report
                finally:
                    self._let_go(child)
            except OSError as error:
                # Too many files are open, or there is no memory for a child: it is tried again.
                why = f"the crawl could not be run: {error}"
            except CrawlLost as error:
                if lease and (error.code == LATE or (child and child.dropped)):
                    # It is still due.
                    return cut_short(source, started, HOST_LOST)
                why = str(error)
            return await asyncio.to_thread(self._lost, source, started, why, lease)

    async def visit_all(
        self,
        sources: Sequence[LoadedSource],
        *,
        explicit: bool = False,
        backfill: bool = False,
        accept: bool = False,
        on_progress: ProgressReporter | None = None,
    ) -> tuple[Run, ...]:
        """Visit sources and close; cancelled, the children end in good order first."""
        try:
            visits = (
                self.visit(
                    source,
                    explicit=explicit,
                    backfill=backfill,
                    accept=accept,
                    on_progress=on_progress,
                )
                for source in sources
            )
            return tuple(await asyncio.gather(*visits))
        finally:
            await self.close()

    async def renew(self, until: float) -> None:
        """Tell all children until when their hosts are ours, by the monotonic clock."""
        self._until = until
        for child in [*self._children]:
            await child.renew(until)

    def drop(self, host: str) -> None:
        """End at once what visits a host, and all that is visited beside it.

        Those that wait for their turn at it do not begin.
        """
        self._drops[host] += 1
        for child in [*self._children]:
            if child.hosts[host]:
                child.drop()

    async def close(self) -> None:
        """End all children; visits that are under way tell what they have, others do not begin."""
        self._is_open = False
        children, self._children = self._children, []
        for child in children:
            child.close()
        await asyncio.gather(*(child.ended() for child in children))

    async def _child_for(self, source: LoadedSource, host: str) -> CrawlChild:
        """The child that visits this host already, or the one with the least to do, or a new one.

        Raises OSError.
        """
        self._children = [child for child in self._children if child.is_open]
        kin = [child for child in self._children if child.render == source.file.render]
        for child in kin:
            if child.hosts[host]:
                return child
        fresh = [child for child in kin if child.begun < WORN]
        most = 1 if source.file.render else CHILDREN
        if len(fresh) >= most or any(not child.hosts for child in fresh):
            return min(fresh, key=lambda child: child.hosts.total())
        worn = [child for child in kin if child.begun >= WORN]
        for child in worn[: len(worn) - most]:
            # They have waited for their last visits until others were worn, too.
            child.close()
        child = await CrawlChild.start(
            self._home, render=source.file.render, until=self._until, topics=self.topics
        )
        self._children.append(child)
        return child

    def _lost(
        self, source: LoadedSource, started: dt.datetime, why: str, lease: Lease | None
    ) -> Run:
        """The report of a visit that no child could make, kept in its place for health to tell."""
        seconds = (utc_now() - started).total_seconds()
        run = Run(
            source.id, started, seconds, errors=(RunError("", "crawl", self._home.told(why)),)
        )
        try:
            with closing(self._home.store()) as opened:
                store = leased_store(opened, lease)
                store.register(source.source)
                store.add_run(run)
        except (RenamedSource, StoreError, LeaseLost) as error:
            # It may be why there is no report: a store of a newer version, say.
            if str(error) == why:
                return run
            return replace(run, errors=(*run.errors, RunError("", "store", str(error))))
        return run

    def _let_go(self, child: CrawlChild) -> None:
        """End a child that has nothing to do, at once or in a while."""
        if child.hosts or not child.is_open:
            return
        if child.begun >= WORN:
            child.close()
        else:
            begun = child.begun
            loop = asyncio.get_running_loop()
            loop.call_later(IDLE, self._close_idle, child, begun)

    @staticmethod
    def _close_idle(child: CrawlChild, begun: int) -> None:
        """End a child that was given nothing since."""
        if child.begun == begun:
            child.close()
