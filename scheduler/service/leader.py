"""Of several services on one database one leads: the one whose connection holds a lock there.

The lock goes with the connection. What only the leader may do is said over that very connection, so
that nobody who lost the lock does it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, Final

import psycopg
import structlog

from data.errors import CommuniqueError, StoreError
from data.store.postgres.database.pool import CONNECTING, SILENCE, bring_up_to_date, failed
from data.store.postgres.database.schema import NEWER
from data.store.postgres.hosts import Hosts
from data.text.redaction import redacted
from scheduler.service.background import first_of

LOOK: Final = 1.0
"""Seconds between two looks whether another one still leads."""

REST: Final = 10.0
"""Seconds after which one leads again that the database refused something, being read-only, say."""

IDLE: Final = 15
"""Seconds without a word after which the database lets go of a leader, which stands still then."""

LOCK: Final = "hashtext('communique leader'), hashtext(current_schema())"

log = structlog.get_logger()


class LeadershipLost(CommuniqueError):
    """The database went away, let go of us or refuses us: another one may lead by now.

    It may be asked again after ``rest`` seconds.
    """

    def __init__(self, cause: object, rest: float) -> None:
        super().__init__(f"another service may lead by now ({cause})")
        self.rest = rest


class Leadership:
    """The connection that leads, for one statement or transaction at a time."""

    def __init__(self, db: psycopg.AsyncConnection[Any], url: str) -> None:
        self._db = db
        self._url = url
        self._turn = asyncio.Lock()
        self.begun = False
        """Whether the database took what a leader does first."""

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[psycopg.AsyncConnection[Any]]:
        """The connection, for the length of a ``with`` block. Raises LeadershipLost."""
        async with self._turn:
            try:
                yield self._db
            except psycopg.Error as error:
                rest = 0.0 if self._db.closed else REST
                raise LeadershipLost(failed(self._url, error), rest) from error
            except asyncio.CancelledError:
                # A question that was cut off leaves the connection in the middle of it.
                await self._db.close()
                raise

    async def watch(self) -> None:
        """Raise LeadershipLost as soon as it is lost."""
        while True:
            await asyncio.sleep(LOOK)
            async with self.connection() as db:
                await db.execute("SELECT 1")

    async def watch_version(self) -> None:
        """Raise LeadershipLost as soon as a newer version changed the database: it may lead."""
        hosts = Hosts(self)
        while True:
            if await hosts.is_newer():
                raise LeadershipLost(StoreError(redacted(self._url), NEWER), REST)
            await asyncio.sleep(LOOK)


async def lead_in_turns(url: str, lead: Callable[[Leadership], Coroutine[Any, Any, None]]) -> None:
    """Lead whenever nobody else does, until cancelled; ``lead`` is cancelled where that is lost."""
    refused = ""
    while True:
        # One that the database goes on to refuse has said so.
        if not refused:
            log.info("standing by")
        async with leading(url) as leadership:
            # In a task of its own: a group that is cancelled as the lead is lost, tells of that
            # alone, and who called us would wait for ever.
            turn = asyncio.create_task(lead_once(url, lead, leadership))
            try:
                await asyncio.wait({turn})
            finally:
                turn.cancel()
                await asyncio.wait({turn})
        lost = turn.result()
        if lost and (leadership.begun or str(lost) != refused):
            log.warning("leads no more", problem=str(lost))
        refused = str(lost) if lost and lost.rest else ""
        await asyncio.sleep(lost.rest if lost else 0.0)


async def lead_once(
    url: str, lead: Callable[[Leadership], Coroutine[Any, Any, None]], leadership: Leadership
) -> LeadershipLost | None:
    """Lead until that is lost, and say why."""
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
    """Lead a database that has all tables: it may be another one by now, in the place of ours.

    Raises LeadershipLost.
    """
    try:
        await asyncio.to_thread(bring_up_to_date, url)
    except StoreError as error:
        raise LeadershipLost(error, REST) from error
    leadership.begun = True
    log.info("leading")
    async with asyncio.TaskGroup() as turn:
        turn.create_task(leadership.watch_version())
        turn.create_task(lead(leadership))


@asynccontextmanager
async def leading(url: str) -> AsyncIterator[Leadership]:
    """Lead for the length of a ``with`` block, as soon as nobody else does.

    A database that is away is waited for.
    """
    db = await taken(url)
    try:
        yield Leadership(db, url)
    finally:
        await db.close()


async def taken(url: str) -> psycopg.AsyncConnection[Any]:
    """A connection that holds the lock, once nobody else does."""
    told = ""
    while True:
        try:
            return await taken_once(url)
        except psycopg.Error as error:
            problem = str(failed(url, error))
            if problem != told:
                log.warning("the database is waited for", problem=problem)
            told = problem
        await asyncio.sleep(LOOK)


async def taken_once(url: str) -> psycopg.AsyncConnection[Any]:
    """The same, while the database answers. Raises psycopg.Error."""
    db = await psycopg.AsyncConnection.connect(
        url,
        autocommit=True,
        connect_timeout=CONNECTING,
        tcp_user_timeout=SILENCE,
        keepalives_idle=SILENCE // 1000,
    )
    try:
        await db.execute(f"SET idle_session_timeout = '{IDLE}s'".encode())
        while not await has_lock(db):  # noqa: ASYNC110 - no event comes from the database
            await asyncio.sleep(LOOK)
    except BaseException:
        await db.close()
        raise
    return db


async def has_lock(db: psycopg.AsyncConnection[Any]) -> bool:
    """Whether a connection holds the lock, or has just got it."""
    found = await db.execute(f"SELECT pg_try_advisory_lock({LOCK})".encode())
    ((held,),) = await found.fetchall()
    return bool(held)
