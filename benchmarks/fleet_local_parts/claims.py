"""The time to fetch a job and claim its host, among very many waiting jobs."""

from __future__ import annotations

import time
from contextlib import closing
from typing import Any, Final

import psycopg
from procrastinate.jobs import Status

from data.store.postgres.fleet_state import Hosts
from data.store.postgres.store import PostgresStore
from scheduler.fleet.job_queue import Deferrer, app_of, pool_to, prepare

PART: Final = 15.0
"""Seconds of the first and of the last part."""

LOOK: Final = 0.5
"""Seconds between two looks at what is due, as the leader has it."""

PACE: Final = 100.0
"""Jobs a second that are taken: more than 1,000,000 sources on 30,000 hosts need."""


async def claims(url: str, waiting: int, seconds: float) -> dict[str, Any]:
    """Milliseconds of fetches, claims and looks at what is due, first and last."""
    with closing(PostgresStore(url)):
        pass
    part = min(PART, seconds / 3)
    async with pool_to(url) as pool:
        await prepare(pool)
        async with pool.connection() as db:
            await db.execute(
                "INSERT INTO hosts (host, next_due) SELECT 'host-' || n,"
                " now() - interval '1 hour' + n * interval '1 millisecond'"
                " FROM generate_series(1, %s) n",
                [waiting],
            )
            await db.execute("ANALYZE hosts")
        deferrer = Deferrer(pool)
        began = time.perf_counter()
        while await deferrer.defer():
            # Each look begins where the last one ended.
            pass
        deferred = time.perf_counter() - began
        async with pool.connection() as db:
            await db.execute("ANALYZE procrastinate_jobs")
        with psycopg.connect(url) as held:
            held.execute("SET idle_in_transaction_session_timeout = 0")
            held.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            held.execute("SELECT pg_current_xact_id(), count(*) FROM runs")
            taken = await take(pool, deferrer, seconds)
    first = [one for one in taken if one[0] <= part]
    last = [one for one in taken if one[0] > seconds - part]
    told: dict[str, Any] = {
        "waiting": waiting,
        "seconds": seconds,
        "jobs a second": round(len(taken) / seconds, 1),
        "deferred in s": round(deferred, 2),
    }
    for place, name in enumerate(("fetch", "claim", "defer"), start=1):
        told[name] = {
            "first": mean([one[place] for one in first]),
            "last": mean([one[place] for one in last]),
            "max": round(max(one[place] for one in taken), 2),
        }
    return told


async def take(pool: Any, deferrer: Deferrer, seconds: float) -> list[tuple[float, ...]]:
    """Jobs that were taken: when, and the milliseconds of fetch, claim and look at what is due."""

    async def visit(host: str) -> None:
        raise AssertionError(host)

    hosts, app, taken = Hosts(pool), app_of(visit), list[tuple[float, ...]]()
    async with app.open_async(pool):
        worker = await app.job_manager.register_worker()
        began = looked = time.perf_counter()
        defer = 0.0
        while (now := time.perf_counter()) - began < seconds:
            if len(taken) > (now - began) * PACE:
                time.sleep(0.001)  # noqa: ASYNC251 - nothing else goes on
                continue
            if now - looked > LOOK:
                looked = now
                await deferrer.defer()
                defer = time.perf_counter() - now
            start = time.perf_counter()
            job = await app.job_manager.fetch_job(queues=["visits"], worker_id=worker)
            fetched = time.perf_counter()
            if job is None:
                break
            lease = await hosts.claim(str(job.task_kwargs["host"]), seconds=30)
            claimed = time.perf_counter()
            assert lease
            await hosts.finish(lease, gap=1, rest=0)
            assert job.id
            await app.job_manager.finish_job_by_id_async(job.id, Status.FAILED, delete_job=True)
            taken.append(
                (now - began, *(1000 * one for one in (fetched - start, claimed - fetched, defer)))
            )
    return taken


def mean(values: list[float]) -> float:
    """The mean, in hundredths."""
    return round(sum(values) / max(1, len(values)), 2)
