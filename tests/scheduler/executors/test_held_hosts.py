"""What is visited of a host that is held, and how it is let go of."""

from __future__ import annotations

import asyncio
from pathlib import Path

from data.models import Run
from data.store.postgres.hosts import AskedVisit, Hosts
from scheduler.executors.held_hosts import HeldHosts
from scheduler.executors.leases import Leases
from scheduler.executors.local import Executor
from scheduler.executors.procrastinate import pool_to
from scheduler.home import open_home
from tests.services import home_on


def test_a_host_with_nothing_due_keeps_the_gap_that_it_asked_for(
    tmp_path: Path, postgres_url: str
) -> None:
    home = open_home(home_on(tmp_path / "home", postgres_url))
    home.plain_store().close()

    async def work() -> None:
        async with pool_to(postgres_url) as pool:
            hosts, executor = Hosts(pool), Executor(home)
            leases = Leases(hosts, executor.renew, executor.drop)
            await hosts.ask([AskedVisit("harbour", "a.example", "")])
            async with pool.connection() as db:
                await db.execute("UPDATE hosts SET gap = 20")
                await db.execute("DELETE FROM host_sources")
            lease = await leases.claim("a.example")
            assert lease
            await HeldHosts(home, executor, hosts, leases, list[Run]().append).visit(lease)
            async with pool.connection() as db:
                found = await db.execute("SELECT token, gap FROM hosts")
                assert await found.fetchall() == [(0, 20)]

    asyncio.run(work())
