"""A child that crawls, as its parent sees it: jobs go in, and a report of each visit comes out."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Self

import msgspec

from data.errors import CommuniqueError
from data.models import Run
from scheduler.home import Home
from scheduler.jobs.child import Child, ChildEnded, stand_back
from scheduler.jobs.crawl_lines import CrawlStart, Progress, Refusal, Report, VisitJob
from scheduler.jobs.leased.watchdog import Renewal
from scheduler.logs import open_log

LOST = 120.0
"""Seconds over run_timeout after which a child that has not stopped a visit by itself is killed: it
takes a few to start, and a page of the worst kind is read in half a minute."""

log = logging.getLogger(__name__)

ProgressReporter = Callable[[Progress], None]


class CrawlLost(CommuniqueError):
    """A child ended, or was ended, before it reported a visit; ``code`` is its exit code if so."""

    def __init__(self, message: str, code: int = 0) -> None:
        super().__init__(message)
        self.code = code

    @classmethod
    def with_code(cls, home: Home, code: int) -> Self:
        """It ended by itself, with an exit code."""
        return cls(f"the crawl ended with code {code}; see {home.crawl_log}", code)


@dataclass(slots=True)
class Awaited:
    """A visit that is under way in a child."""

    report: asyncio.Future[Run]
    on_progress: ProgressReporter | None


class CrawlChild:
    """A child of one HOME; with ``render`` it visits sources that need a browser.

    ``hosts`` counts the visits under way by host, ``begun`` all that it was given.
    """

    def __init__(self, home: Home, child: Child, *, render: bool) -> None:
        self.render = render
        self.hosts: Counter[str] = Counter()
        self.begun = 0
        self.is_open = True
        self.dropped = False
        self._home = home
        self._child = child
        self._awaited: dict[str, Awaited] = {}
        self._refused = ""
        self._following = asyncio.create_task(self._follow())

    @classmethod
    async def start(
        cls,
        home: Home,
        *,
        render: bool,
        until: float | None = None,
        topics: str | None = None,
    ) -> Self:
        """A new child; ``until`` and ``topics`` are as CrawlStart has them.

        Raises OSError where the system gives none, and CrawlLost.
        """
        with open_log(home.crawl_log) as log:
            child = await Child.start("scheduler.jobs.crawl", log=log)
        stand_back(child.pid)
        try:
            await child.say(CrawlStart(str(home.path), render, until, topics))
        except ChildEnded as error:
            raise CrawlLost.with_code(home, error.code) from error
        return cls(home, child, render=render)

    def visit(
        self, job: VisitJob, host: str, on_progress: ProgressReporter | None
    ) -> Coroutine[Any, Any, Run]:
        """Have a source visited; what is returned waits for the report.

        From now on the visit counts among those under way. Raises CrawlLost, when awaited.
        """
        awaited = Awaited(asyncio.get_running_loop().create_future(), on_progress)
        self._awaited[job.source] = awaited
        self.hosts[host] += 1
        self.begun += 1
        return self._visit(job, host, awaited)

    async def _visit(self, job: VisitJob, host: str, awaited: Awaited) -> Run:
        try:
            await self._child.say(job)
            async with asyncio.timeout(self._home.settings.collect.run_timeout + LOST):
                return await awaited.report
        except TimeoutError:
            # It ends a visit in time by itself, unless it is lost in one page.
            self._child.kill()
            raise CrawlLost("the crawl took longer than run_timeout") from None
        except ChildEnded as error:
            # It may have said why.
            await self._following
            raise self._lost(error.code) from error
        finally:
            self._awaited.pop(job.source, None)
            self.hosts -= Counter([host])

    async def renew(self, until: float) -> None:
        """Tell it until when the hosts that it visits are ours."""
        # One that has ended tells so to those who wait for its visits.
        with suppress(ChildEnded):
            await self._child.say(Renewal(until))

    def drop(self) -> None:
        """End it at once: a host that it visits is not ours any more."""
        self.dropped = True
        self._child.kill()

    def close(self) -> None:
        """Take no more jobs; the child ends, and tells of the visits under way what it can."""
        self.is_open = False
        self._child.close()

    async def ended(self) -> None:
        """Return when the child has ended and all that it told is taken in."""
        await self._child.end()
        await self._following

    async def _follow(self) -> None:
        while True:
            try:
                said = await self._child.hear(dict[str, Any])
            except msgspec.DecodeError as error:
                log.warning("a crawl said what is no report: %s", error)
                continue
            except ChildEnded as error:
                code = error.code
                break
            if "run" in said:
                self._report(msgspec.convert(said, Report).run)
            elif "refused" in said:
                self._refused = msgspec.convert(said, Refusal).refused
            elif (one := self._awaited.get(said["source"])) and one.on_progress:
                one.on_progress(msgspec.convert(said, Progress))
        self.is_open = False
        for awaited in self._awaited.values():
            if not awaited.report.done():
                awaited.report.set_exception(self._lost(code))

    def _lost(self, code: int) -> CrawlLost:
        if self._refused:
            return CrawlLost(self._refused, code)
        return CrawlLost.with_code(self._home, code)

    def _report(self, run: Run) -> None:
        awaited = self._awaited.get(run.source)
        if awaited and not awaited.report.done():
            awaited.report.set_result(run)
