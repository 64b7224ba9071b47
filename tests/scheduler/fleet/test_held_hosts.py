"""Visits to the due sources of a leased host, and the release of the host."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

from data.models import Run
from data.network.hosts import queue_of
from data.store.postgres.fleet_state import AskedVisit, Hosts
from data.text.urls import canonical_url
from scheduler.children.executor import Executor
from scheduler.fleet.held_hosts import HeldHosts
from scheduler.fleet.job_queue import pool_to
from scheduler.fleet.leases import Leases
from scheduler.home.home import Home, open_home
from tests.press_room import Room, listing_html, release_html, served
from tests.services import home_on

pytestmark = pytest.mark.usefixtures("forked_children")

HOUR = 3600.0
"""Seconds of leases that no test outlasts, on a busy machine either."""

PAGES, ROWS = 4, 14
"""Listing pages of the long room, and releases on each: more than the drafts that wait."""


def test_a_host_without_due_visits_keeps_its_request_interval(
    tmp_path: Path, postgres_url: str
) -> None:
    home = open_home(home_on(tmp_path / "home", postgres_url))
    home.plain_store().close()

    async def work() -> None:
        async with pool_to(postgres_url) as pool:
            hosts, executor = Hosts(pool), Executor(home)
            leases = Leases(hosts, executor.renew, executor.drop, seconds=HOUR)
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


def long_room(room: Room) -> list[str]:
    """Fill a room with several listing pages; the paths of its releases in their order."""
    paths = [f"/news/{number}.html" for number in range(1, PAGES * ROWS + 1)]
    for number, path in enumerate(paths, start=1):
        room.page(path, release_html(number))
    for page in range(1, PAGES + 1):
        numbers = [*range((page - 1) * ROWS + 1, page * ROWS + 1)]
        older = f'<a rel="next" href="/news/?page={page + 1}">Older</a>' if page < PAGES else ""
        room.page(listing_path(page), listing_html(numbers, more=older))
    return paths


def listing_path(page: int) -> str:
    """The path of a listing page, 1 for the first."""
    return "/news/" if page == 1 else f"/news/?page={page}"


async def visit_due(home: Home, room: Room, *, steal_at: str = "") -> Run:
    """Visit a room under a lease, which is stolen when ``steal_at`` is requested; the report."""
    runs = list[Run]()
    asked = [
        AskedVisit("harbour", queue_of(room.base), (home.sources / "harbour.toml").read_text())
    ]
    async with pool_to(home.store_url) as pool:
        hosts, executor = Hosts(pool), Executor(home)
        leases = Leases(hosts, executor.renew, executor.drop, seconds=HOUR)
        await leases.renew()
        lease = await leases.take(asked)
        assert lease
        held = HeldHosts(home, executor, hosts, leases, runs.append)
        visiting = asyncio.create_task(held.visit(lease))
        if steal_at:
            await asyncio.to_thread(room.wait_for, steal_at)
            async with pool.connection() as db:
                await db.execute(
                    "UPDATE hosts SET token = nextval('host_tokens'), next_due = now(),"
                    " rests_until = now()"
                )
            await leases.renew()
        await visiting
        await executor.close()
    (run,) = runs
    return run


@pytest.mark.thorough
def test_the_next_worker_continues_a_visit_that_lost_its_lease_during_a_walk(
    tmp_path: Path, postgres_url: str
) -> None:
    with served() as room:
        paths = long_room(room)
        home = open_home(home_on(tmp_path / "first", postgres_url, room))
        home.plain_store().close()
        # The lease is lost on the third page, after its first release was read.
        in_hand, held = paths[2 * ROWS + 1], threading.Event()
        room.answers[in_hand].hold = held
        lost = asyncio.run(visit_due(home, room, steal_at=in_hand))
        held.set()
        keys = [canonical_url(f"{room.base}{path}") for path in paths]
        with closing(home.plain_store()) as store:
            before = store.ids_at("harbour", keys)
        room.log.clear()
        other = open_home(home_on(tmp_path / "second", postgres_url, room))
        run = asyncio.run(visit_due(other, room))
        requested = Counter(path for path, _ in room.log)
        with closing(home.plain_store()) as store:
            stored, unread = store.ids_at("harbour", keys), store.unread("harbour")
            reports = store.runs("harbour", limit=9)
    assert [error.kind for error in lost.errors] == ["interrupted"]
    assert lost.new == len(before) > 0
    assert lost.pages >= 2 * ROWS
    # What was recorded stays, and what was not recorded is read at once, nothing twice.
    assert (len(stored), unread) == (len(paths), ())
    assert before.items() <= stored.items()
    assert (run.new, run.changed, run.errors) == (len(paths) - len(before), 0, ())
    assert {count for path, count in requested.items() if path != "/robots.txt"} == {1}
    # Listing pages that the first worker had passed are not requested again.
    listings = [page for page in range(1, PAGES + 1) if listing_path(page) in requested]
    assert listings == [1, 3, 4]
    recorded = {path for path, key in zip(paths, keys, strict=True) if key in before}
    assert recorded.isdisjoint(requested.keys() - {*paths[:ROWS]})
    assert [[error.kind for error in one.errors] for one in reports] == [[], ["interrupted"]]
