"""Visit the due sources of hosts for which this machine holds leases.

Each host is released after its visits. `communique collect` leases hosts like a worker. If a worker
is visiting the host, this process waits for the worker. While this process visits the host, workers
can't lease it.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Final

import psycopg
import structlog
from psycopg_pool import AsyncConnectionPool

from data.errors import SourceError, StoreError
from data.health.run_errors import was_interrupted
from data.models import Lease, Run
from data.network.hosts import queue_of
from data.store.postgres.fleet_state import AskedVisit, Hosts, shared_file
from data.store.postgres.pool import bring_up_to_date, failed
from data.text.masking import masked
from data.toml_files import read_text
from scheduler.children.executor import Executor
from scheduler.fleet.fleet_executor import TOPICS_FILE
from scheduler.fleet.job_queue import pool_to
from scheduler.fleet.leases import Leases
from scheduler.home.home import Home
from scheduler.service.background import end_if_cancelled, in_background
from spiders.download.robots_rules import gap_of
from spiders.sources.source_file import LoadedSource, parse_source

RETRY_SECONDS: Final = 1.0
"""Time in seconds between two attempts to lease a host."""

DUE_POLL_SECONDS: Final = 5.0
"""Time in seconds between two queries for sources that became due while their host is being
visited. A visit may take an hour."""

REVISIT_SECONDS: Final = 60.0
"""Minimum time in seconds between two visits to a source under the same lease. This matters if a
visit could not be made, because the source is then still due."""

log = structlog.get_logger()


async def visit_at_once(
    home: Home, sources: Sequence[LoadedSource], *, backfill: bool, accept: bool
) -> Sequence[Run]:
    """Visit sources now, under leases of their hosts, and return the reports.

    Raises StoreError, and SourceError if a source file can't be read.
    """
    await asyncio.to_thread(bring_up_to_date, home.store_url)
    asked: dict[str, list[AskedVisit]] = defaultdict(list)
    for one in sources:
        text, host = read_text(one.path, SourceError), queue_of(one.file.url)
        visit = AskedVisit(one.id, host, text, explicit=True, backfill=backfill, accept=accept)
        asked[host].append(visit)
    runs: dict[str, Run] = {}

    def keep(run: Run) -> None:
        runs[run.source] = run

    pool: AsyncConnectionPool[Any] = pool_to(home.store_url)
    try:
        async with pool:
            hosts, executor = Hosts(pool), Executor(home)
            leases = Leases(hosts, executor.renew, executor.drop)
            await leases.renew()
            held = HeldHosts(home, executor, hosts, leases, keep)
            async with in_background(leases.renew_for_ever(), lambda: None):
                try:
                    await asyncio.gather(*(visit_host(held, leases, one) for one in asked.values()))
                finally:
                    await executor.close()
    except psycopg.Error as error:
        raise failed(home.store_url, error) from error
    # Other sources of the same hosts may also have been visited.
    return [runs[one.id] for one in sources if one.id in runs]


async def visit_host(held: HeldHosts, leases: Leases, visits: Sequence[AskedVisit]) -> None:
    """Visit sources of one host, as soon as the host is free and may receive requests."""
    waits = False
    while not (lease := await leases.take(visits)):
        if not waits:
            log.info(
                "waiting for a host that is busy or must not get requests yet",
                host=visits[0].host,
            )
        waits = True
        end_if_cancelled()
        await asyncio.sleep(RETRY_SECONDS)
    await held.visit(lease)


@dataclass(frozen=True, slots=True)
class HostVisit:
    """A visit to one source of a leased host. It ended at the time ``over`` (monotonic clock)."""

    asked: AskedVisit
    run: Run | None
    over: float

    @property
    def was_interrupted(self) -> bool:
        """Return whether this machine ended the visit early."""
        return self.run is not None and was_interrupted(self.run)

    @property
    def is_fresh(self) -> bool:
        """Return whether the visit ended so recently that it must not be repeated yet."""
        return time.monotonic() - self.over < REVISIT_SECONDS


@dataclass(eq=False)
class HeldHosts:
    """Visits the due sources of leased hosts.

    ``report`` is called with the report of each visit. ``vantage`` is the label of this machine,
    which visits only sources with this label. With None, sources with any label are visited.
    """

    _home: Home
    _executor: Executor
    _hosts: Hosts
    _leases: Leases
    _report: Callable[[Run], object]
    _vantage: str | None = None

    async def visit(self, lease: Lease) -> None:
        """Visit all due sources of a host, and then release the host.

        Raises psycopg.Error if the database fails.
        """
        try:
            visits = await self._visit_due(lease)
            asked = [one.asked for one in visits]
            gap = await asyncio.to_thread(self._gap, lease.host, asked)
        except BaseException:
            self._leases.forget(lease)
            raise
        await self._leases.finish(
            lease,
            gap=gap,
            rest=max((self._unanswered(one.run) for one in visits), default=0.0),
            # A visit that was ended early continues at once. A visit that could not be made would
            # fail again.
            put_off=[one.asked.source for one in visits if not one.was_interrupted],
        )

    async def _visit_due(self, lease: Lease) -> list[HostVisit]:
        """Visit the sources that are due or become due, and return the last visit to each."""
        under_way: dict[asyncio.Task[Run | None], AskedVisit] = {}
        ended: dict[str, HostVisit] = {}
        due = await self._due(lease)
        try:
            while due or under_way:
                for one in due:
                    under_way[asyncio.create_task(self._visit(one, lease))] = one
                done, _ = await asyncio.wait(
                    under_way, timeout=DUE_POLL_SECONDS, return_when=asyncio.FIRST_COMPLETED
                )
                for task in done:
                    asked = under_way.pop(task)
                    ended[asked.source] = HostVisit(asked, task.result(), time.monotonic())
                due = []
                # If a visit was ended early, the host is being released or this worker stops.
                if under_way and not any(one.was_interrupted for one in ended.values()):
                    busy = {one.source for one in under_way.values()}
                    busy |= {one.asked.source for one in ended.values() if one.is_fresh}
                    due = [one for one in await self._newly_due(lease) if one.source not in busy]
        except Exception:
            # The child would otherwise send requests to a host that another worker leases next.
            self._executor.drop(lease.host)
            raise
        finally:
            for task in under_way:
                task.cancel()
            await asyncio.gather(*under_way, return_exceptions=True)
        return [*ended.values()]

    async def _newly_due(self, lease: Lease) -> Sequence[AskedVisit]:
        """Return the due sources of a leased host, or none if the database does not respond."""
        try:
            return await self._due(lease)
        except psycopg.Error as error:
            problem = masked(str(error))
            log.warning("can't list the due sources of a host", host=lease.host, problem=problem)
            return []

    async def _due(self, lease: Lease) -> Sequence[AskedVisit]:
        """Return the due sources of a host.

        If there are any, the leader's current topics are passed to the executor.
        """
        due = await self._hosts.due_visits(lease.host, self._vantage)
        if due:
            self._executor.topics = await shared_file(self._hosts.connections, TOPICS_FILE)
        return due

    async def _visit(self, asked: AskedVisit, lease: Lease) -> Run | None:
        path = self._home.sources / f"{asked.source}.toml"
        try:
            file = parse_source(asked.file, str(path))
        except SourceError as error:
            # The leader could parse this file, so its version of Communique differs.
            log.error("invalid source file", problem=str(error))  # noqa: TRY400 - no traceback needed
            return None
        run = await self._executor.visit(
            LoadedSource(asked.source, path, own=True, file=file),
            explicit=asked.explicit,
            backfill=asked.backfill,
            accept=asked.accept,
            lease=lease,
            file=asked.file,
        )
        self._report(run)
        return run

    def _unanswered(self, run: Run | None) -> float:
        """Return how many seconds to wait until no response to a timed-out request can arrive."""
        late = run and any(error.kind == "timeout" for error in run.errors)
        return self._home.settings.network.timeout if late else 0.0

    def _gap(self, host: str, due: Sequence[AskedVisit]) -> float | None:
        """Return the minimum time in seconds between two requests to a host, or None if unknown."""
        network = self._home.settings.network
        try:
            with closing(self._home.plain_store()) as store:
                urls = [parse_source(one.file, one.source).url for one in due]
                return max((gap_of(store, url, network) for url in urls), default=None)
        except (StoreError, SourceError) as error:
            log.warning("can't read the request interval of a host", host=host, problem=str(error))
            return None
