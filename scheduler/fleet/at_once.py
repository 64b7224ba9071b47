"""Visit sources now on this machine, while workers use the same database.

Each host is leased as by a worker. If a worker visits the host, this process waits for it. During
the visit, workers can't get the host.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Final

import psycopg
import structlog
from psycopg_pool import AsyncConnectionPool

from data.errors import SourceError
from data.models import Run
from data.store.postgres.database.pool import bring_up_to_date, failed
from data.store.postgres.hosts import AskedVisit, Hosts
from data.toml_files import read_text
from scheduler.children.executor import Executor
from scheduler.fleet.held_hosts import HeldHosts
from scheduler.fleet.job_queue import pool_to
from scheduler.fleet.leases import Leases
from scheduler.home import Home
from spiders.download.hosts import host_of
from spiders.sources.loader import LoadedSource

RETRY_SECONDS: Final = 1.0
"""Seconds between two attempts to lease a host."""

log = structlog.get_logger()


async def visit_at_once(
    home: Home, sources: Sequence[LoadedSource], *, backfill: bool, accept: bool
) -> Sequence[Run]:
    """Visit sources under leases of their hosts, and return the reports.

    Raises StoreError, and SourceError if a source file can't be read.
    """
    await asyncio.to_thread(bring_up_to_date, home.store_url)
    asked: dict[str, list[AskedVisit]] = defaultdict(list)
    for one in sources:
        text, host = read_text(one.path, SourceError), host_of(one.file.url)
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
            renewing = asyncio.create_task(leases.renew_for_ever())
            held = HeldHosts(home, executor, hosts, leases, keep)
            try:
                await asyncio.gather(*(visit_host(held, leases, one) for one in asked.values()))
            finally:
                await executor.close()
                renewing.cancel()
    except psycopg.Error as error:
        raise failed(home.store_url, error) from error
    # Other sources of the same hosts may have been visited, too.
    return [runs[one.id] for one in sources if one.id in runs]


async def visit_host(held: HeldHosts, leases: Leases, visits: Sequence[AskedVisit]) -> None:
    """Visit sources of one host, as soon as the host is free and accepts requests."""
    waits = False
    while not (lease := await leases.take(visits)):
        if not waits:
            log.info("waiting for a host that is being visited or rests", host=visits[0].host)
        waits = True
        await asyncio.sleep(RETRY_SECONDS)
    await held.visit(lease)
