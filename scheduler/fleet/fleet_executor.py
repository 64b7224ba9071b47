"""Leader's executor, which queues visits in the database for the workers.

A queued visit is a row in the table of sources. Its host gets a job as soon as the visit is due. If
this leader dies, the next leader queues the due sources.
"""

import asyncio
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Final

import structlog

from data.clock import utc_now
from data.errors import SettingsError, SourceError
from data.health.run_errors import CRAWL, was_interrupted
from data.models import Run, RunError
from data.models.source import duty_key
from data.network.hosts import queue_of
from data.store.postgres.fleet_state import (
    AskedVisit,
    Connections,
    Hosts,
    keep_shared_file,
    last_run,
    runs_after,
)
from data.toml_files import read_text
from scheduler.fleet.duties import DUTY_OF_JOB, SITE_FILE, site_of
from scheduler.fleet.job_queue import Deferrer, Reaper, prepare
from scheduler.home.home import Home
from scheduler.service.background import together
from spiders.sources.source_file import LoadedSource

ROUND_SECONDS: Final = 0.5
"""Time in seconds between two rounds. A round queues visits, creates jobs and reads reports."""

TOPICS_FILE: Final = "topics.toml"
"""Name under which the leader's topics.toml is stored for all machines."""

log = structlog.get_logger()


class FleetExecutor:
    """Executor that lets workers make the visits. It uses the leader's database connection."""

    def __init__(self, home: Home, leadership: Connections) -> None:
        self._home = home
        self._leadership = leadership
        self._hosts = Hosts(leadership)
        self._asked: dict[str, AskedVisit] = {}
        self._awaited: dict[str, asyncio.Future[Run]] = {}
        self._explicit: dict[str, Path] = {}

    async def visit(self, source: LoadedSource, *, explicit: bool = False) -> Run:
        """Queue a visit, wait until a worker has made it, and return its report.

        The visit is cancelled if the source is removed, or if it is paused and the visit is not
        ``explicit``.
        """
        try:
            text = await asyncio.to_thread(read_text, source.path, SourceError)
        except SourceError as error:
            return Run(source.id, utc_now(), 0.0, errors=(RunError("", CRAWL, str(error)),))
        host = queue_of(source.file.url)
        self._asked[source.id] = AskedVisit(
            source.id, host, text, explicit=explicit, vantage=source.file.vantage
        )
        report: asyncio.Future[Run] = asyncio.get_running_loop().create_future()
        self._awaited[source.id] = report
        if explicit:
            self._explicit[source.id] = source.path
        try:
            return await report
        finally:
            self._explicit.pop(source.id, None)

    def have_done(self, what: str) -> None:
        """Queue a job (a key of DUTY_OF_JOB) for the service responsible for it."""
        name = duty_key(what)
        self._asked[name] = AskedVisit(name, DUTY_OF_JOB[what], "")

    async def take_in(self, sources: Collection[str]) -> None:
        """Store the list of sources, the topics, and the site settings for all machines.

        Queued visits to sources that are not in the list are cancelled, except explicit visits to
        paused sources.
        """
        topics = self._home.topics
        try:
            text = await asyncio.to_thread(read_text, topics, SettingsError)
        except SettingsError as error:
            if topics.exists():
                log.warning(
                    "topics.toml is invalid; the previous topics still apply", problem=str(error)
                )
            else:
                await keep_shared_file(self._leadership, TOPICS_FILE, None)
        else:
            await keep_shared_file(self._leadership, TOPICS_FILE, text)
        await keep_shared_file(self._leadership, SITE_FILE, site_of(self._home))
        kept = {*sources, *await asyncio.to_thread(existing, {**self._explicit})}
        await self._hosts.keep_sources(kept)
        for gone in self._awaited.keys() - kept:
            self._asked.pop(gone, None)
            self._awaited.pop(gone).cancel()

    async def close(self) -> None:
        """Do nothing, because running visits belong to the workers."""

    async def run(self) -> None:
        """Queue visits and read their reports until cancelled.

        Raises LeadershipLost when this service is no longer the leader.
        """
        await prepare(self._leadership)
        await together(Reaper().reap_for_ever(self._home.store_url), self._queue_visits())

    async def _queue_visits(self) -> None:
        deferrer = Deferrer(self._leadership)
        number = await last_run(self._leadership)
        while True:
            asked, self._asked = self._asked, {}
            if asked:
                await self._hosts.ask(asked.values())
            await deferrer.defer()
            found = await runs_after(self._leadership, number)
            self._report(found.values())
            number = max(found, default=number)
            await asyncio.sleep(ROUND_SECONDS)

    def _report(self, runs: Iterable[Run]) -> None:
        for run in runs:
            # A visit that a worker ended early is still due, and another worker makes it.
            if was_interrupted(run):
                continue
            report = self._awaited.pop(run.source, None)
            if report and not report.done():
                report.set_result(run)


def existing(files: Mapping[str, Path]) -> set[str]:
    """Return the sources whose source file exists."""
    return {source for source, path in files.items() if path.exists()}
