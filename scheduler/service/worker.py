"""One node of many: it visits the hosts that Procrastinate hands it, each under a lease.

It has no sources and no timetable, and publishes nothing. All that it needs of the service that
leads is in the database.
"""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Final

import psycopg
import structlog
from procrastinate.exceptions import ConnectorException
from psycopg_pool import AsyncConnectionPool

from data.errors import CommuniqueError, SourceError, StoreError
from data.health.evidence import CUT
from data.models import Lease, Run
from data.store.postgres.database.pool import failed
from data.store.postgres.hosts import AskedVisit, Hosts
from data.text.redaction import redacted
from scheduler.executors.fleet import TOPICS
from scheduler.executors.leases import SECONDS, Leases
from scheduler.executors.local import VISITS, Executor
from scheduler.executors.procrastinate import PATIENCE, app_of, pool_to, prepare, work
from scheduler.home import Home
from scheduler.service.systemd import READY, STOPPING, show_life, tell
from spiders.download.robots import gap_of
from spiders.sources.loader import LoadedSource, parse_source

LOOK: Final = 1.0
"""Seconds between two looks whether the database still answers."""

LOOK_AGAIN: Final = 5.0
"""Seconds between two looks for what became due of a host that is being visited: a visit may take
an hour, and its host be held so long."""

AGAIN: Final = 60.0
"""Seconds after a visit in which its source is not visited again while its host is held: one that
could not be made is due still."""

NEWER: Final = (
    "a newer version of Communique changed it meanwhile, to which this worker would do harm: "
    "update Communique here, too"
)

log = structlog.get_logger()


class DatabaseLost(CommuniqueError):
    """The database does not answer any more."""

    def __init__(self, url: str) -> None:
        super().__init__(
            f"the database {redacted(url)} did not answer for {PATIENCE:.0f} seconds: start the "
            "worker again once it does"
        )


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


class Worker:
    """Visits hosts for all services on the database of a HOME."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._url = home.store_url
        self._executor = Executor(home)
        self._stop = asyncio.Event()
        self._failed: CommuniqueError | None = None
        pool: AsyncConnectionPool[Any] = pool_to(self._url)
        self._pool = pool
        self._hosts = Hosts(pool)
        self._leases = Leases(self._hosts, self._renewed, self._drop)

    async def run(self) -> None:
        """Work until SIGTERM or SIGINT; then give back what is held.

        Raises StoreError, and DatabaseLost.
        """
        try:
            await self._run()
        except ConnectorException as error:
            raise self._lost(error.__cause__) from error
        except psycopg.Error as error:
            raise self._lost(error) from error

    def _lost(self, cause: BaseException | None) -> CommuniqueError:
        """What ended this worker: a database that refuses something is not gone."""
        if isinstance(cause, psycopg.Error) and not isinstance(cause, psycopg.OperationalError):
            return failed(self._url, cause)
        return DatabaseLost(self._url)

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop.set)
        # Brings the schema up to date, or refuses one that is newer.
        await asyncio.to_thread(self._home.plain_store)
        async with self._pool:
            await prepare(self._pool)
            await self._leases.renew()
            app = app_of(self._visit_host)
            async with app.open_async(self._pool):
                log.info("working", home=str(self._home.path), visits=VISITS)
                tell(READY)
                beside = [
                    asyncio.create_task(self._leases.renew_for_ever()),
                    asyncio.create_task(show_life()),
                    asyncio.create_task(self._watch()),
                ]
                working = asyncio.create_task(work(app, places=VISITS))
                stopping = asyncio.create_task(self._stop.wait())
                await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
                self._stop.set()
                tell(STOPPING)
                log.info("stopping")
                working.cancel()
                # Visits under way are cut, and their hosts given back.
                await self._executor.close()
                lost = isinstance(self._failed, DatabaseLost)
                await asyncio.wait({working}, timeout=0 if lost else SECONDS)
                for task in (*beside, stopping):
                    task.cancel()
        # What still asks for a connection is refused now that they are closed, and ends.
        await asyncio.wait({working}, timeout=SECONDS)
        error = None if working.cancelled() or not working.done() else working.exception()
        if self._failed:
            raise self._failed
        if error:
            raise error

    async def _watch(self) -> None:
        """End where the database is gone for too long, or is of a newer version."""
        while not self._stop.is_set():
            await asyncio.sleep(LOOK)
            if time.monotonic() - self._leases.renewed > PATIENCE:
                self._end(DatabaseLost(self._url))

    def _end(self, error: CommuniqueError) -> None:
        self._failed = self._failed or error
        self._stop.set()

    async def _renewed(self, until: float) -> None:
        """The leases were renewed: the database answers, and this loop turns."""
        self._home.alive.touch()
        await self._executor.renew(until)
        if await self._hosts.is_newer():
            self._end(StoreError(redacted(self._url), NEWER))

    def _drop(self, host: str) -> None:
        log.warning("a host was lost to another worker", host=host)
        self._executor.drop(host)

    async def _visit_host(self, host: str) -> None:
        """Visit what is due of a host, if it is due and nobody has it."""
        try:
            if self._stop.is_set() or await self._hosts.is_newer():
                return
            lease = await self._leases.claim(host)
            if lease:
                await self._visit_held(lease)
        except psycopg.Error as error:
            # The host is due still, or once its lease has run out.
            log.warning("a host was not visited", host=host, problem=redacted(str(error)))

    async def _visit_held(self, lease: Lease) -> None:
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
            # The leader could read it: it is of another version.
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
        log.info(
            "visited",
            source=run.source,
            found=run.found,
            new=run.new,
            changed=run.changed,
            seconds=round(run.seconds, 1),
            errors=[error.told for error in run.errors],
        )
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
                return max((gap_of(store, url, network) for url in urls), default=network.delay)
        except (StoreError, SourceError) as error:
            log.warning("how fast a host may be asked is unknown", host=host, problem=str(error))
            return None
