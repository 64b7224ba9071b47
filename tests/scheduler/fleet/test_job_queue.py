"""A due host gets one job, and an abandoned job is deleted."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Awaitable, Callable
from contextlib import closing
from typing import Any

import psycopg
import pytest
from procrastinate.exceptions import ConnectorException
from psycopg_pool import AsyncConnectionPool

from data.store.postgres.fleet_state import AskedVisit, Hosts
from data.store.postgres.store import PostgresStore
from scheduler.fleet.job_queue import Deferrer, Reaper, app_of, pool_to, prepare, queues_of
from scheduler.fleet.job_queue import work as do_jobs

Pool = AsyncConnectionPool[Any]


def done(url: str, work: Callable[[Pool], Awaitable[None]]) -> None:
    """Some work on a store's database that is prepared for Procrastinate."""

    async def prepared() -> None:
        async with pool_to(url) as pool:
            await prepare(pool)
            await prepare(pool)
            await work(pool)

    with closing(PostgresStore(url)):
        asyncio.run(prepared())


async def rows(pool: Pool, sql: str) -> list[tuple[Any, ...]]:
    async with pool.connection() as db:
        return list(await (await db.execute(sql.encode())).fetchall())


async def told(pool: Pool, sql: str) -> None:
    async with pool.connection() as db:
        await db.execute(sql.encode())


async def taken_by_a_worker(pool: Pool) -> None:
    """Have a worker that lives be at work on all jobs."""
    await told(
        pool,
        "INSERT INTO procrastinate_workers DEFAULT VALUES;"
        "UPDATE procrastinate_jobs SET status = 'doing', worker_id ="
        " (SELECT id FROM procrastinate_workers)",
    )


def test_a_due_host_gets_one_job_and_another_once_that_is_done(postgres_url: str) -> None:
    async def work(pool: Pool) -> None:
        hosts, visited = Hosts(pool), list[str]()
        await hosts.ask(
            [AskedVisit("harbour", "a.example", ""), AskedVisit("pilots", "b.example", "")]
        )
        deferrer = Deferrer(pool)
        assert await deferrer.defer() == 2
        assert await deferrer.defer() == 0
        assert await Deferrer(pool).defer() == 0

        async def visit(host: str) -> None:
            visited.append(host)

        app = app_of(visit)
        async with app.open_async(pool):
            await app.run_worker_async(wait=False, delete_jobs="always", listen_notify=False)
        assert visited == ["a.example", "b.example"]
        # No worker has visited them.
        assert await Deferrer(pool).defer() == 2

    done(postgres_url, work)


def test_duties_have_their_own_queue(postgres_url: str) -> None:
    async def work(pool: Pool) -> None:
        await Hosts(pool).ask(
            [AskedVisit("harbour", "a.example", ""), AskedVisit("duty:tidy", "duty:upkeep", "")]
        )
        assert await Deferrer(pool).defer() == 2
        assert set(
            await rows(pool, "SELECT queue_name, args ->> 'host' FROM procrastinate_jobs")
        ) == {
            ("visits", "a.example"),
            ("duties", "duty:upkeep"),
        }

    done(postgres_url, work)


def test_only_workers_with_its_label_visit_a_source_and_other_sources_do_not_wait(
    postgres_url: str,
) -> None:
    async def work(pool: Pool) -> None:
        hosts = Hosts(pool)
        await hosts.ask(
            AskedVisit(f"pier{host}", host, "", vantage="eu") for host in ("b.example", "c.example")
        )
        assert await Deferrer(pool).defer() == 2
        await hosts.ask(AskedVisit(f"mole{host}", host, "") for host in ("a.example", "c.example"))
        assert await Deferrer(pool).defer() == 2
        assert await Deferrer(pool).defer() == 0
        assert {
            *await rows(pool, "SELECT queue_name, args ->> 'host' FROM procrastinate_jobs")
        } == {
            *(("visits@eu", "b.example"), ("visits@eu", "c.example")),
            *(("visits", "a.example"), ("visits", "c.example")),
        }
        visited: dict[str, list[str]] = {"": [], "us": [], "eu": []}
        for label, heard in visited.items():

            async def visit(host: str, heard: list[str] = heard) -> None:
                heard.append(host)

            app = app_of(visit)
            async with app.open_async(pool):
                await app.run_worker_async(
                    queues=queues_of(label), wait=False, delete_jobs="always", listen_notify=False
                )
        served = {"": ["c.example", "a.example"], "us": [], "eu": ["b.example", "c.example"]}
        assert visited == served
        counts = [len(await hosts.due_visits("c.example", one)) for one in ("", "us", "eu", None)]
        assert counts == [1, 1, 2, 2]

    done(postgres_url, work)


def test_a_leased_host_or_one_that_is_not_due_gets_no_job(postgres_url: str) -> None:
    async def work(pool: Pool) -> None:
        hosts = Hosts(pool)
        await hosts.ask([AskedVisit("harbour", "a.example", "")])
        assert await hosts.claim("a.example", seconds=30)
        assert await Deferrer(pool).defer() == 0

    done(postgres_url, work)


def test_the_job_of_a_dead_worker_is_deleted_and_its_host_gets_another(
    postgres_url: str,
) -> None:
    async def work(pool: Pool) -> None:
        await Hosts(pool).ask([AskedVisit("harbour", "a.example", "")])
        await Deferrer(pool).defer()
        await told(
            pool,
            "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '1 hour');"
            "UPDATE procrastinate_jobs SET status = 'doing', worker_id ="
            " (SELECT id FROM procrastinate_workers)",
        )
        assert await Deferrer(pool).defer() == 0
        async with pool.connection() as db:
            assert await Reaper().reap(db) == 1
            assert await Reaper().reap(db) == 0
        assert await Deferrer(pool).defer() == 1

    done(postgres_url, work)


def test_the_job_of_a_worker_that_could_not_finish_it_is_deleted(postgres_url: str) -> None:
    async def work(pool: Pool) -> None:
        hosts = Hosts(pool)
        await hosts.ask([AskedVisit("harbour", "a.example", "")])
        await Deferrer(pool).defer()
        await taken_by_a_worker(pool)
        reaper = Reaper()
        async with pool.connection() as db:
            # It may be about to claim its host.
            assert await reaper.reap(db) == 0
            lease = await hosts.claim("a.example", seconds=30)
            assert lease
            assert await reaper.reap(db) == 0
            assert await hosts.finish(lease, gap=0, rest=0)
            assert await reaper.reap(db) == 0
            assert await reaper.reap(db) == 1
        assert await Deferrer(pool).defer() == 1

    done(postgres_url, work)


def test_a_suspended_worker_continues_quietly_after_its_job_was_deleted(
    postgres_url: str,
) -> None:
    async def work(pool: Pool) -> None:
        await Hosts(pool).ask([AskedVisit("harbour", "a.example", "")])
        await Deferrer(pool).defer()
        problems = list[dict[str, Any]]()
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, problem: problems.append(problem))

        async def visit(host: str) -> None:
            await told(pool, "DELETE FROM procrastinate_jobs")
            assert host == "a.example"

        app = app_of(visit)
        async with app.open_async(pool):
            await app.run_worker_async(wait=False, delete_jobs="always", listen_notify=False)
        gc.collect()
        assert problems == []
        assert await Deferrer(pool).defer() == 1

    done(postgres_url, work)


@pytest.mark.parametrize("arguments", ["{}", "[]", "null", '"a.example"', '{"host": "absent"}'])
def test_a_job_that_cannot_be_done_does_not_block_its_host(
    postgres_url: str, arguments: str
) -> None:
    async def work(pool: Pool) -> None:
        await Hosts(pool).ask([AskedVisit("harbour", "a.example", "")])
        await Deferrer(pool).defer()
        await taken_by_a_worker(pool)
        reaper = Reaper()
        async with pool.connection() as db:
            await db.execute("UPDATE procrastinate_jobs SET args = %s::jsonb", [arguments])
            assert await reaper.reap(db) == 0
            assert await reaper.reap(db) == 1
        assert await Deferrer(pool).defer() == 1

    done(postgres_url, work)


def test_jobs_of_a_host_are_found_by_our_index(postgres_url: str) -> None:
    async def work(pool: Pool) -> None:
        await told(
            pool,
            "INSERT INTO procrastinate_jobs (queue_name, task_name, lock, queueing_lock)"
            " SELECT 'visits', 'visit', 'visit:' || n, 'visit:' || n"
            " FROM generate_series(1, 3000) n; ANALYZE procrastinate_jobs",
        )
        ((body,),) = await rows(
            pool, "SELECT prosrc FROM pg_proc WHERE proname = 'procrastinate_fetch_job_v2'"
        )
        start, end = body.index("SELECT jobs.*"), body.index("FOR UPDATE OF jobs")
        query = body[start:end].replace("target_queue_names", "ARRAY['visits']")
        plan = "\n".join(row[0] for row in await rows(pool, f"EXPLAIN {query}"))
        assert "communique_jobs_of_lock" in plan, plan

    done(postgres_url, work)


def test_a_worker_waits_for_an_unavailable_database(postgres_url: str) -> None:
    async def work(pool: Pool) -> None:
        async def visit(host: str) -> None:
            raise AssertionError(host)

        app = app_of(visit)
        async with app.open_async(pool):
            worker = await app.job_manager.register_worker()
            with psycopg.connect(postgres_url, autocommit=True) as db:
                db.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            await app.job_manager.update_heartbeat(worker)

    done(postgres_url, work)


def test_an_invalid_statement_is_not_repeated(postgres_url: str) -> None:
    async def work(pool: Pool) -> None:
        async def visit(host: str) -> None:
            raise AssertionError(host)

        app = app_of(visit)
        async with app.open_async(pool):
            with pytest.raises(Exception, match="Database error"):
                await app.connector.execute_query_async("SELECT wrong")

    done(postgres_url, work)


def test_a_worker_with_closed_connections_does_not_wait_for_the_database(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    problems = list[dict[str, Any]]()
    # Longer than a test may take.
    monkeypatch.setattr("scheduler.fleet.job_queue.DATABASE_TIMEOUT_SECONDS", 3600.0)

    async def work(pool: Pool) -> None:
        works, closed = asyncio.Event(), asyncio.Event()
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, problem: problems.append(problem))

        async def visit(host: str) -> None:
            del host
            works.set()
            await closed.wait()

        await Hosts(pool).ask([AskedVisit("harbour", "a.example", "")])
        await Deferrer(pool).defer()
        app = app_of(visit)
        async with app.open_async(pool):
            working = asyncio.create_task(do_jobs(app, places=1))
            await works.wait()
            await pool.close()
            closed.set()
            with pytest.raises(ConnectorException):
                await working

    done(postgres_url, work)
    gc.collect()
    assert problems == [], "nobody has to hear that the end of the job could not be said"
