"""A worker knows that it lost a host, and until when it has the others."""

from __future__ import annotations

import asyncio
import time
from contextlib import closing

import psycopg

from data.store.postgres.hosts import AskedVisit, Hosts
from data.store.postgres.store import PostgresStore
from scheduler.executors.leases import MARGIN, Leases
from scheduler.executors.procrastinate import pool_to


def test_what_is_lost_is_told_and_what_is_held_is_renewed(postgres_url: str) -> None:
    told, lost = list[float](), list[str]()

    async def tell(until: float) -> None:
        told.append(until)

    async def work() -> None:
        async with pool_to(postgres_url) as pool:
            hosts = Hosts(pool)
            leases = Leases(hosts, tell, lost.append, seconds=30)
            await hosts.ask(
                [AskedVisit("harbour", "a.example", ""), AskedVisit("pilots", "b.example", "")]
            )
            first, second = await leases.claim("a.example"), await leases.claim("b.example")
            assert first
            assert second
            assert await leases.claim("a.example") is None
            with psycopg.connect(postgres_url, autocommit=True) as db:
                db.execute(
                    "UPDATE hosts SET token = nextval('host_tokens') WHERE host = 'a.example'"
                )
                db.execute("UPDATE hosts SET next_due = now() + interval '1 second'")
            before = time.monotonic()
            await leases.renew()
            assert lost == ["a.example"]
            assert told[0] >= before + 30 - MARGIN
            assert leases.until == told[0]
            with psycopg.connect(postgres_url) as db:
                held = db.execute(
                    "SELECT next_due > now() + interval '20 seconds' FROM hosts ORDER BY host"
                ).fetchall()
            assert held == [(False,), (True,)]
            assert not await leases.finish(first, gap=0, rest=0)
            assert await leases.finish(second, gap=0, rest=0)
            await leases.renew()
            assert lost == ["a.example"]

    with closing(PostgresStore(postgres_url)):
        asyncio.run(work())
