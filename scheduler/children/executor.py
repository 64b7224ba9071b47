"""Executor, which visits many sources concurrently in child processes.

A slow source delays no other source. A few child processes remain while there is work, and each
makes many visits at a time. A host with a page that takes too much CPU time gets a separate child.
The visits that this page interrupted are repeated.
"""

import asyncio
import datetime as dt
import time
from collections import Counter
from collections.abc import Coroutine, Sequence
from contextlib import closing
from dataclasses import replace
from typing import Any
from weakref import WeakValueDictionary

from data.clock import utc_now
from data.errors import CommuniqueError
from data.health.run_errors import (
    CRAWL,
    CUT,
    SLOW,
    SLOW_MOVED,
    SLOW_PAGE_MESSAGE,
    SLOW_VISIT,
    STORE,
    was_interrupted,
)
from data.models import Lease, Run, RunError
from data.network.hosts import queue_of
from scheduler.children.child import signal_name
from scheduler.children.crawl_child import ChildKind, CrawlChild, CrawlLost, OnVisitProgress
from scheduler.children.crawl_lines import LEASES_EXPIRED_CODE, Progress, VisitJob
from scheduler.children.page_limit import HARD_FACTOR, SEPARATE_SECONDS, SLOW_PAGE_CODE, PageNote
from scheduler.home.home import Home
from spiders.crawl.page_errors import reported_url
from spiders.sources.source_file import LoadedSource

MAX_CHILDREN = 2
"""Maximum number of child processes that accept new visits, for visits of the default ChildKind.

For every other kind, there is at most one child process.
"""

MAX_ATTEMPTS = 4
"""Maximum number of attempts per visit, if its child process is killed or crashes."""

MAX_VISITS = 40
"""Maximum number of concurrent visits. A waiting visit uses a slot, but hardly any memory."""

MAX_VISITS_PER_HOST = 4
"""Maximum number of concurrent visits to one host, which still gets one request at a time.

More visits would use slots of other hosts. With fewer, one long visit would block the host.
"""

MAX_VISITS_PER_CHILD = 300
"""Number of visits after which a child process is replaced by a new one, to release its memory."""

IDLE_SECONDS = 10.0
"""Seconds without work after which a child process ends."""


NOT_BEGUN = "the visit waited for its turn when all visits were stopped"
HOST_LOST = "the lease of its host was lost; the next visit continues from there"
INTERRUPTED_MESSAGE = "a page of another visit ended the process of this visit, which begins again"
CRASHED_MESSAGE = "{} ended the process of this visit, which begins again"
CRASHED_AT_PAGE = "{} ended the process of this visit at a page; it continues in a separate process"


def not_begun(source: LoadedSource, started: dt.datetime) -> Run:
    """Return the report of a visit that did not begin. It is no fault of the source."""
    return Run(source.id, started, 0.0, errors=(RunError("", CUT, NOT_BEGUN),))


def unfinished(source: LoadedSource, started: dt.datetime, progress: Progress | None) -> Run:
    """Return the report of a visit whose child process ended, from the visit's last progress."""
    run = Run(source.id, started, (utc_now() - started).total_seconds())
    if progress is None:
        return run
    return replace(run, pages=progress.pages, new=progress.new, changed=progress.changed)


def killed_by(page: PageNote, code: int) -> RunError:
    """Return the error for a page that was being read when a signal ended its separate process."""
    if code == SLOW_PAGE_CODE:
        why = f"took longer than {SEPARATE_SECONDS * HARD_FACTOR:g} s of CPU time"
    else:
        why = f"ended its process ({signal_name(code)})"
    if page.url:
        message = f"extracting this page {why}; the next visits skip the page"
        return RunError(reported_url(page.url), SLOW, message)
    return RunError("", SLOW_VISIT, f"work outside of pages {why}")


def combined_run(first: Run, run: Run) -> Run:
    """Combine the reports of two attempts of the same visit."""
    return replace(
        run,
        started=first.started,
        seconds=first.seconds + run.seconds,
        pages=first.pages + run.pages,
        new=first.new + run.new,
        changed=first.changed + run.changed,
        retracted=first.retracted + run.retracted,
        returned=first.returned + run.returned,
        gone=(*first.gone, *run.gone),
    )


class Executor:
    """Visits sources of one home directory in child processes, until ``close`` ends them.

    On a machine with leases, ``renew`` must be called before the first visit and then periodically;
    otherwise, the child processes end. ``topics`` is then the text of the leader's topics.toml.
    """

    def __init__(self, home: Home) -> None:
        self._home = home
        self._until: float | None = None
        self.topics: str | None = None
        self._places = asyncio.Semaphore(MAX_VISITS)
        self._at_hosts = WeakValueDictionary[str, asyncio.Semaphore]()
        self._at_sources = WeakValueDictionary[str, asyncio.Lock]()
        self._choosing = asyncio.Lock()
        self._children: list[CrawlChild] = []
        self._drops = Counter[str]()
        self._suspicious = set[str]()
        """Hosts whose pages need a separate process, because they are too slow or crash it."""
        self._one_ended = asyncio.Event()
        """Event that is set, and then replaced by a new event, whenever a visit ends."""
        self._is_open = True

    async def visit(
        self,
        source: LoadedSource,
        *,
        explicit: bool = False,
        backfill: bool = False,
        accept: bool = False,
        on_progress: OnVisitProgress | None = None,
        lease: Lease | None = None,
        file: str | None = None,
    ) -> Run:
        """Visit a source and return the report, even if the visit fails.

        A worker passes ``lease``, its lease of the host, and ``file``, the text of the source file.
        Without ``file``, the source file is read from the home directory.
        """
        job = VisitJob(source.id, explicit, backfill, accept, lease, file)
        host = queue_of(source.file.url)
        at_host = self._at_hosts.setdefault(host, asyncio.Semaphore(MAX_VISITS_PER_HOST))
        # In a newer file, the source may have another host, which is leased as well.
        at_source = self._at_sources.setdefault(source.id, asyncio.Lock())
        drops = self._drops[host]
        async with at_source, at_host, self._places:
            started = utc_now()
            if not self._is_open or self._drops[host] != drops:
                return not_begun(source, started)
            run, again = await self._attempt(source, job, host, on_progress)
            for left in reversed(range(MAX_ATTEMPTS - 1)):
                if not (again and self._is_open):
                    break
                if self._drops[host] != drops:
                    return replace(run, errors=(RunError("", CUT, HOST_LOST),))
                before = run
                run, again = await self._attempt(source, job, host, on_progress, last=not left)
                run = combined_run(before, run)
            return run

    async def _attempt(
        self,
        source: LoadedSource,
        job: VisitJob,
        host: str,
        on_progress: OnVisitProgress | None,
        *,
        last: bool = False,
    ) -> tuple[Run, bool]:
        """Visit a source once. Returns the report, and whether the visit must be repeated.

        ``last`` is true for the last attempt.
        """
        started = utc_now()
        child: CrawlChild | None = None
        progress: Progress | None = None
        again = False
        try:
            begun = await self._begin(source, job, host, on_progress)
            if begun is None:
                return not_begun(source, started), False
            child, report = begun
            try:
                run = await report
            finally:
                self._release(child)
                self._one_ended.set()
                self._one_ended = asyncio.Event()
        except OSError as error:
            # Too many files are open, or memory is scarce. A later visit tries again.
            failed = RunError("", CRAWL, f"the crawl could not be run: {error}")
        except CrawlLost as error:
            if job.lease and (error.code == LEASES_EXPIRED_CODE or (child and child.dropped)):
                # The source is still due.
                run = unfinished(source, started, error.progress)
                return await self._after_loss(run), False
            progress = error.progress
            failed, again = self._crash_error(source, error, child, last=last)
        else:
            moved = any(error.kind == SLOW_MOVED for error in run.errors)
            if moved:
                self._suspicious.add(host)
            return run, moved
        run = unfinished(source, started, progress)
        return await self._kept(source, run, failed, job.lease), again

    async def _begin(
        self,
        source: LoadedSource,
        job: VisitJob,
        host: str,
        on_progress: OnVisitProgress | None,
    ) -> tuple[CrawlChild, Coroutine[Any, Any, Run]] | None:
        """Send a job to a child process.

        Returns the child and a coroutine that waits for the report, or None if the executor was
        closed. Raises OSError if no child can be started, and CrawlLost if the child has ended.
        """
        while True:
            async with self._choosing:
                if not self._is_open:
                    return None
                separate = host in self._suspicious
                # A separate visit waits until no child visits the host besides other hosts.
                beside = any(one.hosts[host] and not one.kind.separate for one in self._children)
                if not (separate and beside):
                    kind = ChildKind(source.file.render, job.backfill, separate)
                    child = await self._child_for(kind, host)
                    # The executor may have been closed while the child started.
                    return (child, child.visit(job, host, on_progress)) if self._is_open else None
            await self._one_ended.wait()

    def _crash_error(
        self, source: LoadedSource, lost: CrawlLost, child: CrawlChild | None, *, last: bool
    ) -> tuple[RunError, bool]:
        """Return the error of a visit whose child process crashed, and whether to retry it."""
        page, code = lost.page, lost.code
        own = page is not None and page.source == source.id
        if page and own and child and child.kind.separate:
            return killed_by(page, code), False
        if code >= 0 or last:
            return RunError("", CRAWL, str(lost)), False
        if own:
            self._suspicious.add(queue_of(source.file.url))
            why = (
                SLOW_PAGE_MESSAGE
                if code == SLOW_PAGE_CODE
                else CRASHED_AT_PAGE.format(signal_name(code))
            )
        else:
            why = INTERRUPTED_MESSAGE if page else CRASHED_MESSAGE.format(signal_name(code))
        return RunError("", CUT, why), True

    async def _after_loss(self, run: Run) -> Run:
        """Return the report of a visit whose host is no longer leased.

        The report is also stored, if the database responds.
        """
        run = replace(run, errors=(RunError("", CUT, HOST_LOST),))
        if self._until is not None and time.monotonic() > self._until:
            # The leases were not renewed. Waiting for the database would delay the other visits.
            return run
        return await asyncio.to_thread(self._keep_loss, run)

    def _keep_loss(self, run: Run) -> Run:
        try:
            with closing(self._home.store()) as store, store.transaction():
                # A source that was renamed also loses its lease.
                if run.source in store.sources():
                    store.return_items(run.source, since=run.started)
                    store.add_run(run, settles=not was_interrupted(run))
        except CommuniqueError as error:
            return replace(run, errors=(*run.errors, RunError("", STORE, str(error))))
        return run

    async def visit_all(
        self,
        sources: Sequence[LoadedSource],
        *,
        explicit: bool = False,
        backfill: bool = False,
        accept: bool = False,
        on_progress: OnVisitProgress | None = None,
    ) -> tuple[Run, ...]:
        """Visit sources, close the executor, and return the reports.

        If cancelled, end the child processes cleanly first.
        """
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
        """Send all child processes the time until which their hosts are leased.

        ``until`` is a time of the monotonic clock.
        """
        self._until = until
        for child in [*self._children]:
            await child.renew(until)

    def drop(self, host: str) -> None:
        """Kill the child processes that visit a host, which also ends their other visits.

        Visits that wait for the host do not begin.
        """
        self._drops[host] += 1
        for child in [*self._children]:
            if child.hosts[host]:
                child.drop()

    async def close(self) -> None:
        """End all child processes.

        Running visits report their results, and waiting visits do not begin.
        """
        self._is_open = False
        async with self._choosing:
            # The list now includes a child process that was being started.
            children, self._children = self._children, []
        for child in children:
            child.close()
        await asyncio.gather(*(child.ended() for child in children))

    async def _child_for(self, kind: ChildKind, host: str) -> CrawlChild:
        """Return a child that already visits the host, otherwise the least busy child or a new one.

        Raises OSError if no child can be started, and CrawlLost if a new child ends at once.
        """
        self._children = [child for child in self._children if child.is_open]
        for child in self._children:
            # Two child processes would not keep the interval between requests to the host.
            if child.hosts[host] and child.kind.render == kind.render:
                return child
        kin = [child for child in self._children if child.kind == kind]
        fresh = [child for child in kin if child.begun < MAX_VISITS_PER_CHILD]
        most = MAX_CHILDREN if kind == ChildKind() else 1
        if len(fresh) >= most or any(not child.hosts for child in fresh):
            return min(fresh, key=lambda child: child.hosts.total())
        worn = [child for child in kin if child.begun >= MAX_VISITS_PER_CHILD]
        for child in worn[: len(worn) - most]:
            # Older child processes had time for their last visits while newer ones became old.
            child.close()
        until = self._until
        child = await CrawlChild.start(self._home, kind, until=until, topics=self.topics)
        self._children.append(child)
        if self._until is not None and self._until != until:
            # Leases were renewed while the system started the process.
            await child.renew(self._until)
        return child

    async def _kept(
        self, source: LoadedSource, run: Run, error: RunError, lease: Lease | None
    ) -> Run:
        """Store and return the report of a visit whose child process did not send one.

        ``error`` is the reason, and becomes the only error in the report.
        """
        error = replace(error, message=self._home.public_text(error.message))
        return await asyncio.to_thread(self._keep, source, replace(run, errors=(error,)), lease)

    def _keep(self, source: LoadedSource, run: Run, lease: Lease | None) -> Run:
        try:
            with closing(self._home.store().leased(lease)) as store:
                store.register(source.source)
                store.add_run(run, settles=not was_interrupted(run))
        except CommuniqueError as error:
            # The store may be the reason for the missing report, for example if its schema is
            # newer.
            if any(self._home.public_text(str(error)) == one.message for one in run.errors):
                return run
            return replace(run, errors=(*run.errors, RunError("", STORE, str(error))))
        return run

    def _release(self, child: CrawlChild) -> None:
        """End a child process that has no work.

        The process ends at once if it has made enough visits, otherwise after IDLE_SECONDS.
        """
        if child.hosts or not child.is_open:
            return
        if child.begun >= MAX_VISITS_PER_CHILD:
            child.close()
        else:
            begun = child.begun

            def close_if_idle() -> None:
                if child.begun == begun:
                    child.close()

            asyncio.get_running_loop().call_later(IDLE_SECONDS, close_if_idle)
