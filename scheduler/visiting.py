"""Visits that are under way: a slow source holds up none but those of its batch and its host."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence

from scheduler.executor import batches, host_of
from spiders.loader import LoadedSource

Visit = Callable[[Sequence[LoadedSource]], Awaitable[None]]


class Visits:
    """Has sources visited by ``visit``, at no time two of one host; for tasks of ``group``."""

    def __init__(self, group: asyncio.TaskGroup, visit: Visit) -> None:
        self._group = group
        self._visit = visit
        self._waiting: dict[str, LoadedSource] = {}
        self._hosts: set[str] = set()

    def begin(self, sources: Iterable[LoadedSource]) -> None:
        """Visit sources in batches, each source as soon as no other of its host is visited."""
        self._waiting.update((source.id, source) for source in sources)
        free = [one for one in self._waiting.values() if host_of(one) not in self._hosts]
        for some in batches(free):
            for source in some:
                del self._waiting[source.id]
            hosts = {host_of(source) for source in some}
            self._hosts |= hosts
            self._group.create_task(self._run(some, hosts))

    async def _run(self, sources: Sequence[LoadedSource], hosts: set[str]) -> None:
        await self._visit(sources)
        self._hosts -= hosts
        self.begin(())
