"""The leader queues visits for workers, and waits for their reports."""

from __future__ import annotations

import asyncio
from contextlib import closing
from pathlib import Path

import pytest

from data.clock import utc_now
from data.models import Run
from scheduler.fleet.fleet_executor import FleetExecutor
from scheduler.fleet.job_queue import pool_to
from scheduler.home.home import open_home
from spiders.sources.source_file import load_source
from tests.examples import thorough
from tests.peer import PATIENCE
from tests.press_room import served
from tests.services import home_on


@pytest.mark.parametrize(
    ("explicit", "removed"), [(True, False), (True, True), *thorough((False, False))]
)
def test_a_reload_cancels_visits_to_other_sources_except_explicit_visits_to_paused_ones(
    tmp_path: Path, postgres_url: str, *, explicit: bool, removed: bool
) -> None:
    with served() as room:
        home = open_home(home_on(tmp_path / "home", postgres_url, room))
    source = load_source(home.sources, "harbour")
    kept = explicit and not removed
    report = Run("harbour", utc_now(), 1.0)

    def keep_report() -> None:
        with closing(home.store()) as store:
            store.register(source.source)
            store.add_run(report)

    async def work() -> tuple[Run | BaseException]:
        async with pool_to(postgres_url) as pool:

            async def queued() -> list[str]:
                async with pool.connection() as db:
                    found = await db.execute("SELECT source FROM host_sources")
                    return [name for (name,) in await found.fetchall()]

            executor = FleetExecutor(home, pool)
            running = asyncio.create_task(executor.run())
            visit = asyncio.create_task(executor.visit(source, explicit=explicit))
            while not await queued():
                assert not running.done()
            if removed:
                source.path.unlink()
            # A paused or removed source is not in the list.
            await executor.take_in([])
            assert await queued() == ["harbour"] * kept
            await asyncio.to_thread(keep_report)
            found = await asyncio.gather(visit, return_exceptions=True)
            running.cancel()
            await asyncio.wait({running})
            return found

    async def in_time() -> tuple[Run | BaseException]:
        async with asyncio.timeout(PATIENCE):
            return await work()

    home.plain_store().close()
    (found,) = asyncio.run(in_time())
    assert found == report if kept else isinstance(found, asyncio.CancelledError)


def test_an_unexpected_error_of_the_reaper_ends_the_executor(
    tmp_path: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scheduler.fleet.job_queue.REAP_SECONDS", None)
    home = open_home(home_on(tmp_path / "home", postgres_url))
    home.plain_store().close()

    async def work() -> None:
        async with pool_to(postgres_url) as pool, asyncio.timeout(PATIENCE):
            await FleetExecutor(home, pool).run()

    with pytest.raises(TypeError):
        asyncio.run(work())
