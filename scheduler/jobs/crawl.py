"""A crawl: a child process that visits sources side by side, for as long as it is told of more.

It reads lines of JSON: first a CrawlStart, then a VisitJob for each source, whenever one is due,
and now and then a Renewal where others visit the same sources.
It writes lines of JSON: a Progress now and then while a visit goes on, and a Report at its end; a
Refusal where it can't begin.
When its standard input closes it ends, and the visits that are under way with it; where that is as
its parent died, it gives back the hosts that this one held. Exit code: 0
done, 1 something failed, 2 the first line can't be read.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any

import msgspec

# Looks through all modules that are loaded, so it takes 0.2 s less before ours are.
from scrapy.core.downloader import contextfactory  # noqa: F401
from scrapy.crawler import AsyncCrawlerProcess

from data.archive.archive import Archive
from data.clock import utc_now
from data.errors import (
    ArchiveError,
    CommuniqueError,
    HomeInUse,
    LeaseLost,
    RenamedSource,
    StoreError,
)
from data.health.evidence import CUT
from data.health.run_errors import DRIFT
from data.models import Lease, Run, RunError
from data.text.redaction import redacted
from data.topics.taxonomy import load_taxonomy, taxonomy_of
from scheduler.garbage import collect_garbage_rarely
from scheduler.home import SOURCE_LOCK, VISIT, open_home
from scheduler.jobs.child import KILL_AFTER_SECONDS
from scheduler.jobs.crawl_lines import CrawlStart, Progress, Refusal, Report, VisitJob
from scheduler.jobs.drift import DriftGuard
from scheduler.jobs.home_files import keep_home_files
from scheduler.jobs.leased.leased_store import leased_store
from scheduler.jobs.leased.watchdog import Watchdog
from scheduler.jobs.limits.page_limit import (
    SEPARATE_SECONDS,
    SHARED_SECONDS,
    PageLimit,
    opened_note,
)
from scheduler.jobs.limits.slow_pages import SlowPages
from scheduler.logs import log_as
from scheduler.parent_lines import ParentLines, write_line
from spiders.crawl.page_errors import page_errors
from spiders.crawl.release_files import FileKinds
from spiders.crawl.spider import PressRoomSpider
from spiders.crawl.visit import Visit
from spiders.download.browser import BrowserMissing, render_settings
from spiders.download.settings import scrapy_settings
from spiders.download.slow_page import CONTINUED, MOVED, SlowPage
from spiders.sources.loader import LoadedSource, load_source, parse_source

PAUSE = 0.1
"""Seconds between two lines on one visit: each wakes the parent, and nobody sees more of them."""

PATIENCE = 2.0
"""Seconds in which answers may still come when a crawl is stopped."""

STOPPED = "the visit was stopped before its end; what it had read is stored, the next one continues"
LATE = f"it took longer than [collect] run_timeout: {STOPPED}"

log = logging.getLogger(__name__)


class Crawl:
    """The visits of one child. Raises CommuniqueError where its HOME can't be used."""

    def __init__(self, start: CrawlStart) -> None:
        self._home = open_home(Path(start.home))
        enabled = self._home.settings.archive.enabled
        self._archive = self._home.open_archive() if enabled else None
        self._store = self._home.store(archive=self._archive)
        if start.until is None:
            self._taxonomy = load_taxonomy(self._home.topics)
            keep_home_files(self._home, self._store)
        else:
            # The files are the leader's, and in its archive.
            self._taxonomy = taxonomy_of(start.topics, "topics.toml of the leader")
        self._guard = DriftGuard(self._home, self._store, self._taxonomy)
        self._sealing: threading.Thread | None = None
        self._visits: dict[str, Visit] = {}
        self._locks: dict[str, ExitStack] = {}
        self._leases: dict[str, Lease] = {}
        """By host, whether or not the worker has let go of it since."""
        seconds = SEPARATE_SECONDS if start.separate else SHARED_SECONDS
        note = opened_note(start.note) if start.note else None
        self._limit = PageLimit(seconds, note, separate=start.separate)
        self._progress = ProgressReporter()
        self._browser: dict[str, Any] = {}
        self._no_browser = ""
        if start.render:
            try:
                self._browser = render_settings(self._home.settings.network)
            except BrowserMissing as error:
                self._no_browser = str(error)

    def run(self, lines: Iterator[bytes]) -> None:
        """Make the visits that ``lines`` ask for, until there are no more lines."""
        settings = scrapy_settings(self._home.settings.network) | self._browser
        process = AsyncCrawlerProcess(settings)
        log_as(self._home.settings.log)
        # Scrapy would make records of each answer, for its handler to pass over.
        logging.root.setLevel(settings["LOG_LEVEL"])
        process.crawl(
            PressRoomSpider,
            arriving=self._arriving(lines, process),
            visits=self._visits,
            memory=self._store,
            archive=self._archive,
        )
        try:
            process.start()
            self._cut()
        finally:
            self._store.close()
            if self._archive:
                self._archive.close()

    async def _arriving(
        self, lines: Iterator[bytes], process: AsyncCrawlerProcess
    ) -> AsyncIterator[Visit]:
        end_in_time_on_signals()
        loop, queue = asyncio.get_running_loop(), asyncio.Queue[bytes]()
        threading.Thread(target=_hand_on, args=(lines, loop, queue), daemon=True).start()
        while line := await queue.get():
            job = msgspec.json.decode(line, type=VisitJob)
            if job.lease:
                self._leases[job.lease.host] = job.lease
            if visit := self._visit(job):
                limit = self._home.settings.collect.run_timeout
                late = loop.call_later(limit, visit.stop, "timeout", LATE)
                self._locks[visit.id].callback(late.cancel)
                yield visit
        # The parent is no more, or does not want the rest.
        patience = PATIENCE if self._cut() else 0.0
        # A visit that its deadline stopped leaves requests that nobody waits for any more.
        if patience or _awaits_answers(process):
            for seconds in (0.0, patience):
                # Scrapy waits for what was asked for, until it is told a second time.
                loop.call_later(seconds, os.kill, os.getpid(), signal.SIGTERM)

    def _cut(self) -> bool:
        """Stop and report the visits under way, and say whether there were any."""
        under_way = tuple(self._visits.values())
        for visit in under_way:
            visit.stop(CUT, STOPPED)
        return bool(under_way)

    def give_back(self) -> None:
        """Let others have the hosts at once, where the worker can't say so any more."""
        if self._leases:
            # One machine alone needs no psycopg.
            from scheduler.jobs.leased.orphan import give_back  # noqa: PLC0415

            asyncio.run(give_back(self._home.store_url, self._leases.values()))

    def _visit(self, job: VisitJob) -> Visit | None:
        """The visit that a job asks for; where there can be none, its report is given at once."""
        loaded = None
        try:
            with ExitStack() as locks:
                loaded = self._load(job)
                locks.enter_context(self._home.lock(f"{SOURCE_LOCK}{loaded.id}", VISIT))
                # It may have been renamed or removed until the lock was held.
                loaded = self._load(job)
                if loaded.file.render and self._no_browser:
                    self._refuse(job, loaded, "browser", self._no_browser)
                    return None
                if job.file is None:
                    keep_home_files(self._home, self._store, [loaded.id])
                with self._limit(loaded.id, ""):
                    admitted = self._guard.admit(loaded, accept=job.accept)
                if admitted.loaded is None:
                    self._refuse(job, loaded, DRIFT, admitted.held)
                    return None
                store = leased_store(self._store, job.lease)
                slow = SlowPages(loaded.id, store, self._limit, explicit=job.explicit)
                visit = Visit(
                    admitted.loaded,
                    store,
                    self._taxonomy,
                    self._home.settings.collect,
                    shown=self._home.told,
                    seal=self._seal,
                    hubs=self._home.is_reachable,
                    files=FileKinds.wanted(loaded.file, self._home.settings.archive),
                    explicit=job.explicit,
                    backfill=job.backfill,
                    on_progress=self._progress,
                    over=self._over,
                    stored_pages=partial(self._guard.newest_pages, admitted.loaded),
                    check_page=slow.check,
                    limit=partial(self._limit, loaded.id),
                )
                if admitted.held:
                    visit.error(loaded.file.url, DRIFT, admitted.held)
                if admitted.noted:
                    visit.note(admitted.noted)
                self._visits[visit.id] = visit
                self._locks[visit.id] = locks.pop_all()
                return visit
        except HomeInUse as error:
            message = f"another visit to this source is under way; {error}"
            self._refuse(job, loaded, "busy", message)
        except CommuniqueError as error:
            self._refuse(job, loaded, "crawl", str(error))
        except SlowPage as error:
            self._refuse(job, loaded, error.kind, str(error))
        except Exception as error:
            # The visits beside it go on.
            log.exception("the visit to %s could not begin", job.source)
            self._refuse(job, loaded, "bug", f"the visit could not begin ({type(error).__name__})")
        return None

    def _load(self, job: VisitJob) -> LoadedSource:
        """The source of a job. Raises SourceError, and UnknownSource."""
        if job.file is None:
            return load_source(self._home.sources, job.source)
        path = self._home.sources / f"{job.source}.toml"
        return LoadedSource(job.source, path, own=True, file=parse_source(job.file, str(path)))

    def _seal(self) -> None:
        """Seal the archive at the end of a visit; while others are under way, in a thread.

        The disk may take its time, and holds up no other visit. Raises ArchiveError; what goes
        wrong in the thread goes wrong again at the end of the last visit, which tells of it.
        """
        if not self._archive:
            return
        if len(self._visits) == 1:
            self._archive.seal()
        elif self._sealing is None or not self._sealing.is_alive():
            self._sealing = threading.Thread(target=_seal_aside, args=(self._archive,))
            self._sealing.start()

    def _refuse(self, job: VisitJob, loaded: LoadedSource | None, kind: str, message: str) -> None:
        """Report a visit that can't be made, for health to tell of it."""
        url = redacted(loaded.file.url) if loaded else ""
        errors = [RunError(url, kind, self._home.told(message))]
        if kind == MOVED:
            errors.append(RunError(url, CUT, CONTINUED))
        run = Run(job.source, utc_now(), 0.0, errors=tuple(errors))
        try:
            if loaded and kind != "busy":
                store = leased_store(self._store, job.lease)
                store.register(loaded.source)
                store.add_run(run)
        except RenamedSource:
            # Nothing is kept under an id of before; the report says so.
            pass
        except (StoreError, LeaseLost):
            log.exception("the report of %s could not be kept", job.source)
        write_line(Report(run))

    def _over(self, visit: Visit) -> None:
        """Tell of a visit that is over, and let go of its source."""
        with page_errors(visit.file.url, visit.error):
            # What is not in the search index yet gets there after the next visit.
            self._store.update_search_index()
        del self._visits[visit.id]
        self._progress.forget(visit)
        self._locks.pop(visit.id).close()
        write_line(Report(visit.run))


class ProgressReporter:
    """Writes the progress of each visit for the parent: at its first answer, then after pauses."""

    def __init__(self) -> None:
        self._written: dict[str, float] = {}
        self._later: dict[str, asyncio.TimerHandle] = {}

    def __call__(self, visit: Visit) -> None:
        """Write the progress of a visit, at the end of the pause after its last line."""
        wait = self._written.get(visit.id, -PAUSE) + PAUSE - time.monotonic()
        if not visit.awaited or wait <= 0:
            self._write(visit)
        elif visit.id not in self._later:
            loop = asyncio.get_running_loop()
            self._later[visit.id] = loop.call_later(wait, self._write, visit)

    def forget(self, visit: Visit) -> None:
        """Write no more about a visit that has ended."""
        self._written.pop(visit.id, None)
        if later := self._later.pop(visit.id, None):
            later.cancel()

    def _write(self, visit: Visit) -> None:
        if later := self._later.pop(visit.id, None):
            later.cancel()
        self._written[visit.id] = time.monotonic()
        run = visit.run
        reached = visit.frontier.reached
        write_line(Progress(visit.id, run.pages, visit.awaited, run.new, run.changed, reached))


def _seal_aside(archive: Archive) -> None:
    try:
        archive.seal()
    except ArchiveError:
        log.warning("the archive could not be sealed beside the visits", exc_info=True)


def _awaits_answers(process: AsyncCrawlerProcess) -> bool:
    """Whether something was asked for that has not been answered."""
    engines = (crawler.engine for crawler in process.crawlers)
    return any(engine and engine.downloader.active for engine in engines)


def _hand_on(
    lines: Iterator[bytes], loop: asyncio.AbstractEventLoop, queue: asyncio.Queue[bytes]
) -> None:
    """Put lines into a queue of the event loop, from another thread, and an empty one at last."""
    try:
        for line in lines:
            loop.call_soon_threadsafe(queue.put_nowait, line)
        end_in_time()
        loop.call_soon_threadsafe(queue.put_nowait, b"")
    except RuntimeError:
        # The loop has ended.
        return


def end_in_time() -> None:
    """Have the kernel end this process after KILL_AFTER_SECONDS, whatever it does then.

    Its parent does the same, if it lives. What was recorded is stored.
    """
    signal.setitimer(signal.ITIMER_REAL, KILL_AFTER_SECONDS)


def end_in_time_on_signals() -> None:
    """Bound the time that this process takes to end after SIGTERM or SIGINT.

    Scrapy's handlers wait for the event loop, which does not turn while a page is read.
    """
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    for number in (signal.SIGTERM, signal.SIGINT):
        handler = signal.getsignal(number)

        def end(number: int, frame: FrameType | None, handler: Any = handler) -> None:
            end_in_time()
            if callable(handler):
                handler(number, frame)

        signal.signal(number, end)


def main() -> int:
    """Run one crawl."""
    collect_garbage_rarely()
    lines: Iterator[bytes] = (parent := ParentLines())
    try:
        start = msgspec.json.decode(next(lines, b""), type=CrawlStart)
    except msgspec.DecodeError as error:
        print(f"the first line can't be read: {error}", file=sys.stderr)  # noqa: T201 - to the parent
        return 2
    if start.until is not None:
        lines = Watchdog(start.until, parent)
    try:
        crawl = Crawl(start)
        crawl.run(lines)
        if parent.parent_died:
            crawl.give_back()
    except CommuniqueError as error:
        said = redacted(str(error))
        print(said, file=sys.stderr)  # noqa: T201 - to the log
        write_line(Refusal(said))
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
