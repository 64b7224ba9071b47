"""The child that publishes for the service answers once for each time, and may die."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import uvloop

from scheduler.children import NICE
from scheduler.home import open_home
from scheduler.publisher import Publisher
from tests.command import collect, make_home
from tests.press_room import listing_html, release_html, served


def test_what_changed_is_published_once(tmp_path: Path) -> None:
    with served() as room:
        room.page("/news/", listing_html([1]))
        room.page("/news/1.html", release_html(1))
        folder = make_home(tmp_path / "home", f"{room.base}/news/")
        collect(folder)

    async def work() -> None:
        publisher = Publisher(open_home(folder))
        try:
            first = await publisher.publish()
            assert first.written > 10
            assert first.errors == ()
            assert (await publisher.publish()).written == 0
        finally:
            await publisher.close()

    uvloop.run(work())
    assert "<entry" in (folder / "site/feeds/all.atom").read_text("utf-8")


def test_a_publication_that_nobody_waited_for_answers_no_other(tmp_path: Path) -> None:
    async def work() -> None:
        publisher = Publisher(open_home(tmp_path))
        try:
            given_up = asyncio.create_task(publisher.publish())
            await asyncio.sleep(0)
            given_up.cancel()
            # The first time all is written; this is the answer to the second.
            assert (await publisher.publish()).written == 0
        finally:
            await publisher.close()

    uvloop.run(work())


def test_a_child_that_dies_is_told_of_and_replaced(tmp_path: Path) -> None:
    async def work() -> None:
        publisher = Publisher(open_home(tmp_path))
        try:
            await publisher.publish()
            child = publisher.child
            assert child is not None
            os.kill(child, signal.SIGKILL)
            (error,) = (await publisher.publish()).errors
            assert "code -9" in error
            assert (await publisher.publish()).errors == ()
        finally:
            await publisher.close()

    uvloop.run(work())


def group_niceness(process: int) -> int | None:
    """How much the session of a process stands back, where the system tells and takes that.

    It takes such a change at any time from root, from others one in a tenth of a second.
    """
    group = Path(f"/proc/{process}/autogroup")
    said = group.read_text("ascii") if os.geteuid() == 0 and group.exists() else ""
    return int(said.split()[-1]) if said else None


def test_a_child_stands_back_for_readers(tmp_path: Path) -> None:
    async def work() -> None:
        publisher = Publisher(open_home(tmp_path))
        try:
            await publisher.publish()
            child = publisher.child
            assert child is not None
            nice = os.getpriority(os.PRIO_PROCESS, child)
            assert nice == min(os.getpriority(os.PRIO_PROCESS, 0) + NICE, 19)
            # Where sessions are weighed against each other, its own counts as little.
            assert group_niceness(child) in {None, nice}
        finally:
            await publisher.close()

    uvloop.run(work())
