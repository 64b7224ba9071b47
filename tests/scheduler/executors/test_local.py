"""Visits of one process, by real children, to a real press room."""

from __future__ import annotations

import asyncio
import os
import threading
from pathlib import Path

import pytest

from scheduler.executors.local import Executor
from scheduler.home import open_home
from scheduler.jobs.child import NICE
from spiders.sources.loader import load_source
from tests.command import make_home
from tests.peer import PATIENCE
from tests.press_room import Answer, listing_html, release_html, served


def test_a_source_is_visited_again_once_the_visit_that_is_under_way_is_over(tmp_path: Path) -> None:
    with served() as room:
        room.page("/news/", listing_html([1]))
        held = threading.Event()
        room.answers["/news/1.html"] = Answer(release_html(1).encode(), hold=held)
        home = open_home(make_home(tmp_path / "home", f"{room.base}/news/"))
        source = load_source(home.sources, "harbour")

        async def work() -> None:
            executor = Executor(home)
            first = asyncio.create_task(executor.visit(source))
            await asyncio.to_thread(room.wait_for, "/news/1.html")
            second = asyncio.create_task(executor.visit(source))
            await asyncio.sleep(0)  # it begins
            held.set()
            async with asyncio.timeout(PATIENCE):
                found = [
                    (run.new, run.unchanged, run.errors) for run in (await first, await second)
                ]
            await executor.close()
            assert found == [(1, 0, ()), (0, 1, ())]

        asyncio.run(work())


@pytest.mark.parametrize(("backfill", "added"), [(False, 0), (True, NICE)])
def test_only_a_backfill_runs_at_a_lower_priority(
    tmp_path: Path, *, backfill: bool, added: int
) -> None:
    """Children that a person or a due visit waits for started too late beside other programs."""
    with served() as room:
        room.page("/news/", listing_html([1]))
        held = threading.Event()
        room.answers["/news/1.html"] = Answer(release_html(1).encode(), hold=held)
        home = open_home(make_home(tmp_path / "home", f"{room.base}/news/"))
        source = load_source(home.sources, "harbour")

        async def work() -> list[int]:
            executor = Executor(home)
            visit = asyncio.create_task(executor.visit(source, backfill=backfill))
            await asyncio.to_thread(room.wait_for, "/news/1.html")
            found = niceness_of_crawls()
            held.set()
            await visit
            await executor.close()
            return found

        own = os.getpriority(os.PRIO_PROCESS, 0)
        assert asyncio.run(work()) == [min(own + added, 19)]


def niceness_of_crawls() -> list[int]:
    """The niceness of each crawl that this process started."""
    return [
        os.getpriority(os.PRIO_PROCESS, process)
        for task in Path("/proc/self/task").glob("*/children")
        for process in map(int, task.read_text().split())
        if b"scheduler.jobs.crawl" in Path(f"/proc/{process}/cmdline").read_bytes()
    ]
