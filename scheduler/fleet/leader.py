"""Leader of the services on one database: its election, and the role of a service in a fleet.

The leader plans the visits, and workers make them. Publishing, alerts, deposits and upkeep are
duties (scheduler.fleet.duties). Any service of the fleet may perform a duty.

The leader is the service whose connection holds a lock in the database. The lock ends with the
connection. All actions that only the leader may take use this connection. So a service that lost
the lock can't take them.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Coroutine, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, closing
from functools import partial
from typing import Any, Final

import psycopg
import structlog

from data.errors import CommuniqueError, StoreError
from data.network.bucket import Bucket
from data.store.postgres.fleet_state import is_newer
from data.store.postgres.pool import CONNECTION_OPTIONS, bring_up_to_date, failed
from data.store.shared_sql.connection import NEWER_SCHEMA_MESSAGE
from data.text.masking import masked
from scheduler.fleet.duties import ALERTS_DUTY, DEPOSITS_DUTY, Duties, shares_site
from scheduler.fleet.fleet_executor import FleetExecutor
from scheduler.home.home_records import keep_home_files
from scheduler.service.background import first_of, in_background
from scheduler.service.daemon import Role, Service
from scheduler.service.timetable import TimetableJob

LEADERSHIP_CHECK_SECONDS: Final = 1.0
"""Time in seconds between two attempts to get the leader's lock, and between two checks that the
lock is still held."""

REFUSAL_REST_SECONDS: Final = 10.0
"""Time in seconds before a service tries to lead again after the database refused a statement, for
example as read-only."""

IDLE_TIMEOUT_SECONDS: Final = 15
"""Seconds without a statement after which the database closes a leader's connection, because the
leader's process may be suspended."""

LEADER_LOCK_SQL: Final = "hashtext('communique leader'), hashtext(current_schema())"
"""SQL arguments for the leader's advisory lock. Each schema has its own lock."""

log = structlog.get_logger()


class LeadershipLost(CommuniqueError):
    """Raised if the leader's connection is closed or refused. Another service may lead now.

    ``rest`` is the time in seconds to wait before the next attempt.
    """

    def __init__(self, cause: object, rest: float) -> None:
        super().__init__(f"this service is no longer the leader ({cause})")
        self.rest = rest


class Leadership:
    """Database connection of the leader, used for one statement or transaction at a time."""

    def __init__(self, db: psycopg.AsyncConnection[Any], url: str) -> None:
        self._db = db
        self._url = url
        self._turn = asyncio.Lock()
        self.begun = False
        """Whether the schema has been upgraded and ``lead`` has started."""

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[psycopg.AsyncConnection[Any]]:
        """Context manager that yields the connection. Raises LeadershipLost."""
        async with self._turn:
            try:
                yield self._db
            except psycopg.Error as error:
                rest = 0.0 if self._db.closed else REFUSAL_REST_SECONDS
                raise LeadershipLost(failed(self._url, error), rest) from error
            except asyncio.CancelledError:
                # A cancelled query leaves the connection in an unknown state.
                await self._db.close()
                raise

    async def watch(self) -> None:
        """Raise LeadershipLost when the connection is lost."""
        while True:
            await asyncio.sleep(LEADERSHIP_CHECK_SECONDS)
            async with self.connection() as db:
                await db.execute("SELECT 1")

    async def watch_version(self) -> None:
        """Raise LeadershipLost when a newer version of Communique has changed the database."""
        while True:
            if await is_newer(self):
                raise LeadershipLost(
                    StoreError(masked(self._url), NEWER_SCHEMA_MESSAGE), REFUSAL_REST_SECONDS
                )
            await asyncio.sleep(LEADERSHIP_CHECK_SECONDS)


async def lead_in_turns(url: str, lead: Callable[[Leadership], Coroutine[Any, Any, None]]) -> None:
    """Run ``lead`` whenever this service becomes the leader, until cancelled.

    ``lead`` is cancelled when this service is no longer the leader.
    """
    refused = ""
    while True:
        # Log this once, not for every attempt that the database refuses.
        if not refused:
            log.info("standing by")
        async with leading(url) as leadership:
            # Lead in a separate task: a task group that is cancelled because leadership was lost
            # reports only the loss, and the caller would wait forever.
            turn = asyncio.create_task(lead_once(url, lead, leadership))
            try:
                await asyncio.wait({turn})
            finally:
                turn.cancel()
                await asyncio.wait({turn})
        lost = turn.result()
        if lost and (leadership.begun or str(lost) != refused):
            log.warning("no longer the leader", problem=str(lost))
        refused = str(lost) if lost and lost.rest else ""
        await asyncio.sleep(lost.rest if lost else 0.0)


async def lead_once(
    url: str, lead: Callable[[Leadership], Coroutine[Any, Any, None]], leadership: Leadership
) -> LeadershipLost | None:
    """Become the leader and run ``lead`` until leadership is lost. Returns the cause."""
    first: BaseException | None = None
    try:
        async with asyncio.TaskGroup() as turn:
            turn.create_task(leadership.watch())
            turn.create_task(begin(url, lead, leadership))
    except* LeadershipLost as lost:
        first = first_of(lost)
    return first if isinstance(first, LeadershipLost) else None


async def begin(
    url: str, lead: Callable[[Leadership], Coroutine[Any, Any, None]], leadership: Leadership
) -> None:
    """Upgrade the schema of the database, and then run ``lead``.

    The schema is checked each time, because the database may have been replaced by an empty one.
    Raises LeadershipLost if the connection is lost.
    """
    try:
        await asyncio.to_thread(bring_up_to_date, url)
    except StoreError as error:
        raise LeadershipLost(error, REFUSAL_REST_SECONDS) from error
    leadership.begun = True
    log.info("leading")
    async with asyncio.TaskGroup() as turn:
        turn.create_task(leadership.watch_version())
        turn.create_task(lead(leadership))


@asynccontextmanager
async def leading(url: str) -> AsyncIterator[Leadership]:
    """Context manager that waits until this service is the leader.

    The service leads during the block. If the database is unavailable, the function waits for it.
    """
    db = await taken(url)
    try:
        yield Leadership(db, url)
    finally:
        await db.close()


async def taken(url: str) -> psycopg.AsyncConnection[Any]:
    """Wait for the leader's lock, and return a connection that holds it."""
    logged = ""
    while True:
        try:
            return await taken_once(url)
        except psycopg.Error as error:
            problem = str(failed(url, error))
            if problem != logged:
                log.warning("waiting for the database", problem=problem)
            logged = problem
        await asyncio.sleep(LEADERSHIP_CHECK_SECONDS)


async def taken_once(url: str) -> psycopg.AsyncConnection[Any]:
    """Return a connection that holds the leader's lock, like ``taken``.

    Raises psycopg.Error if the database does not respond.
    """
    db = await psycopg.AsyncConnection.connect(url, **CONNECTION_OPTIONS)
    try:
        await db.execute(f"SET idle_session_timeout = '{IDLE_TIMEOUT_SECONDS}s'".encode())
        query = f"SELECT pg_try_advisory_lock({LEADER_LOCK_SQL})".encode()
        # The database sends no event when the lock is free.
        while not (await (await db.execute(query)).fetchall())[0][0]:  # noqa: ASYNC110
            await asyncio.sleep(LEADERSHIP_CHECK_SECONDS)
    except BaseException:
        await db.close()
        raise
    return db


class FleetRole(Role):
    """Role of a service in a fleet, whose visits are made by workers."""

    _queue: FleetExecutor
    """Executor that queues visits and duties, set when this service begins to lead."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def begin_beside(self, beside: AsyncExitStack) -> None:
        """Do nothing, because alerts are a duty and only the leader runs WebSub."""

    async def collect(self) -> None:
        """Perform duties, and lead when no other service leads, until cancelled."""
        service = self._service
        outboxes = {ALERTS_DUTY: service.alerts, DEPOSITS_DUTY: service.deposits}
        duties = Duties(service.home, service.publishing, outboxes, lambda: service.is_visiting)
        async with asyncio.TaskGroup() as work:
            work.create_task(lead_in_turns(service.home.store_url, self._lead))
            work.create_task(duties.work())

    async def _lead(self, leadership: Leadership) -> None:
        """Plan the visits of all workers until cancelled."""
        service = self._service
        self._queue = FleetExecutor(service.home, leadership)
        leads = True

        def on_end() -> None:
            if leads:
                service.stop()

        async with AsyncExitStack() as beside:
            if not shares_site(service.home):
                await beside.enter_async_context(service.publishing.push.at_work(on_end))
            await beside.enter_async_context(in_background(service.feed_push.run(), on_end))
            try:
                async with asyncio.TaskGroup() as work:
                    work.create_task(self._queue.run())
                    # Do not wait for this, because another machine may have to render everything.
                    await service.jobs["publish"]()
                    self._queue.have_done("alerts")
                    if service.deposits.is_configured:
                        self._queue.have_done("deposits")
                    await service.visit_sources(self._queue)
            finally:
                leads = False

    def served_bucket(self) -> Bucket | None:
        """Return the bucket of the site, because another service may have published its files."""
        return self._service.home.bucket

    async def publish_when_due(self) -> None:
        """Publish changes until cancelled if only the leader publishes."""
        if not shares_site(self._service.home):
            await self._service.publishing.publish_when_due()

    async def share_sources(self, chosen: Collection[str]) -> None:
        """Store the list of sources, the topics, and the site settings for all machines.

        Also archives the source files, because workers have none.
        """

        def archive_files() -> None:
            with closing(self._service.home.store()) as store:
                keep_home_files(self._service.home, store)

        await asyncio.to_thread(archive_files)
        await self._queue.take_in(chosen)

    def jobs(self, own: Mapping[str, TimetableJob]) -> Mapping[str, TimetableJob]:
        """Return the functions of the timetable's jobs.

        Jobs for all machines are queued as duties.
        """
        service = self._service
        duties = {"tidy", *(service.publishing.jobs if shares_site(service.home) else ())}
        return {**own, **{name: partial(self._queue_duty, name) for name in duties}}

    async def _queue_duty(self, name: str) -> None:
        self._queue.have_done(name)

    async def end(self) -> None:
        """Do nothing, because workers end the visits, and another service continues to publish."""
