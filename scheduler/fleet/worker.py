"""Worker, which visits the hosts in its jobs, each under a lease.

A worker has no sources and no timetable, and does not publish. All data that it needs from the
leader are in the database.
"""

import asyncio
import signal
from typing import Any, Final

import psycopg
import structlog
from procrastinate.exceptions import ConnectorException
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from data.errors import CommuniqueError, StoreError
from data.store.postgres.fleet_state import Hosts, is_newer
from data.store.postgres.pool import DATABASE_UNREACHABLE_MESSAGE, failed
from data.store.shared_sql.connection import NEWER_SCHEMA_MESSAGE
from data.text.masking import masked
from scheduler.children.executor import MAX_VISITS, Executor
from scheduler.fleet.held_hosts import HeldHosts
from scheduler.fleet.job_queue import (
    DATABASE_TIMEOUT_SECONDS,
    app_of,
    pool_to,
    prepare,
    queues_of,
    work,
)
from scheduler.fleet.leases import LEASE_SECONDS, Leases
from scheduler.home.home import Home
from scheduler.logs import log_visit
from scheduler.service.background import READY_STATE, STOPPING_STATE, notify, show_life, together

DATABASE_CHECK_SECONDS: Final = 1.0
"""Time in seconds between two checks whether the database still responds."""

log = structlog.get_logger()


class DatabaseLost(CommuniqueError):
    """Raised if the database was unreachable for too long, so that the worker had to stop."""

    def __init__(self, url: str) -> None:
        super().__init__(
            f"the database {masked(url)} did not respond for {DATABASE_TIMEOUT_SECONDS:.0f} "
            "seconds: start the worker again when it does"
        )


class Worker:
    """Visits hosts for all services that share the database of a home directory."""

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
        self._held = HeldHosts(
            home,
            self._executor,
            self._hosts,
            self._leases,
            log_visit,
            home.settings.run.vantage,
        )

    async def run(self) -> None:
        """Work until SIGTERM or SIGINT, and then release all leases.

        Raises DatabaseLost if the database is unreachable for too long, and StoreError if it
        refuses a statement or has a newer schema.
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
        """Return the error that ended this worker.

        A refused statement shows that the database is reachable, so the error reports the refusal
        and not a lost connection.
        """
        if isinstance(cause, psycopg.Error) and not isinstance(cause, psycopg.OperationalError):
            return failed(self._url, cause)
        # The database may be available but refuse the password.
        why = failed(self._url, PoolTimeout())
        return DatabaseLost(self._url) if DATABASE_UNREACHABLE_MESSAGE in why.cause else why

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop.set)
        # This upgrades the schema, or raises StoreError if the schema is newer than this version.
        await asyncio.to_thread(self._home.plain_store)
        async with self._pool:
            await prepare(self._pool)
            await self._leases.renew()
            app = app_of(self._visit_host)
            async with app.open_async(self._pool):
                log.info("working", home=str(self._home.path), visits=MAX_VISITS)
                notify(READY_STATE)
                beside = asyncio.create_task(
                    together(self._leases.renew_for_ever(), show_life(), self._watch())
                )
                queues = queues_of(self._home.settings.run.vantage)
                working = asyncio.create_task(work(app, places=MAX_VISITS, queues=queues))
                stopping = asyncio.create_task(self._stop.wait())
                await asyncio.wait({working, beside, stopping}, return_when=asyncio.FIRST_COMPLETED)
                self._stop.set()
                notify(STOPPING_STATE)
                log.info("stopping")
                working.cancel()
                # Running visits are ended, and their hosts are released.
                await self._executor.close()
                lost = isinstance(self._failed, DatabaseLost)
                await asyncio.wait({working}, timeout=0 if lost else LEASE_SECONDS)
                for task in (beside, stopping):
                    task.cancel()
        # The pool is closed, so tasks that still request a connection fail and end.
        await asyncio.wait({working, beside}, timeout=LEASE_SECONDS)
        if self._failed:
            raise self._failed
        for one in (beside, working):
            if one.done() and not one.cancelled() and (error := one.exception()):
                raise error

    async def _watch(self) -> None:
        """End this worker if the database has not responded for too long."""
        silent, renewed = 0.0, self._leases.renewed
        while not self._stop.is_set():
            await asyncio.sleep(DATABASE_CHECK_SECONDS)
            # Count checks, not time: a suspended process sends no queries, and that time must not
            # count.
            silent = 0.0 if self._leases.renewed > renewed else silent + DATABASE_CHECK_SECONDS
            renewed = self._leases.renewed
            if silent > DATABASE_TIMEOUT_SECONDS:
                self._end(DatabaseLost(self._url))

    def _end(self, error: CommuniqueError) -> None:
        self._failed = self._failed or error
        self._stop.set()

    async def _renewed(self, until: float) -> None:
        """Record a renewal of the leases, a sign that the database and the event loop respond."""
        self._home.alive.touch()
        await self._executor.renew(until)
        if await is_newer(self._pool):
            self._end(StoreError(masked(self._url), NEWER_SCHEMA_MESSAGE))

    def _drop(self, host: str) -> None:
        log.warning("host lease lost to another worker", host=host)
        self._executor.drop(host)

    async def _visit_host(self, host: str) -> None:
        """Visit the due sources of a host, if the host is due and no other worker has it."""
        try:
            if self._stop.is_set() or await is_newer(self._pool):
                return
            lease = await self._leases.claim(host)
            if lease:
                await self._held.visit(lease)
        except psycopg.Error as error:
            # The host stays due, or is due again when its lease expires.
            log.warning("host could not be visited", host=host, problem=masked(str(error)))
