"""Visits what is due of hosts that this machine holds, and lets go of each host after it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Final

import psycopg
import structlog

from data.errors import SourceError, StoreError
from data.health.evidence import CUT
from data.models import Lease, Run
from data.store.postgres.hosts import AskedVisit, Hosts
from data.text.redaction import redacted
from scheduler.executors.fleet import TOPICS
from scheduler.executors.leases import Leases
from scheduler.executors.local import Executor
from scheduler.home import Home
from spiders.download.robots.rules import gap_of
from spiders.sources.loader import LoadedSource, parse_source

LOOK_AGAIN: Final = 5.0
"""Seconds between two looks for what became due of a host that is being visited: a visit may take
an hour, and its host be held so long."""

AGAIN: Final = 60.0
"""Seconds after a visit in which its source is not visited again while its host is held: one that
could not be made is due still."""

log = structlog.get_logger()


def was_cut(run: Run | None) -> bool:
    """Whether we ended a visit before its end."""
    return run is not None and any(error.kind == CUT for error in run.errors)


@dataclass(frozen=True, slots=True)
class HostVisit:
    """A visit to one source of a host that is held; ``over`` is when it was, by time.monotonic."""

    asked: AskedVisit
    run: Run | None
    over: float

    @property
    def is_fresh(self) -> bool:
        """Whether it is too early for another one."""
        return time.monotonic() - self.over < AGAIN


class HeldHosts:
    """What an executor visits of hosts under their leases; each report is ``told``."""

    def __init__(
        self,
        home: Home,
        executor: Executor,
        hosts: Hosts,
        leases: Leases,
        told: Callable[[Run], object],
    ) -> None:
        self._home = home
        self._executor = executor
        self._hosts = hosts
        self._leases = leases
        self._told = told

    async def visit(self, lease: Lease) -> None:
        """Make the visits that are due of a host, and let go of it. Raises psycopg.Error."""
        try:
            visits = await self._visit_due(lease)
            asked = [one.asked for one in visits]
            gap = await asyncio.to_thread(self._gap, lease.host, asked)
        except BaseException:
            self._leases.forget(lease)
            raise
        await self._leases.finish(
            lease,
            gap=gap,
            rest=max((self._unanswered(one.run) for one in visits), default=0.0),
            # What we cut short goes on at once; a visit that could not be made would fail again.
            put_off=[one.asked.source for one in visits if not was_cut(one.run)],
        )

    async def _visit_due(self, lease: Lease) -> list[HostVisit]:
        """Visit what is due of a host, and what becomes due meanwhile; the last of each source."""
        under_way: dict[asyncio.Task[Run | None], AskedVisit] = {}
        ended: dict[str, HostVisit] = {}
        due = await self._due(lease)
        try:
            while due or under_way:
                for one in due:
                    under_way[asyncio.create_task(self._visit(one, lease))] = one
                done, _ = await asyncio.wait(
                    under_way, timeout=LOOK_AGAIN, return_when=asyncio.FIRST_COMPLETED
                )
                for task in done:
                    asked = under_way.pop(task)
                    ended[asked.source] = HostVisit(asked, task.result(), time.monotonic())
                due = []
                # Where one was cut short, the host is given up, or this worker ends.
                if under_way and not any(was_cut(one.run) for one in ended.values()):
                    busy = {one.source for one in under_way.values()}
                    busy |= {one.asked.source for one in ended.values() if one.is_fresh}
                    due = [one for one in await self._newly_due(lease) if one.source not in busy]
        finally:
            for task in under_way:
                task.cancel()
        return [*ended.values()]

    async def _newly_due(self, lease: Lease) -> Sequence[AskedVisit]:
        """The same, amid visits, which go on where the database can't be asked."""
        try:
            return await self._due(lease)
        except psycopg.Error as error:
            log.warning("what is due is not known", host=lease.host, problem=redacted(str(error)))
            return []

    async def _due(self, lease: Lease) -> Sequence[AskedVisit]:
        """What is due of a host, by the topics that the leader has now."""
        due = await self._hosts.due_visits(lease.host)
        if due:
            self._executor.topics = await self._hosts.file(TOPICS)
        return due

    async def _visit(self, asked: AskedVisit, lease: Lease) -> Run | None:
        path = self._home.sources / f"{asked.source}.toml"
        try:
            file = parse_source(asked.file, str(path))
        except SourceError as error:
            # Who asked for it could read it, and is of another version.
            log.error("a source can't be visited", problem=str(error))  # noqa: TRY400 - no bug
            return None
        run = await self._executor.visit(
            LoadedSource(asked.source, path, own=True, file=file),
            explicit=asked.explicit,
            backfill=asked.backfill,
            accept=asked.accept,
            lease=lease,
            file=asked.file,
        )
        self._told(run)
        return run

    def _unanswered(self, run: Run | None) -> float:
        """For how many seconds an answer may come that a visit asked for and did not await."""
        late = run and any(error.kind == "timeout" for error in run.errors)
        return self._home.settings.network.timeout if late else 0.0

    def _gap(self, host: str, due: Sequence[AskedVisit]) -> float | None:
        """The seconds that a host wants between two requests, where the store can be asked."""
        network = self._home.settings.network
        try:
            with closing(self._home.plain_store()) as store:
                urls = [parse_source(one.file, one.source).url for one in due]
                return max((gap_of(store, url, network) for url in urls), default=None)
        except (StoreError, SourceError) as error:
            log.warning("how fast a host may be asked is unknown", host=host, problem=str(error))
            return None
