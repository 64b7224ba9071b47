"""A worker knows which hosts it lost, until when its leases hold, and when renewals fail."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection
from contextlib import closing
from typing import Any

import psycopg
from psycopg_pool import AsyncConnectionPool
from structlog.testing import capture_logs

from data.models import Lease
from data.store.postgres.fleet_state import AskedVisit, Hosts
from data.store.postgres.store import PostgresStore
from scheduler.fleet.job_queue import pool_to
from scheduler.fleet.leases import SAFETY_MARGIN_SECONDS, Leases
from tests.postgres_server import PostgresServer

HOUR = 3600.0
"""Seconds of leases that no test outlasts, on a busy machine either."""


def test_lost_leases_are_reported_and_active_ones_renewed(postgres_url: str) -> None:
    told, lost = list[float](), list[str]()

    async def tell(until: float) -> None:
        told.append(until)

    async def work() -> None:
        async with pool_to(postgres_url) as pool:
            hosts = Hosts(pool)
            leases = Leases(hosts, tell, lost.append, seconds=HOUR)
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
            assert told[0] >= before + HOUR - SAFETY_MARGIN_SECONDS
            assert leases.until == told[0]
            with psycopg.connect(postgres_url) as db:
                held = db.execute(
                    "SELECT next_due > now() + interval '30 minutes' FROM hosts ORDER BY host"
                ).fetchall()
            assert held == [(False,), (True,)]
            assert not await leases.finish(first, gap=0, rest=0)
            assert await leases.finish(second, gap=0, rest=0)
            await leases.renew()
            assert lost == ["a.example"]

    with closing(PostgresStore(postgres_url)):
        asyncio.run(work())


class ToldHosts(Hosts):
    """Tells when leases are to be renewed."""

    def __init__(self, pool: AsyncConnectionPool[Any], asked: asyncio.Queue[None]) -> None:
        super().__init__(pool)
        self._asked = asked

    async def renew(self, leases: Collection[Lease], *, seconds: float) -> frozenset[Lease]:
        """Tell it."""
        self._asked.put_nowait(None)
        return await super().renew(leases, seconds=seconds)


def test_an_unavailable_database_is_logged_once_and_so_is_its_return(
    postgres_url: str, postgres_server: PostgresServer
) -> None:
    async def work() -> None:
        asked, renewed = asyncio.Queue[None](), asyncio.Queue[float]()
        async with pool_to(postgres_url) as pool:
            leases = Leases(ToldHosts(pool, asked), renewed.put, list[str]().append, seconds=2)
            postgres_server.stop("immediate")
            renewing = asyncio.create_task(leases.renew_for_ever())
            for _ in range(3):
                await asked.get()
            postgres_server.start()
            # The end is logged in the same step of the event loop.
            await renewed.get()
            renewing.cancel()
            await asyncio.wait({renewing})

    with closing(PostgresStore(postgres_url)), capture_logs() as logs:
        asyncio.run(work())
    assert [one["event"] for one in logs] == [
        "leases could not be renewed; retrying",
        "leases renewed again",
    ]
