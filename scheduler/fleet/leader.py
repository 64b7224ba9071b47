"""Election of the leader among services on one database.

The leader is the service whose connection holds a lock in the database. The lock ends with the
connection. All actions that only the leader may take use this connection. So a service that lost
the lock can't take them.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, Final

import psycopg
import structlog

from data.errors import CommuniqueError, StoreError
from data.store.postgres.fleet_state import is_newer
from data.store.postgres.pool import CONNECTION_OPTIONS, bring_up_to_date, failed
from data.store.shared_sql.connection import NEWER_SCHEMA_MESSAGE
from data.text.masking import masked
from scheduler.service.background import first_of

POLL_SECONDS: Final = 1.0
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
            await asyncio.sleep(POLL_SECONDS)
            async with self.connection() as db:
                await db.execute("SELECT 1")

    async def watch_version(self) -> None:
        """Raise LeadershipLost when a newer version of Communique has changed the database."""
        while True:
            if await is_newer(self):
                raise LeadershipLost(
                    StoreError(masked(self._url), NEWER_SCHEMA_MESSAGE), REFUSAL_REST_SECONDS
                )
            await asyncio.sleep(POLL_SECONDS)


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
        await asyncio.sleep(POLL_SECONDS)


async def taken_once(url: str) -> psycopg.AsyncConnection[Any]:
    """Return a connection that holds the leader's lock, like ``taken``.

    Raises psycopg.Error if the database does not respond.
    """
    db = await psycopg.AsyncConnection.connect(url, **CONNECTION_OPTIONS)
    try:
        await db.execute(f"SET idle_session_timeout = '{IDLE_TIMEOUT_SECONDS}s'".encode())
        while not await take_lock(db):  # noqa: ASYNC110 - the database sends no event
            await asyncio.sleep(POLL_SECONDS)
    except BaseException:
        await db.close()
        raise
    return db


async def take_lock(db: psycopg.AsyncConnection[Any]) -> bool:
    """Try to take the leader's lock. Returns whether this connection holds it."""
    found = await db.execute(f"SELECT pg_try_advisory_lock({LEADER_LOCK_SQL})".encode())
    ((held,),) = await found.fetchall()
    return bool(held)
