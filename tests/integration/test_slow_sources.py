"""A source that answers slowly, or never, holds up no other and is stopped by its own deadline."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from data.models import Run
from data.network.hosts import queue_of
from scheduler.children.child import Child
from scheduler.children.crawl_lines import CrawlStart, VisitJob
from scheduler.children.executor import MAX_VISITS, MAX_VISITS_PER_HOST, NOT_BEGUN, Executor
from scheduler.home.home import Home, open_home
from spiders.sources.source_file import LoadedSource, load_sources
from tests.press_room import Answer, Room, listing_html, release_html, served

pytestmark = pytest.mark.usefixtures("forked_children")

SLOW, GOOD = ("slow-1", "slow-2"), ("good-1", "good-2", "good-3")


@pytest.fixture
def rooms() -> Iterator[dict[str, Room]]:
    """Two rooms whose releases never answer, and three that do."""
    never = threading.Event()
    with ExitStack() as stack:
        found = {name: stack.enter_context(served()) for name in (*SLOW, *GOOD)}
        for name, room in found.items():
            room.page("/news/", listing_html([1, 2]))
            for number in (1, 2):
                page = Answer(release_html(number).encode(), hold=never if name in SLOW else None)
                room.answers[f"/news/{number}.html"] = page
        yield found
        never.set()


def home_of(folder: Path, rooms: dict[str, Room], **collect: int) -> Home:
    """A HOME with a source for each room, and settings for visits."""
    (folder / "sources").mkdir(parents=True)
    settings = ["[network]", "allow_private = true", "[collect]"]
    settings += [f"{name} = {value}" for name, value in collect.items()]
    (folder / "communique.toml").write_text("\n".join(settings) + "\n")
    for name, room in rooms.items():
        (folder / "sources" / f"{name}.toml").write_text(
            f'name = "{name}"\nurl = "{room.base}/news/"\ntimezone = "UTC"\n'
        )
    return open_home(folder)


def test_sources_beside_slow_ones_are_visited_again_and_again(
    tmp_path: Path, rooms: dict[str, Room]
) -> None:
    home = home_of(tmp_path / "home", rooms)
    sources = load_sources(home.sources)[0]

    async def work() -> list[Run]:
        executor = Executor(home)
        slow = [asyncio.create_task(executor.visit(sources[name])) for name in SLOW]
        for name in SLOW:
            await asyncio.to_thread(rooms[name].wait_for, "/news/1.html")
        found = []
        for _ in range(3):
            found += await asyncio.gather(*(executor.visit(sources[name]) for name in GOOD))
        assert not any(one.done() for one in slow)
        await executor.close()
        found += await asyncio.gather(*slow)
        return found

    runs = asyncio.run(work())
    good = [run for run in runs if run.source in GOOD]
    assert [run.new for run in good] == [2] * 3 + [0] * 6
    assert not any(run.errors for run in good)
    # What the slow ones had to say is told at the end, and why it is not all.
    for run in runs[-2:]:
        assert (run.found, [error.kind for error in run.errors]) == (2, ["interrupted"])


def crowded(folder: Path, rooms: dict[str, Room], number: int) -> tuple[Home, list[LoadedSource]]:
    """A HOME with so many sources of one slow host, and these; and one of another host."""
    home = home_of(folder, {"good-1": rooms["good-1"]})
    names = [f"crowd-{count}" for count in range(number)]
    for name in names:
        (home.sources / f"{name}.toml").write_text(
            f'name = "{name}"\nurl = "{rooms["slow-1"].base}/news/"\ntimezone = "UTC"\n'
        )
    loaded = load_sources(home.sources)[0]
    return home, [loaded[name] for name in names]


def test_a_host_of_very_many_sources_leaves_places_to_the_others(
    tmp_path: Path, rooms: dict[str, Room]
) -> None:
    home, crowd = crowded(tmp_path / "home", rooms, MAX_VISITS)
    good = load_sources(home.sources)[0]["good-1"]

    async def work() -> tuple[Run, list[Run]]:
        executor = Executor(home)
        slow = [asyncio.create_task(executor.visit(source)) for source in crowd]
        await asyncio.to_thread(rooms["slow-1"].wait_for, "/news/1.html")
        async with asyncio.timeout(60):
            run = await executor.visit(good)
        await executor.close()
        return run, await asyncio.gather(*slow)

    run, cut = asyncio.run(work())
    assert (run.new, run.errors) == (2, ())
    # Those that waited for their turn did not begin when all was closed.
    assert {error.kind for run in cut for error in run.errors} == {"interrupted"}
    assert len(cut) == MAX_VISITS
    assert len(rooms["slow-1"].statuses("/news/")) <= MAX_VISITS_PER_HOST


def test_of_a_host_that_is_lost_no_visit_begins_that_waited_for_its_turn(
    tmp_path: Path, rooms: dict[str, Room]
) -> None:
    home, crowd = crowded(tmp_path / "home", rooms, MAX_VISITS_PER_HOST + 1)

    async def work() -> list[Run]:
        executor = Executor(home)
        visits = [asyncio.create_task(executor.visit(source)) for source in crowd]
        await asyncio.to_thread(rooms["slow-1"].wait_for, "/news/1.html")
        executor.drop(queue_of(rooms["slow-1"].base))
        found = await asyncio.gather(*visits)
        await executor.close()
        return found

    *_, waited = asyncio.run(work())
    assert [(error.kind, error.message) for error in waited.errors] == [("interrupted", NOT_BEGUN)]


def test_a_visit_is_stopped_by_its_own_deadline_and_the_others_of_its_child_go_on(
    tmp_path: Path, rooms: dict[str, Room]
) -> None:
    few = {name: rooms[name] for name in ("slow-1", "good-1")}
    home = home_of(tmp_path / "home", few, run_timeout=5)
    sources: dict[str, LoadedSource] = dict(load_sources(home.sources)[0])
    slow, good = asyncio.run(Executor(home).visit_all([sources["slow-1"], sources["good-1"]]))
    assert [error.kind for error in slow.errors] == ["timeout"]
    assert "run_timeout" in slow.errors[0].message
    assert (good.new, good.errors) == (2, ())
    with home.lock("source-slow-1", "a test"):
        # Its source is free again, and so is its place in the child.
        assert slow.found == 2


def test_pending_requests_of_a_stopped_visit_do_not_delay_the_end_of_its_child(
    tmp_path: Path, rooms: dict[str, Room]
) -> None:
    home = home_of(tmp_path / "home", {"slow-1": rooms["slow-1"]}, run_timeout=1)

    async def work() -> int:
        child = await Child.start("scheduler.children.crawl")
        await child.say(CrawlStart(str(home.path)))
        await child.say(VisitJob("slow-1"))
        while "run" not in await child.hear(dict[str, object]):
            pass
        return await child.end()

    # Else it would be killed, in the middle of what it does.
    assert asyncio.run(work()) == 0
