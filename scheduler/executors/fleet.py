"""Has sources visited by workers on other machines, as the service that leads them sees it.

A visit is asked for in the timetable of hosts, which gives its host a job as soon as it is due; the
report comes with what the visit wrote. Who asked need not live on: the next leader asks for what it
finds due, and what was asked for before is visited all the same.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable
from typing import Final

import structlog

from data.clock import utc_now
from data.errors import SettingsError, SourceError
from data.health.evidence import CUT
from data.models import Run, RunError
from data.store.postgres.hosts import DUTY, AskedVisit, Connections, Hosts
from data.toml_files import read_text
from scheduler.executors.procrastinate import Deferrer, Reaper, prepare
from scheduler.home import Home
from spiders.download.hosts import host_of
from spiders.sources.loader import LoadedSource

PACE: Final = 0.5
"""Seconds between two looks at what is asked for, what is due and what was reported."""

TOPICS: Final = "topics.toml"

SITE: Final = "site"
"""The name under which the service that leads keeps where it publishes, for the others."""

PUBLISHING: Final = f"{DUTY}publishing"
ALERTS: Final = f"{DUTY}alerts"
UPKEEP: Final = f"{DUTY}upkeep"

ROWS: Final = {
    "publish": PUBLISHING,
    "attest": PUBLISHING,
    "ping": PUBLISHING,
    "alerts": ALERTS,
    "tidy": UPKEEP,
}
"""What one service of several does, and the row whose lease it takes."""

log = structlog.get_logger()


def site_of(home: Home) -> str:
    """What all services on a database must have alike, or each publishes another site."""
    site = home.settings.site
    return f"site.target = {site.target!r} and site.url = {site.url!r}"


class FleetExecutor:
    """Has sources of one HOME visited, over the connection of the service that leads."""

    def __init__(self, home: Home, leadership: Connections) -> None:
        self._home = home
        self._leadership = leadership
        self._hosts = Hosts(leadership)
        self._asked: dict[str, AskedVisit] = {}
        self._awaited: dict[str, asyncio.Future[Run]] = {}

    async def visit(self, source: LoadedSource, *, explicit: bool = False) -> Run:
        """Visit a source; it has a report, whenever a worker gets to it.

        Cancelled where the source is no more.
        """
        try:
            text = await asyncio.to_thread(read_text, source.path, SourceError)
        except SourceError as error:
            return Run(source.id, utc_now(), 0.0, errors=(RunError("", "crawl", str(error)),))
        host = host_of(source.file.url)
        self._asked[source.id] = AskedVisit(source.id, host, text, explicit=explicit)
        report: asyncio.Future[Run] = asyncio.get_running_loop().create_future()
        self._awaited[source.id] = report
        return await report

    def have_done(self, what: str) -> None:
        """Have whichever service takes that on do something: one of ROWS."""
        name = f"{DUTY}{what}"
        self._asked[name] = AskedVisit(name, ROWS[what], "")

    async def take_in(self, sources: Collection[str]) -> None:
        """Take in which sources there are, and by which topics releases are filed."""
        topics = self._home.topics
        try:
            text = await asyncio.to_thread(read_text, topics, SettingsError)
        except SettingsError as error:
            if topics.exists():
                log.warning("releases are filed by the topics of before", problem=str(error))
            else:
                await self._hosts.keep_file(TOPICS, None)
        else:
            await self._hosts.keep_file(TOPICS, text)
        await self._hosts.keep_file(SITE, site_of(self._home))
        await self._hosts.keep_sources(sources)
        for gone in self._awaited.keys() - {*sources}:
            self._asked.pop(gone, None)
            self._awaited.pop(gone).cancel()

    async def close(self) -> None:
        """Nothing: visits that are under way are the workers'."""

    async def run(self) -> None:
        """Have visits made until cancelled. Raises LeadershipLost."""
        await prepare(self._leadership)
        reaping = asyncio.create_task(Reaper().reap_for_ever(self._home.store_url))
        try:
            deferrer = Deferrer(self._leadership)
            number = await self._hosts.last_run()
            while True:
                asked, self._asked = self._asked, {}
                if asked:
                    await self._hosts.ask(asked.values())
                await deferrer.defer()
                found = await self._hosts.runs_after(number)
                self._report(found.values())
                number = max(found, default=number)
                await asyncio.sleep(PACE)
        finally:
            reaping.cancel()

    def _report(self, runs: Iterable[Run]) -> None:
        for run in runs:
            # One that a worker cut short is still due: another worker makes it.
            if any(error.kind == CUT for error in run.errors):
                continue
            report = self._awaited.pop(run.source, None)
            if report and not report.done():
                report.set_result(run)
