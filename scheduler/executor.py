"""Runs crawls as child processes: in batches, with a time-out, and a report for every source."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import Any
from urllib.parse import urlsplit

import msgspec

from data.models import Run, RunError
from scheduler.children import GRACE, pipes_of, start_child
from scheduler.crawl import Job, Progress, Report
from scheduler.home import Home
from spiders.loader import LoadedSource
from spiders.visit import utc_now

BATCH = 12
"""Sources in one child: they are visited side by side, so twelve take the time of one."""

CHILDREN = 2
"""Crawls at a time."""

Watcher = Callable[[Progress], None]


class Executor:
    """Visits sources of one HOME."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._free = asyncio.Semaphore(CHILDREN)

    async def visit(
        self,
        sources: Sequence[LoadedSource],
        *,
        explicit: bool = False,
        backfill: bool = False,
        watch: Watcher | None = None,
    ) -> tuple[Run, ...]:
        """Visit sources; each has a report, whatever happens.

        Cancelling ends the children first.
        """
        jobs = [
            Job(str(self._home.path), tuple(source.id for source in batch), explicit, backfill)
            for batch in batches(sources)
        ]
        reports = await asyncio.gather(*(self._run(job, watch or _ignore) for job in jobs))
        runs = {run.source: run for report in reports for run in report}
        return tuple(runs[source.id] for source in sources)

    async def _run(self, job: Job, watch: Watcher) -> tuple[Run, ...]:
        report: tuple[Run, ...] = ()
        async with self._free:
            started = utc_now()
            try:
                report, why = await self._crawl(job, watch)
            except OSError as error:
                # Too many files are open, or there is no memory for a child: it is tried again.
                why = f"the crawl could not be run: {error}"
        reported = {run.source: run for run in report}
        seconds = (utc_now() - started).total_seconds()
        return tuple(
            reported.get(source)
            or Run(source, started, seconds, errors=(RunError("", "crawl", why),))
            for source in job.sources
        )

    async def _crawl(self, job: Job, watch: Watcher) -> tuple[tuple[Run, ...], str]:
        """What a child reports, and why it says nothing of a source that is not in it."""
        with self._home.crawl_log.open("ab") as log:
            child = await start_child("scheduler.crawl", log=log)
        try:
            async with asyncio.timeout(self._home.settings.collect.run_timeout):
                report = await self._follow(child, job, watch)
        except TimeoutError:
            return await self._end(child), "the crawl took longer than run_timeout"
        except asyncio.CancelledError:
            await self._end(child)
            raise
        return report, f"the crawl ended with code {child.returncode}; see {log.name}"

    async def _follow(
        self, child: asyncio.subprocess.Process, job: Job, watch: Watcher
    ) -> tuple[Run, ...]:
        stdin, stdout = pipes_of(child)
        stdin.write(msgspec.json.encode(job) + b"\n")
        await stdin.drain()
        runs: tuple[Run, ...] = ()
        async for line in stdout:
            if not line.endswith(b"\n"):
                # It died while it wrote.
                break
            said = msgspec.json.decode(line, type=dict[str, Any])
            if "runs" in said:
                runs = msgspec.convert(said, Report).runs
            else:
                watch(msgspec.convert(said, Progress))
        stdin.close()
        await child.wait()
        return runs

    @staticmethod
    async def _end(child: asyncio.subprocess.Process) -> tuple[Run, ...]:
        """Tell a child to stop and wait for what it reports; after GRACE seconds, kill it."""
        if child.returncode is not None:
            return ()
        child.terminate()
        try:
            async with asyncio.timeout(GRACE):
                last = (await pipes_of(child)[1].read()).rstrip().rpartition(b"\n")[2]
                await child.wait()
            return msgspec.json.decode(last, type=Report).runs if b'"runs"' in last else ()
        except TimeoutError:
            child.kill()
            await child.wait()
            return ()


def _ignore(progress: Progress) -> None:
    del progress


def batches(sources: Iterable[LoadedSource]) -> list[tuple[LoadedSource, ...]]:
    """Sources in batches, those of one host together: politeness is kept within one child."""
    hosts: dict[str, list[LoadedSource]] = {}
    for source in sources:
        hosts.setdefault(host_of(source), []).append(source)
    made: list[tuple[LoadedSource, ...]] = []
    for group in hosts.values():
        if made and len(made[-1]) + len(group) <= BATCH:
            made[-1] = (*made[-1], *group)
        else:
            made.append(tuple(group))
    return made


def host_of(source: LoadedSource) -> str:
    """The host of a source, which is visited by one at a time."""
    return urlsplit(source.file.url).hostname or ""
