"""A slow source holds up no other, and a host is never visited by two at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from scheduler.executor import BATCH
from scheduler.visiting import Visits
from spiders.loader import LoadedSource
from spiders.source import SourceFile


def source(name: str, host: str) -> LoadedSource:
    file = SourceFile(name=name, url=f"https://{host}/", timezone="UTC")
    return LoadedSource(name, Path(f"{name}.toml"), own=True, file=file)


def test_a_slow_source_holds_up_only_those_of_its_host() -> None:
    slow, near = source("slow", "a.example"), source("near", "a.example")
    other = source("other", "b.example")
    begun: list[list[str]] = []
    answered = asyncio.Event()
    came = {name: asyncio.Event() for name in ("slow", "near", "other")}

    async def visit(sources: Sequence[LoadedSource]) -> None:
        begun.append([one.id for one in sources])
        came[begun[-1][0]].set()
        if begun[-1] == ["slow"]:
            await answered.wait()

    async def work() -> None:
        async with asyncio.TaskGroup() as group:
            visits = Visits(group, visit)
            visits.begin([slow])
            visits.begin([near, other])
            visits.begin([near])
            await came["other"].wait()
            assert begun == [["slow"], ["other"]]
            answered.set()
            await came["near"].wait()
        # However often it came due meanwhile.
        assert begun == [["slow"], ["other"], ["near"]]

    asyncio.run(work())


def test_a_slow_source_holds_up_only_its_batch_of_those_that_come_due_together() -> None:
    every = [source(f"source-{number}", f"{number}.example") for number in range(BATCH + 2)]
    again = asyncio.Event()

    async def visit(sources: Sequence[LoadedSource]) -> None:
        if every[0] in sources:
            await again.wait()
        elif sources == (every[-1],):
            again.set()

    async def work() -> None:
        async with asyncio.timeout(10), asyncio.TaskGroup() as group:
            visits = Visits(group, visit)
            visits.begin(every)
            await asyncio.sleep(0)
            visits.begin(every[-1:])

    asyncio.run(work())
    assert again.is_set()
