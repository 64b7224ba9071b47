"""A host is visited by one worker at a time, by the clock of the database."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing

import psycopg
import pytest

from data.errors import LeaseLost, RenamedSource
from data.models import Lease, Run, Source
from data.models.source import DueHosts, duty_key
from data.store.postgres.fleet_state import (
    AskedVisit,
    Hosts,
    is_newer,
    keep_shared_file,
    runs_after,
    shared_file,
)
from data.store.postgres.store import PostgresStore
from scheduler.children.crawl_lines import OneConnection

HOST = "press.example"
HARBOUR = AskedVisit("harbour", HOST, 'name = "Harbour Board"')
NOON = dt.datetime(2026, 3, 2, 12, 0, tzinfo=dt.UTC)


@pytest.fixture
def store(postgres_url: str) -> Iterator[PostgresStore]:
    with closing(PostgresStore(postgres_url)) as opened:
        yield opened


Work = Callable[[Hosts], Awaitable[None]]


def done(url: str, work: Work) -> None:
    async def connected() -> None:
        async with await psycopg.AsyncConnection.connect(url, autocommit=True) as db:
            await work(Hosts(OneConnection(db)))

    asyncio.run(connected())


def set_back(url: str, host: str = HOST) -> None:
    """Let all that was to come of a host be over by now."""
    with psycopg.connect(url, autocommit=True) as db:
        db.execute(
            "UPDATE hosts SET next_due = now(), rests_until = '-infinity' WHERE host = %s", [host]
        )


def test_a_host_is_leased_by_one_worker_until_it_is_released(
    store: PostgresStore, postgres_url: str
) -> None:
    async def work(hosts: Hosts) -> None:
        assert await hosts.claim(HOST, seconds=30) is None
        await hosts.ask([HARBOUR])
        lease = await hosts.claim(HOST, seconds=30)
        assert lease
        assert lease.token > 0
        assert await hosts.claim(HOST, seconds=30) is None
        assert await hosts.due_visits(HOST) == [HARBOUR]
        assert await hosts.renew([lease, Lease("none.example", 7)], seconds=30) == {lease}
        store.settle_visit("harbour")
        assert await hosts.finish(lease, gap=1, rest=0)
        assert not await hosts.finish(lease, gap=1, rest=0)
        assert await hosts.due_visits(HOST) == []
        # Nothing of it is due any more.
        assert await hosts.claim(HOST, seconds=30) is None

    done(postgres_url, work)


def test_a_source_is_visited_from_the_claim_of_its_host_until_its_visit_is_settled(
    store: PostgresStore, postgres_url: str
) -> None:
    async def work(hosts: Hosts) -> None:
        await hosts.ask([HARBOUR])
        assert store.visited_now() == frozenset()
        lease = await hosts.claim(HOST, seconds=30)
        assert lease
        assert store.visited_now() == {"harbour"}
        store.settle_visit("harbour")
        assert store.visited_now() == frozenset()
        assert await hosts.finish(lease, gap=0, rest=0)

    done(postgres_url, work)


def test_a_host_rests_before_the_next_visit_in_any_case(
    store: PostgresStore, postgres_url: str
) -> None:
    del store

    async def work(hosts: Hosts) -> None:
        await hosts.ask([HARBOUR])
        lease = await hosts.claim(HOST, seconds=30)
        assert lease
        assert await hosts.finish(lease, gap=5, rest=600)
        await hosts.ask([AskedVisit("pilots", HOST, "")])
        assert await hosts.claim(HOST, seconds=30) is None
        set_back(postgres_url)
        assert await hosts.claim(HOST, seconds=30)
        assert [one.source for one in await hosts.due_visits(HOST)] == ["harbour", "pilots"]

    done(postgres_url, work)


def test_a_source_requested_during_a_visit_is_due_after_it(
    store: PostgresStore, postgres_url: str
) -> None:
    async def work(hosts: Hosts) -> None:
        await hosts.ask([HARBOUR])
        lease = await hosts.claim(HOST, seconds=30)
        assert lease
        await hosts.ask([AskedVisit("pilots", HOST, "")])
        store.settle_visit("harbour")
        assert await hosts.finish(lease, gap=0, rest=0)
        assert await hosts.claim(HOST, seconds=30)
        assert [one.source for one in await hosts.due_visits(HOST)] == ["pilots"]

    done(postgres_url, work)


def test_a_due_duty_is_taken_by_its_holder_and_due_again_on_request(
    store: PostgresStore, postgres_url: str
) -> None:
    del store
    row, publish = duty_key("publishing"), duty_key("publish")

    async def work(hosts: Hosts) -> None:
        await hosts.ask([AskedVisit(publish, row, ""), HARBOUR])
        # It is no source, and stays due whichever sources there are.
        await hosts.keep_sources(["pilots"])
        lease = await hosts.claim(row, seconds=30)
        assert lease
        assert await hosts.take_due(Lease(row, lease.token + 1)) == []
        assert await hosts.take_due(lease) == [publish]
        assert await hosts.take_due(lease) == []
        await hosts.ask([AskedVisit(publish, row, "")])
        assert await hosts.finish(lease, gap=0, rest=0)
        assert await hosts.take_due(lease) == []
        lease = await hosts.claim(row, seconds=30)
        assert lease
        assert await hosts.take_due(lease) == [publish]
        assert await hosts.due_visits(HOST) == []

    done(postgres_url, work)


def test_a_source_that_could_not_be_visited_is_put_off_alone(
    store: PostgresStore, postgres_url: str
) -> None:
    del store

    async def work(hosts: Hosts) -> None:
        await hosts.ask([HARBOUR])
        lease = await hosts.claim(HOST, seconds=30)
        assert lease
        await hosts.ask([AskedVisit("pilots", HOST, "")])
        assert await hosts.finish(lease, gap=0, rest=0, put_off=["harbour"])
        assert [one.source for one in await hosts.due_visits(HOST)] == ["pilots"]

    done(postgres_url, work)


def test_a_lease_that_ran_out_is_renewed_until_another_worker_gets_its_host(
    store: PostgresStore, postgres_url: str
) -> None:
    async def work(hosts: Hosts) -> None:
        await hosts.ask([HARBOUR])
        lease = await hosts.claim(HOST, seconds=30)
        assert lease
        set_back(postgres_url)
        assert await hosts.renew([lease], seconds=30) == {lease}
        assert await hosts.claim(HOST, seconds=30) is None
        store.leased(lease).add_run(Run("harbour", NOON, 1.0))

    done(postgres_url, work)


def test_a_lease_that_ran_out_is_another_worker_s_and_writes_nothing(
    store: PostgresStore, postgres_url: str
) -> None:
    async def work(hosts: Hosts) -> None:
        await hosts.ask([HARBOUR])
        lost = await hosts.claim(HOST, seconds=30)
        assert lost
        store.leased(lost).add_run(Run("harbour", NOON, 1.0))
        set_back(postgres_url)
        held = await hosts.claim(HOST, seconds=30)
        assert held
        with pytest.raises(LeaseLost, match=HOST):
            store.leased(lost).add_run(Run("harbour", NOON, 2.0))
        assert await hosts.renew([lost, held], seconds=30) == {held}
        assert not await hosts.finish(lost, gap=1, rest=0)
        store.leased(held).add_run(Run("harbour", NOON, 3.0))
        assert [run.seconds for run in (await runs_after(hosts.connections, 0)).values()] == [
            1.0,
            3.0,
        ]

    done(postgres_url, work)


@pytest.mark.parametrize(
    "change",
    [
        lambda store: store.rename_source("harbour", "port"),
        lambda store: store.remove_source("harbour", at=NOON, kept=False),
    ],
)
def test_a_visit_of_a_source_that_is_renamed_or_removed_writes_nothing_more(
    store: PostgresStore, postgres_url: str, change: Callable[[PostgresStore], bool]
) -> None:
    source = Source("harbour", "Harbour Board", f"https://{HOST}/", "UTC")
    store.register(source)

    async def work(hosts: Hosts) -> None:
        await hosts.ask([HARBOUR])
        lease = await hosts.claim(HOST, seconds=30)
        assert lease
        assert change(store)
        with pytest.raises((LeaseLost, RenamedSource)):
            store.leased(lease).register(source)
        assert await hosts.renew([lease], seconds=30) == frozenset()
        # It may be on its way to the host until its lease would have run out.
        assert await hosts.claim(HOST, seconds=30) is None
        set_back(postgres_url)
        lease = await hosts.claim(HOST, seconds=30)
        assert lease
        assert not change(store)
        assert await hosts.renew([lease], seconds=30) == {lease}

    done(postgres_url, work)


def test_removed_sources_are_not_due(store: PostgresStore, postgres_url: str) -> None:
    async def work(hosts: Hosts) -> None:
        await hosts.ask([HARBOUR, AskedVisit("pilots", HOST, "")])
        await hosts.keep_sources(["pilots"])
        assert [one.source for one in await hosts.due_visits(HOST)] == ["pilots"]
        due = store.due_hosts()
        assert due
        assert (due.number, due.seconds >= 0) == (1, True)
        await hosts.claim(HOST, seconds=30)
        assert store.due_hosts() == DueHosts(0, 0.0, held=1)

    assert store.due_hosts() is None

    done(postgres_url, work)


def test_files_of_the_leader_are_known_to_all(store: PostgresStore, postgres_url: str) -> None:
    del store

    async def work(hosts: Hosts) -> None:
        assert await shared_file(hosts.connections, "topics.toml") is None
        await keep_shared_file(hosts.connections, "topics.toml", "shipped = false")
        await keep_shared_file(hosts.connections, "topics.toml", "shipped = true")
        assert await shared_file(hosts.connections, "topics.toml") == "shipped = true"
        await keep_shared_file(hosts.connections, "topics.toml", None)
        assert await shared_file(hosts.connections, "topics.toml") is None

    done(postgres_url, work)


def test_a_schema_of_a_newer_version_is_noticed(store: PostgresStore, postgres_url: str) -> None:
    del store

    async def work(hosts: Hosts) -> None:
        assert not await is_newer(hosts.connections)
        with psycopg.connect(postgres_url, autocommit=True) as db:
            db.execute("INSERT INTO communique_migrations (name) VALUES ('of tomorrow')")
        assert await is_newer(hosts.connections)

    done(postgres_url, work)
