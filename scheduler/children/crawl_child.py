"""Parent of a crawl: sends jobs to the child process, and receives the report of each visit."""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

import msgspec

from data.errors import CommuniqueError
from data.models import Run
from scheduler.children.child import Child, ChildEnded, ending, lower_priority
from scheduler.children.crawl_lines import (
    CrawlStart,
    Progress,
    Refusal,
    Renewal,
    ReportLine,
    VisitJob,
)
from scheduler.children.page_limit import NoteFile, PageNote
from scheduler.home.home import Home
from scheduler.logs import open_log

OVERDUE_SECONDS = 120.0
"""Seconds after ``run_timeout`` at which the child of an unfinished visit is killed.

The child may need this time to start or to extract a page (scheduler.children.page_limit).
"""

log = logging.getLogger(__name__)

OnVisitProgress = Callable[[Progress], None]


class ChildKind(NamedTuple):
    """Kind of a child process. Visits of different kinds never share a child.

    ``render`` is for sources that need a browser, ``backfill`` for background visits, and
    ``separate`` for sources with pages that are too slow to share a process.
    """

    render: bool = False
    backfill: bool = False
    separate: bool = False


class CrawlLost(CommuniqueError):
    """Raised if a child process ended before it reported a visit.

    ``code`` is its exit code: 0 if unknown, negative for a signal. If a signal ended the child,
    ``page`` is the page that it was extracting. ``progress`` is the last progress of the visit.
    """

    def __init__(
        self,
        message: str,
        code: int = 0,
        page: PageNote | None = None,
        progress: Progress | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.page = page
        self.progress = progress

    @classmethod
    def with_code(cls, home: Home, code: int) -> Self:
        """Return the error for a child process that ended with an exit code."""
        return cls(f"the crawl {ending(code)}; see {home.crawl_log}", code)


@dataclass(slots=True)
class Awaited:
    """A visit that runs in a child process, and whose report is awaited."""

    report: asyncio.Future[Run]
    on_progress: OnVisitProgress | None
    progress: Progress | None = None


class CrawlChild:
    """A child process that visits sources of one home directory.

    ``hosts`` contains the number of running visits per host. ``begun`` is the number of all visits
    that the child received.
    """

    def __init__(self, home: Home, child: Child, kind: ChildKind, note: NoteFile) -> None:
        self.kind = kind
        self.hosts: Counter[str] = Counter()
        self.begun = 0
        self.is_open = True
        self.dropped = False
        self._home = home
        self._child = child
        self._note = note
        self._awaited: dict[str, Awaited] = {}
        self._refused = ""
        self._page: PageNote | None = None
        self._following = asyncio.create_task(self._follow())

    @classmethod
    async def start(
        cls,
        home: Home,
        kind: ChildKind,
        *,
        until: float | None = None,
        topics: str | None = None,
    ) -> Self:
        """Start a child process. ``until`` and ``topics`` have the same meaning as in CrawlStart.

        Raises OSError if the system can't start a process, and CrawlLost.
        """
        note = NoteFile()
        try:
            with open_log(home.crawl_log) as log:
                child = await Child.start("scheduler.children.crawl", log=log)
            if kind.backfill:
                lower_priority(child.pid)
            start = CrawlStart(str(home.path), kind.render, kind.separate, note.path, until, topics)
            try:
                await child.say(start)
            except ChildEnded as error:
                raise CrawlLost.with_code(home, error.code) from error
        except BaseException:
            note.close()
            raise
        return cls(home, child, kind, note)

    def visit(
        self, job: VisitJob, host: str, on_progress: OnVisitProgress | None
    ) -> Coroutine[Any, Any, Run]:
        """Send a job to the child, and return a coroutine that waits for the visit's report.

        The visit counts as running when this method returns. The coroutine raises CrawlLost if the
        child ends before.
        """
        awaited = Awaited(asyncio.get_running_loop().create_future(), on_progress)
        self._awaited[job.source] = awaited
        self.hosts[host] += 1
        self.begun += 1
        return self._visit(job, host, awaited)

    async def _visit(self, job: VisitJob, host: str, awaited: Awaited) -> Run:
        try:
            await self._child.say(job)
            async with asyncio.timeout(self._home.settings.collect.run_timeout + OVERDUE_SECONDS):
                return await awaited.report
        except TimeoutError:
            # The child limits the time of a visit itself, unless it is stuck on one page.
            self._child.kill()
            raise CrawlLost("the crawl took longer than run_timeout") from None
        except ChildEnded as error:
            # The child may have sent the reason before it ended.
            await self._following
            raise self._lost(error.code, awaited) from error
        finally:
            self._awaited.pop(job.source, None)
            self.hosts -= Counter([host])

    async def renew(self, until: float) -> None:
        """Send the child the time until which its hosts are leased."""
        # If the child has ended, the coroutines that wait for its visits raise the error.
        with suppress(ChildEnded):
            await self._child.say(Renewal(until))

    def drop(self) -> None:
        """Kill the child, because the lease of a host that it visits was lost."""
        self.dropped = True
        self._child.kill()

    def close(self) -> None:
        """Close the child's input. The child then stops its visits, reports them, and ends."""
        self.is_open = False
        self._child.close()

    async def ended(self) -> None:
        """End the child (kill it after KILL_AFTER_SECONDS), and process its remaining output."""
        await self._child.end()
        await self._following

    async def _follow(self) -> None:
        try:
            code = await self._process_lines()
        except Exception as error:
            # The reports of other visits may be unreadable as well.
            log.exception("a line of a crawl can't be processed")
            self._refused = f"a line of the crawl can't be processed: {error}"
            self._child.kill()
            await self._child.end()
            code = 0
        self.is_open = False
        self._page = self._noted_page(code)
        self._note.close()
        for awaited in self._awaited.values():
            if not awaited.report.done():
                awaited.report.set_exception(self._lost(code, awaited))

    async def _process_lines(self) -> int:
        """Process all lines of the child, and return its exit code."""
        while True:
            try:
                line = await self._child.hear(dict[str, Any])
            except msgspec.DecodeError as error:
                log.warning("a crawl sent an invalid line: %s", error)
                continue
            except ChildEnded as error:
                return error.code
            if "run" in line:
                self._report(msgspec.convert(line, ReportLine).run)
            elif "refused" in line:
                self._refused = msgspec.convert(line, Refusal).refused
            elif one := self._awaited.get(line["source"]):
                one.progress = msgspec.convert(line, Progress)
                if one.on_progress:
                    one.on_progress(one.progress)

    def _noted_page(self, code: int) -> PageNote | None:
        """Return the page that the child was extracting when a signal killed it, or None.

        ``code`` is the child's exit code.
        """
        if code >= 0:
            return None
        try:
            return self._note.read()
        except msgspec.DecodeError as error:
            log.warning(
                "a crawl process was killed; the page that it was extracting is unknown: %s", error
            )
            return None

    def _lost(self, code: int, awaited: Awaited) -> CrawlLost:
        if self._refused:
            return CrawlLost(self._refused, code)
        lost = CrawlLost.with_code(self._home, code)
        lost.page, lost.progress = self._page, awaited.progress
        return lost

    def _report(self, run: Run) -> None:
        awaited = self._awaited.get(run.source)
        if awaited and not awaited.report.done():
            awaited.report.set_result(run)
