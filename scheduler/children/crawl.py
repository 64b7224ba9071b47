"""Child process that visits many sources concurrently, until its parent ends it.

The child receives lines of JSON: first a CrawlStart, then a VisitJob for each visit. If its parent
works under leases, it also receives periodic Renewals. It sends Progress lines during a visit and a
VisitReport at its end, or a Refusal if it can't begin. When the child's standard input closes, it
stops all visits. If the parent died, the child also releases the parent's leases.

Exit codes: 0 for success, 1 if something failed, 2 if the first line is invalid.
"""

import asyncio
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from itertools import islice
from pathlib import Path
from types import FrameType
from typing import Any, Final

import msgspec

# This import searches all loaded modules, so it saves 0.2 s to import it before ours.
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
from data.health.run_errors import (
    BUG,
    CRAWL,
    CUT,
    DRIFT,
    SLOW_MOVED,
    SLOW_PAGE_MESSAGE,
    ErrorKind,
    SlowPage,
    was_interrupted,
)
from data.models import Lease, Run, RunError
from data.text.masking import masked
from data.topics.taxonomy import load_taxonomy, taxonomy_of
from scheduler.children.child import KILL_AFTER_SECONDS
from scheduler.children.crawl_lines import (
    CrawlStart,
    ParentLines,
    Progress,
    Refusal,
    ReportLine,
    VisitJob,
    Watchdog,
    give_back,
    write_line,
)
from scheduler.children.page_limit import (
    SEPARATE_SECONDS,
    SHARED_SECONDS,
    PageLimit,
    SlowPages,
    collect_garbage_rarely,
    opened_note,
)
from scheduler.home.home import SOURCE_LOCK, VISIT_LOCK_HOLDER, open_home
from scheduler.home.home_records import keep_home_files
from scheduler.logs import log_as
from scheduler.sources.drift_guard import DriftGuard
from spiders.crawl.drafts.release_files import FileKinds
from spiders.crawl.drafts.requisite_archive import RequisiteArchive
from spiders.crawl.page_errors import page_errors
from spiders.crawl.visits.spider import PressRoomSpider
from spiders.crawl.visits.visit import CrawlContext, Visit
from spiders.download.settings import BrowserMissing, render_settings, scrapy_settings
from spiders.sources.source_file import LoadedSource, check_proxy, load_source, parse_source

PROGRESS_SECONDS = 0.5
"""Minimum seconds between two Progress lines of a visit. Each line wakes the parent."""

LAST_INDEX_SECONDS: Final = 8.0
"""Maximum time in seconds to update the search index when the process ends. It must be shorter than
the time after which the parent process kills a child."""

MAX_JOINING_STEPS: Final = 20
"""Maximum number of steps that join translations before a visit is reported."""

STOP_GRACE_SECONDS = 2.0
"""Seconds to wait for pending responses after a crawl is stopped."""

STOPPED_MESSAGE = (
    "the visit was stopped early; its results are stored, and the next visit continues"
)
TIMED_OUT = f"it took longer than [collect] run_timeout: {STOPPED_MESSAGE}"

log = logging.getLogger(__name__)


class Crawl:
    """All visits of one child process.

    The constructor raises CommuniqueError if the home directory can't be used.
    """

    def __init__(self, start: CrawlStart) -> None:
        self._home = open_home(Path(start.home))
        enabled = self._home.settings.archive.enabled
        self._archive = self._home.open_archive() if enabled else None
        self._store = self._home.store(archive=self._archive)
        settings = self._home.settings
        if start.until is None:
            taxonomy = load_taxonomy(self._home.topics)
            keep_home_files(self._home, self._store)
        else:
            # The leader has these files and archives them.
            taxonomy = taxonomy_of(start.topics, "topics.toml of the leader")
        self._guard = DriftGuard(self._home, self._store, taxonomy)
        self._sealing: threading.Thread | None = None
        self._indexing: Iterator[int] | None = None
        """Remaining steps of an update of the search index."""
        self._loop: asyncio.AbstractEventLoop | None = None
        self._visits: dict[str, Visit] = {}
        self._locks: dict[str, ExitStack] = {}
        self._leases: dict[str, Lease] = {}
        """Leases of the visited hosts, by host. The worker may have released some of them since."""
        seconds = SEPARATE_SECONDS if start.separate else SHARED_SECONDS
        note = opened_note(start.note) if start.note else None
        self._limit = PageLimit(seconds, note, separate=start.separate)
        self._progress = ProgressReporter()
        self._browser: dict[str, Any] = {}
        self._no_browser = ""
        pictures = self._archive is not None and settings.archive.screenshots
        if start.render or pictures:
            try:
                self._browser = render_settings(settings.network)
            except BrowserMissing as error:
                self._no_browser = str(error)
        if not start.render:
            # Then the browser starts with the first screenshot.
            self._browser.pop("PLAYWRIGHT_CONTEXTS", None)
        self._requisites: RequisiteArchive | None = None
        if self._archive and (pictures or settings.archive.requisites != "none"):
            self._requisites = RequisiteArchive(
                self._archive,
                settings.archive.requisites,
                settings.network.max_bytes,
                self._home.orders.redacted_files(),
                pictures=pictures,
                no_browser=self._no_browser,
            )
        self._context = CrawlContext(
            taxonomy,
            settings.collect,
            self._home.public_text,
            seal=self._seal,
            requisites=self._requisites,
            hubs=self._home.is_reachable,
            on_progress=self._progress,
            on_end=self._on_end,
        )

    def run(self, lines: Iterator[bytes]) -> None:
        """Make the visits that the parent process requests, one per line, until ``lines`` ends."""
        signer = self._home.request_signer()
        settings = scrapy_settings(self._home.settings, signer) | self._browser
        process = AsyncCrawlerProcess(settings)
        log_as(self._home.settings.log)
        # Otherwise Scrapy would create a log record for each response, which would be dropped.
        for logger in (logging.root, logging.getLogger("scrapy")):
            logger.setLevel(settings["LOG_LEVEL"])
        process.crawl(
            PressRoomSpider,
            arriving=self._arriving(lines, process),
            memory=self._store,
            archive=self._archive,
        )
        try:
            process.start()
            self._loop = None
            self._cut()
            with log_errors():
                self._index_in_time()
        finally:
            self._store.close()
            if self._requisites:
                self._requisites.cache.close()
            if self._archive:
                self._archive.close()

    async def _arriving(
        self, lines: Iterator[bytes], process: AsyncCrawlerProcess
    ) -> AsyncIterator[Visit]:
        end_in_time_on_signals()
        loop, queue = asyncio.get_running_loop(), asyncio.Queue[bytes]()
        self._loop = loop
        threading.Thread(target=_forward_lines, args=(lines, loop, queue), daemon=True).start()
        while line := await queue.get():
            job = msgspec.json.decode(line, type=VisitJob)
            if job.lease:
                self._leases[job.lease.host] = job.lease
            if visit := self._visit(job):
                limit = self._home.settings.collect.run_timeout
                late = loop.call_later(limit, visit.stop, "timeout", TIMED_OUT)
                self._locks[visit.id].callback(late.cancel)
                yield visit
        # The parent has died or has requested this child to end.
        patience = STOP_GRACE_SECONDS if self._cut() else 0.0
        # A visit that reached its deadline may have pending requests.
        if patience or _awaits_responses(process):
            for seconds in (0.0, patience):
                # Scrapy waits for pending responses until it gets a second signal.
                loop.call_later(seconds, os.kill, os.getpid(), signal.SIGTERM)

    def _cut(self) -> bool:
        """Stop all running visits, and report them. Returns whether any visit was running."""
        under_way = tuple(self._visits.values())
        for visit in under_way:
            visit.stop(CUT, STOPPED_MESSAGE)
        return bool(under_way)

    def give_back(self) -> None:
        """If the parent has died, release its leases."""
        if self._leases:
            asyncio.run(give_back(self._home.store_url, self._leases.values()))

    def _visit(self, job: VisitJob) -> Visit | None:
        """Return the visit that a job requests, or None if the visit can't be made.

        The reason is then reported to the parent immediately.
        """
        loaded = None
        try:
            with ExitStack() as locks:
                loaded = self._load(job)
                locks.enter_context(self._home.lock(f"{SOURCE_LOCK}{loaded.id}", VISIT_LOCK_HOLDER))
                # The source may have been renamed or removed before the lock was taken.
                loaded = self._load(job)
                check_proxy(loaded.file, self._home.settings.network)
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
                store = self._store.leased(job.lease)
                slow = SlowPages(loaded.id, store, self._limit, explicit=job.explicit)
                visit = Visit(
                    admitted.loaded,
                    store,
                    self._context,
                    explicit=job.explicit,
                    backfill=job.backfill,
                    files=FileKinds.wanted(loaded.file, self._home.settings.archive),
                    stored_pages=partial(self._guard.newest_pages, admitted.loaded),
                    check_page=slow.check,
                    limit=partial(self._limit, loaded.id),
                )
                if admitted.held:
                    visit.report.error(loaded.file.url, DRIFT, admitted.held)
                if admitted.noted:
                    visit.report.note(admitted.noted)
                self._visits[visit.id] = visit
                self._locks[visit.id] = locks.pop_all()
                return visit
        except HomeInUse as error:
            message = f"another visit to this source is under way; {error}"
            self._refuse(job, loaded, "busy", message)
        except CommuniqueError as error:
            self._refuse(job, loaded, CRAWL, str(error))
        except SlowPage as error:
            self._refuse(job, loaded, error.kind, str(error))
        except Exception as error:
            # All other visits continue.
            log.exception("the visit to the source %s could not be started", job.source)
            self._refuse(
                job, loaded, BUG, f"the visit could not be started ({type(error).__name__})"
            )
        return None

    def _load(self, job: VisitJob) -> LoadedSource:
        """Load the source of a job. Raises SourceError and UnknownSource."""
        if job.file is None:
            return load_source(self._home.sources, job.source)
        path = self._home.sources / f"{job.source}.toml"
        return LoadedSource(job.source, path, own=True, file=parse_source(job.file, str(path)))

    def _seal(self) -> None:
        """Sign the archive's log at the end of a visit.

        While other visits run, this happens in a thread, so a slow disk delays no other visit.
        Raises ArchiveError. An error in the thread is raised again at the end of the last visit,
        which reports it.
        """
        if not self._archive:
            return
        if len(self._visits) == 1:
            self._archive.seal()
        elif self._sealing is None or not self._sealing.is_alive():
            self._sealing = threading.Thread(target=_seal_aside, args=(self._archive,))
            self._sealing.start()

    def _refuse(
        self, job: VisitJob, loaded: LoadedSource | None, kind: ErrorKind, message: str
    ) -> None:
        """Report a visit that can't be made as an error, so that the source's health shows this."""
        url = masked(loaded.file.url) if loaded else ""
        errors = [RunError(url, kind, self._home.public_text(message))]
        if kind == SLOW_MOVED:
            errors.append(RunError(url, CUT, SLOW_PAGE_MESSAGE))
        run = Run(job.source, utc_now(), 0.0, errors=tuple(errors))
        try:
            if loaded and kind != "busy":
                store = self._store.leased(job.lease)
                store.register(loaded.source)
                store.add_run(run, settles=not was_interrupted(run))
        except RenamedSource:
            # Nothing is stored under a former id. The report contains the error.
            pass
        except (StoreError, LeaseLost):
            log.exception("the report on a visit to %s could not be stored", job.source)
        write_line(ReportLine(run))

    def _on_end(self, visit: Visit) -> None:
        """Report a visit that has ended, and release its source."""
        with page_errors(visit.file.url, visit.report.error):
            # If this fails, the next visit adds the releases to the search index.
            if self._indexing is None:
                self._index()
        del self._visits[visit.id]
        self._progress.forget(visit)
        self._locks.pop(visit.id).close()
        write_line(ReportLine(visit.report.run))

    def _index(self) -> None:
        """Enter some releases into the search index, and later the others.

        A long queue, for example after an upgrade, delays no response of other visits for long.
        """
        steps, self._indexing = self._indexing or self._store.index_in_steps(), None
        # Steps that only join translations yield 0.
        if next(filter(None, islice(steps, MAX_JOINING_STEPS)), None) is None:
            if not self._store.awaits_indexing():
                return
            steps = self._store.index_in_steps()
        self._indexing = steps
        if self._loop:
            self._loop.call_soon(self._index_later)

    def _index_in_time(self) -> None:
        """Update the search index, but stop if this takes long. The next child continues."""
        end = time.monotonic() + LAST_INDEX_SECONDS
        while self._store.awaits_indexing() and time.monotonic() < end:
            for _ in self._store.index_in_steps():
                if time.monotonic() > end:
                    return

    def _index_later(self) -> None:
        with log_errors():
            self._index()


@contextmanager
def log_errors() -> Iterator[None]:
    """Context manager that logs an error of an update of the search index."""
    try:
        yield
    except CommuniqueError as error:
        log.warning("the search index could not be updated: %s", error)


class ProgressReporter:
    """Sends the progress of each visit to the parent, at its first response and periodically."""

    def __init__(self) -> None:
        self._written: dict[str, float] = {}
        self._later: dict[str, asyncio.TimerHandle] = {}

    def __call__(self, visit: Visit) -> None:
        """Send the progress of a visit to the parent, at most every PROGRESS_SECONDS."""
        wait = self._written.get(visit.id, -PROGRESS_SECONDS) + PROGRESS_SECONDS - time.monotonic()
        if not visit.awaited or wait <= 0:
            self._write(visit)
        elif visit.id not in self._later:
            loop = asyncio.get_running_loop()
            self._later[visit.id] = loop.call_later(wait, self._write, visit)

    def forget(self, visit: Visit) -> None:
        """Forget the state of a visit that has ended."""
        self._written.pop(visit.id, None)
        if later := self._later.pop(visit.id, None):
            later.cancel()

    def _write(self, visit: Visit) -> None:
        if later := self._later.pop(visit.id, None):
            later.cancel()
        self._written[visit.id] = time.monotonic()
        run = visit.report.run
        reached = visit.frontier.reached
        write_line(Progress(visit.id, run.pages, visit.awaited, run.new, run.changed, reached))


def _seal_aside(archive: Archive) -> None:
    try:
        archive.seal()
    except ArchiveError:
        log.warning("sealing the archive's files during visits failed", exc_info=True)


def _awaits_responses(process: AsyncCrawlerProcess) -> bool:
    """Return whether a crawler still waits for responses."""
    engines = (crawler.engine for crawler in process.crawlers)
    return any(engine and engine.downloader.active for engine in engines)


def _forward_lines(
    lines: Iterator[bytes], loop: asyncio.AbstractEventLoop, queue: asyncio.Queue[bytes]
) -> None:
    """Pass the parent's lines from this thread to a queue in the event loop.

    An empty line in the queue marks the end.
    """
    try:
        for line in lines:
            loop.call_soon_threadsafe(queue.put_nowait, line)
        end_in_time()
        loop.call_soon_threadsafe(queue.put_nowait, b"")
    except RuntimeError:
        # The event loop has ended.
        return


def end_in_time() -> None:
    """Set a kernel timer that ends this process after KILL_AFTER_SECONDS.

    While the parent is alive, it sets the same limit. Releases that were recorded remain stored.
    """
    signal.setitimer(signal.ITIMER_REAL, KILL_AFTER_SECONDS)


def end_in_time_on_signals() -> None:
    """Limit the time that this process takes to end after SIGTERM or SIGINT.

    Scrapy's signal handlers run in the event loop, which is blocked while a page is extracted.
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
    """Run one crawl and return the exit code of the process."""
    collect_garbage_rarely()
    lines: Iterator[bytes] = (parent := ParentLines())
    try:
        start = msgspec.json.decode(next(lines, b""), type=CrawlStart)
    except msgspec.DecodeError as error:
        print(f"the first line is invalid: {error}", file=sys.stderr)  # noqa: T201 - goes to the parent
        return 2
    if start.until is not None:
        lines = Watchdog(start.until, parent)
    try:
        crawl = Crawl(start)
        crawl.run(lines)
        if parent.parent_died:
            crawl.give_back()
    except CommuniqueError as error:
        message = masked(str(error))
        print(message, file=sys.stderr)  # noqa: T201 - goes to the log
        write_line(Refusal(message))
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
