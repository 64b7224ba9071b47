"""A page whose reading never ends costs its source that page, and other sources nothing."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from data.models import Run
from scheduler.children.executor import Executor
from scheduler.home.home import Home, open_home
from spiders.sources.source_file import load_sources
from tests.examples import thorough
from tests.hanging_python import (
    COOKIES,
    CRASH,
    LOOP,
    NATIVE,
    NATIVE_COOKIES,
    NATIVE_ROBOTS,
    RECORD,
    ROBOTS,
    hanging_python,
)
from tests.press_room import Room, listing_html, release_html, served

GOOD = ("pier",)


@pytest.fixture(autouse=True)
def hanging(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Lets crawls run where some pages never end."""
    monkeypatch.setattr(sys, "executable", hanging_python(tmp_path))


@pytest.fixture
def rooms() -> Iterator[list[Room]]:
    """Two rooms, of which the first gets a page that never ends."""
    with served() as bad, served() as pier:
        yield [bad, pier]


def home_of(folder: Path, rooms: list[Room], kind: str) -> Home:
    """A HOME with the sources ``bad`` and ``pier`` of three releases each.

    The second release of ``bad`` never ends, in the way that ``kind`` says.
    """
    (folder / "sources").mkdir(parents=True)
    (folder / "communique.toml").write_text("[network]\nallow_private = true\n")
    for name, room in zip(("bad", *GOOD), rooms, strict=True):
        (folder / f"sources/{name}.toml").write_text(
            f'name = "{name}"\nurl = "{room.base}/news/"\ntimezone = "UTC"\n'
        )
        paths = [f"/news/{number}.html" for number in (1, 2, 3)]
        if name == "bad":
            paths[1] = f"/news/{kind}-2.html"
        room.page("/news/", listing_html([1, 2, 3]).replace("/news/2.html", paths[1]))
        for number, path in enumerate(paths, start=1):
            room.page(path, release_html(number))
    return open_home(folder)


async def visited(executor: Executor, home: Home, *, explicit: bool = False) -> dict[str, Run]:
    """The reports of a visit to each source, by their ids."""
    sources = load_sources(home.sources)[0].values()
    runs = await asyncio.gather(*(executor.visit(one, explicit=explicit) for one in sources))
    return {run.source: run for run in runs}


@pytest.mark.parametrize("kind", [LOOP, *thorough(NATIVE, CRASH, RECORD, COOKIES, NATIVE_COOKIES)])
def test_a_page_that_never_ends_is_an_error_and_other_pages_are_collected(
    tmp_path: Path, rooms: list[Room], kind: str
) -> None:
    home = home_of(tmp_path / "home", rooms, kind)

    async def work() -> list[dict[str, Run]]:
        executor = Executor(home)
        runs = [await visited(executor, home), await visited(executor, home)]
        await executor.close()
        return runs

    first, second = asyncio.run(work())
    for name in GOOD:
        assert (first[name].new, first[name].errors) == (3, ())
        assert (second[name].new, second[name].errors) == (0, ())
    (error,) = first["bad"].errors
    assert (error.kind, error.url) == ("slow", f"{rooms[0].base}/news/{kind}-2.html")
    assert ("SIGSEGV" if kind == CRASH else "CPU time") in error.message
    # The next visit skips the page, and continues with the others.
    assert [one.kind for one in second["bad"].errors] == ["slow:skipped"]
    assert first["bad"].new + second["bad"].new == 2


@pytest.mark.thorough
@pytest.mark.parametrize("kind", [ROBOTS, *thorough(NATIVE_ROBOTS)])
def test_a_robots_txt_that_never_ends_is_an_error_and_other_sources_are_collected(
    tmp_path: Path, rooms: list[Room], kind: str
) -> None:
    home = home_of(tmp_path / "home", rooms, "plain")
    rooms[0].page("/robots.txt", f"User-agent: {kind}\n", content_type="text/plain")

    async def work() -> dict[str, Run]:
        executor = Executor(home)
        runs = await visited(executor, home)
        await executor.close()
        return runs

    first, second = asyncio.run(work()), asyncio.run(work())
    for name in GOOD:
        assert (first[name].new, first[name].errors) == (3, ())
    (error,) = first["bad"].errors
    assert (error.kind, error.url) == ("slow", f"{rooms[0].base}/robots.txt")
    # Later processes do not parse it, and request nothing without it.
    assert [one.kind for one in second["bad"].errors] == ["slow:skipped"]
    assert (first["bad"].new, second["bad"].new) == (0, 0)


@pytest.mark.thorough
def test_a_requested_visit_reads_a_slow_page_again_without_delaying_others(
    tmp_path: Path, rooms: list[Room]
) -> None:
    home = home_of(tmp_path / "home", rooms, LOOP)

    async def work(*, explicit: bool) -> dict[str, Run]:
        # Another process knows of the page by the reports in the store alone.
        executor = Executor(home)
        runs = await visited(executor, home, explicit=explicit)
        await executor.close()
        return runs

    asyncio.run(work(explicit=False))
    runs = asyncio.run(work(explicit=True))
    assert [error.kind for error in runs["bad"].errors] == ["slow"]
    with closing(home.plain_store()) as store:
        newest = store.runs("bad", limit=2)
        # It was not read beside others: the visit was moved before.
        assert [[error.kind for error in run.errors] for run in newest] == [
            ["slow"],
            ["slow:moved", "interrupted"],
        ]
