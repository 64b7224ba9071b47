"""Visits of one process, by real children, to a real press room."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from data.models import Run
from scheduler.children.child import CHILD_NICENESS
from scheduler.children.crawl_child import CrawlChild
from scheduler.children.crawl_lines import Progress
from scheduler.children.executor import MAX_ATTEMPTS, NOT_BEGUN, Executor
from scheduler.home.home import Home, open_home
from spiders.sources.source_file import load_source
from tests.command import collect, communique, make_home
from tests.examples import thorough
from tests.peer import PATIENCE
from tests.press_room import Answer, Room, listing_html, release_html, served


@pytest.mark.usefixtures("forked_children")
def test_a_second_visit_to_a_source_waits_for_the_first(tmp_path: Path) -> None:
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


@pytest.mark.parametrize(
    "line",
    [
        '{"run": {}}',
        *thorough('{"pages": 1}', '{"source": "harbour", "pages": "many"}'),
        '{"source": "harbour", "pages": 1, "awaited": 0, "new": 0, "changed": 0}',
    ],
)
def test_a_visit_ends_with_an_error_if_a_line_of_its_process_cannot_be_processed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\nread start\nread job\necho '{line}'\nread end\n")
    program.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(program))
    home = open_home(make_home(tmp_path / "home", "http://127.0.0.1:9/"))

    def fail(_: Progress) -> None:
        raise ValueError("no terminal")

    async def work() -> Run:
        async with asyncio.timeout(PATIENCE):
            source = load_source(home.sources, "harbour")
            (run,) = await Executor(home).visit_all([source], on_progress=fail)
            return run

    (error,) = asyncio.run(work()).errors
    assert error.kind == "crawl"
    assert "can't be processed" in error.message


@pytest.mark.thorough
@pytest.mark.parametrize(("backfill", "added"), [(True, CHILD_NICENESS), *thorough((False, 0))])
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
            found = [os.getpriority(os.PRIO_PROCESS, process) for process in crawls()]
            held.set()
            await visit
            await executor.close()
            return found

        own = os.getpriority(os.PRIO_PROCESS, 0)
        assert asyncio.run(work()) == [min(own + added, 19)]


@pytest.mark.usefixtures("forked_children")
def test_visits_whose_process_is_killed_keep_their_progress_and_begin_again(
    tmp_path: Path,
) -> None:
    with held_room(tmp_path) as (room, held, home):
        source = load_source(home.sources, "harbour")

        async def work() -> Run:
            reported = asyncio.Event()
            executor = Executor(home)

            def note(progress: Progress) -> None:
                assert progress.source == source.id
                if progress.pages:
                    reported.set()

            visit = asyncio.create_task(executor.visit(source, on_progress=note))
            await reported.wait()
            await asyncio.to_thread(room.wait_for, "/news/2.html")
            (process,) = crawls()
            os.kill(process, signal.SIGKILL)
            held.set()
            run = await visit
            await executor.close()
            return run

        run = asyncio.run(work())
        with closing(home.plain_store()) as store:
            second, first = store.runs("harbour", limit=9)
    assert first.pages >= 1
    assert [error.kind for error in first.errors] == ["interrupted"]
    assert (second.new, second.errors) == (3, ())
    assert (run.new, run.pages, run.errors) == (3, first.pages + second.pages, ())


@pytest.mark.usefixtures("forked_children")
def test_a_visit_whose_process_is_always_killed_is_an_error_and_the_next_continues(
    tmp_path: Path,
) -> None:
    with held_room(tmp_path) as (room, held, home):
        source = load_source(home.sources, "harbour")

        async def work() -> Run:
            executor = Executor(home)
            visit = asyncio.create_task(executor.visit(source))
            killed = set[int]()
            for begun in range(1, MAX_ATTEMPTS + 1):
                await asyncio.to_thread(room.wait_for, "/news/2.html", times=begun)
                (process,) = {*crawls()} - killed
                os.kill(process, signal.SIGKILL)
                killed.add(process)
            run = await visit
            await executor.close()
            return run

        run = asyncio.run(work())
        assert [error.kind for error in run.errors] == ["crawl"]
        assert "SIGKILL" in run.errors[0].message
        assert "SIGKILL" in communique("health", home=home.path).stdout
        held.set()
        room.answers["/news/2.html"].hold = None
        after = collect(home.path)
    assert (after["errors"], after["history"]) == ([], "complete")
    lines = communique("export", home=home.path).stdout.splitlines()
    assert len({json.loads(line)["url"] for line in lines}) == len(lines) == 3
    assert "ok" in communique("health", home=home.path).stdout


@pytest.mark.thorough
def test_a_child_that_is_starting_when_the_executor_closes_ends_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would visit on, and nobody would wait for it."""
    home = open_home(make_home(tmp_path / "home", "http://127.0.0.1:9/news/"))
    source = load_source(home.sources, "harbour")
    start = CrawlChild.start

    async def work() -> Run:
        started, closing_begins = asyncio.Event(), asyncio.Event()

        async def slow(*arguments: Any, **named: Any) -> CrawlChild:
            child = await start(*arguments, **named)
            started.set()
            await closing_begins.wait()
            return child

        monkeypatch.setattr(CrawlChild, "start", slow)
        executor = Executor(home)
        visit = asyncio.create_task(executor.visit(source))
        await started.wait()
        close = asyncio.create_task(executor.close())
        await asyncio.sleep(0)  # it begins
        closing_begins.set()
        async with asyncio.timeout(PATIENCE):
            await close
            assert crawls() == []
            return await visit

    run = asyncio.run(work())
    assert [error.message for error in run.errors] == [NOT_BEGUN]


@contextmanager
def held_room(folder: Path) -> Iterator[tuple[Room, threading.Event, Home]]:
    """A press room of three releases, of which the second waits for an event, and a HOME for it."""
    with served() as room:
        room.page("/news/", listing_html([3, 2, 1]))
        for number in (1, 2, 3):
            room.page(f"/news/{number}.html", release_html(number))
        held = room.answers["/news/2.html"].hold = threading.Event()
        yield room, held, open_home(make_home(folder / "home", f"{room.base}/news/"))


def crawls() -> list[int]:
    """The process id of each crawl that this process started."""
    return [
        process
        for task in Path("/proc/self/task").glob("*/children")
        for process in map(int, task.read_text().split())
        if b"scheduler.children.crawl" in Path(f"/proc/{process}/cmdline").read_bytes()
    ]
