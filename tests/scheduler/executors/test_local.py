"""Visits of one process, by real children, to a real press room."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

from scheduler.executors.local import Executor
from scheduler.home import open_home
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
