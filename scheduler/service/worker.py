"""One node of many: it visits the hosts that Procrastinate hands it, each under a lease.

It has no sources and no timetable, and publishes nothing. All that it needs of the service that
leads is in the database.
"""

from __future__ import annotations

import asyncio
import signal
from typing import Any, Final

import psycopg
import structlog
from procrastinate.exceptions import ConnectorException
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from data.errors import CommuniqueError, StoreError
from data.store.postgres.database.pool import GONE, failed
from data.store.postgres.hosts import Hosts
from data.text.redaction import redacted
from scheduler.executors.held_hosts import HeldHosts
from scheduler.executors.leases import SECONDS, Leases
from scheduler.executors.local import VISITS, Executor
from scheduler.executors.procrastinate import PATIENCE, app_of, pool_to, prepare, work
from scheduler.home import Home
from scheduler.logs import log_visit
from scheduler.service.systemd import READY, STOPPING, show_life, tell

LOOK: Final = 1.0
"""Seconds between two looks whether the database still answers."""

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
        self._held = HeldHosts(home, self._executor, self._hosts, self._leases, log_visit)

    async def run(self) -> None:
        """Work until SIGTERM or SIGINT; then give back what is held.

        Raises StoreError, and DatabaseLost.
        """
        try:
            await self._run()
        except ConnectorException as error:
            raise self._lost(error.__cause__) from error
        except (psycopg.Error, DatabaseLost) as error:
            raise self._lost(error) from error
        finally:
            self._home.alive.unlink(missing_ok=True)

    def _lost(self, cause: BaseException | None) -> CommuniqueError:
        """What ended this worker: a database that refuses something is not gone."""
        if isinstance(cause, psycopg.Error) and not isinstance(cause, psycopg.OperationalError):
            return failed(self._url, cause)
        # One that refuses the password does not answer either.
        why = failed(self._url, PoolTimeout())
        return DatabaseLost(self._url) if GONE in why.cause else why

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
        silent, renewed = 0.0, self._leases.renewed
        while not self._stop.is_set():
            await asyncio.sleep(LOOK)
            # By looks: whoever stood still for a minute has asked nothing meanwhile.
            silent = 0.0 if self._leases.renewed > renewed else silent + LOOK
            renewed = self._leases.renewed
            if silent > PATIENCE:
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
                await self._held.visit(lease)
        except psycopg.Error as error:
            # The host is due still, or once its lease has run out.
            log.warning("a host was not visited", host=host, problem=redacted(str(error)))
