"""Of several services one leads, and another one once that one is gone."""

from __future__ import annotations

import asyncio
import re
from contextlib import suppress

import psycopg
import pytest
from structlog.testing import capture_logs

from data.store.open import open_store
from scheduler.fleet import leader
from scheduler.fleet.leader import Leadership, LeadershipLost, lead_in_turns, leading
from tests.peer import PATIENCE


def end_connections(url: str) -> None:
    """As if the database went away for a moment."""
    with psycopg.connect(url, autocommit=True) as db:
        db.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def test_one_service_leads_at_a_time_and_another_follows(postgres_url: str) -> None:
    async def work() -> None:
        order = list[str]()

        async def second() -> None:
            async with leading(postgres_url):
                order.append("second")

        async with asyncio.timeout(PATIENCE), leading(postgres_url) as leadership:
            other = asyncio.create_task(second())
            async with leadership.connection() as db:
                await db.execute("SELECT 1")
            order.append("first")
        async with asyncio.timeout(PATIENCE):
            await other
        assert order == ["first", "second"]

    asyncio.run(work())


def test_a_service_without_the_database_sends_nothing_as_leader(postgres_url: str) -> None:
    async def work() -> None:
        async with asyncio.timeout(PATIENCE), leading(postgres_url) as leadership:
            end_connections(postgres_url)
            with pytest.raises(LeadershipLost):
                await leadership.watch()
            with pytest.raises(LeadershipLost):
                async with leadership.connection() as db:
                    await db.execute("SELECT 1")

    asyncio.run(work())


def test_a_service_that_lost_the_lead_stops_and_leads_again_later(postgres_url: str) -> None:
    began, stopped = list[Leadership](), list[Leadership]()

    async def work() -> None:
        twice = asyncio.Event()

        async def lead(leadership: Leadership) -> None:
            began.append(leadership)
            if len(began) == 2:
                twice.set()
            else:
                await asyncio.to_thread(end_connections, postgres_url)
            try:
                await asyncio.Event().wait()
            finally:
                stopped.append(leadership)

        leads = asyncio.create_task(lead_in_turns(postgres_url, lead))
        async with asyncio.timeout(PATIENCE):
            await twice.wait()
            assert stopped == began[:1]
            leads.cancel()
            await asyncio.wait({leads})

    asyncio.run(work())
    assert stopped == began


def test_a_service_stopped_while_it_loses_the_lead_stops(postgres_url: str) -> None:
    async def work() -> None:
        begun = asyncio.Event()

        async def lead(leadership: Leadership) -> None:
            del leadership
            begun.set()
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError as error:
                raise LeadershipLost(error, 0.0) from error

        leads = asyncio.create_task(lead_in_turns(postgres_url, lead))
        async with asyncio.timeout(PATIENCE):
            await begun.wait()
            leads.cancel()
            await asyncio.wait({leads})
        assert leads.cancelled()

    asyncio.run(work())


def test_a_leader_of_a_read_only_database_leads_again_later(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leader, "REFUSAL_REST_SECONDS", 0.1)
    said = list[str]()

    async def work() -> None:
        twice = asyncio.Event()

        async def lead(leadership: Leadership) -> None:
            if said:
                twice.set()
                return
            async with leadership.connection() as db:
                await db.execute("SET default_transaction_read_only = on")
                try:
                    await db.execute("CREATE TABLE refused ()")
                except psycopg.Error as error:
                    said.append(str(error))
                    raise

        leading_in_turns = asyncio.create_task(lead_in_turns(postgres_url, lead))
        async with asyncio.timeout(PATIENCE):
            await twice.wait()
        leading_in_turns.cancel()
        await asyncio.wait({leading_in_turns})

    with capture_logs() as logs:
        asyncio.run(work())
    (lost,) = (one for one in logs if one["event"] == "no longer the leader")
    assert "it is read-only: use the address of the primary server" in lost["problem"]


def test_repeated_refusals_are_logged_once(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_store(postgres_url).close()
    monkeypatch.setattr(leader, "REFUSAL_REST_SECONDS", 0.01)
    tries = list[str]()

    def bring_up_to_date(url: str) -> None:
        tries.append(url)
        change = "DELETE FROM communique_migrations WHERE name = 'newer'"
        if len(tries) == 1:
            change = "INSERT INTO communique_migrations (name) VALUES ('newer')"
        if len(tries) in {1, 4}:
            with psycopg.connect(url, autocommit=True) as db:
                db.execute(change)
        open_store(url).close()

    monkeypatch.setattr(leader, "bring_up_to_date", bring_up_to_date)

    async def work() -> None:
        begun = asyncio.Event()

        async def lead(leadership: Leadership) -> None:
            del leadership
            begun.set()
            await asyncio.Event().wait()

        leads = asyncio.create_task(lead_in_turns(postgres_url, lead))
        async with asyncio.timeout(PATIENCE):
            await begun.wait()
        leads.cancel()
        await asyncio.wait({leads})

    with capture_logs() as logs:
        asyncio.run(work())
    assert [one["event"] for one in logs] == ["standing by", "no longer the leader", "leading"]
    assert len(tries) == 4


def test_waiting_for_a_database_is_logged_once_with_the_reason(postgres_url: str) -> None:
    absent = re.sub(r"/[^/?]+(?=\?|$)", "/absent", postgres_url)

    async def work() -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(3 * leader.LEADERSHIP_CHECK_SECONDS), leading(absent):
                pass

    with capture_logs() as logs:
        asyncio.run(work())
    assert [one["event"] for one in logs] == ["waiting for the database"]
    assert "absent" in logs[0]["problem"]


def test_a_leader_creates_the_tables_of_a_new_database(postgres_url: str) -> None:
    """Another database is under the same address, as after a disaster."""
    open_store(postgres_url).close()

    async def work() -> None:
        found = asyncio.get_running_loop().create_future()

        async def lead(leadership: Leadership) -> None:
            async with leadership.connection() as db:
                (row,) = await (await db.execute("SELECT to_regclass('hosts')::text")).fetchall()
            found.set_result(row[0])
            await asyncio.Event().wait()

        with psycopg.connect(postgres_url, autocommit=True) as db:
            db.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
        leads = asyncio.create_task(lead_in_turns(postgres_url, lead))
        async with asyncio.timeout(PATIENCE):
            assert await found == "hosts"
        leads.cancel()
        await asyncio.wait({leads})

    asyncio.run(work())
