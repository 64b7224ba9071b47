"""Procrastinate hands jobs to workers on many machines: which host is to be visited, and by whom.

It distributes work and promises nothing more. That a host is visited once at a time, and that what
comes of it counts once, is said by the row of the host (data.store.postgres.hosts). Therefore a job
is a host and nothing else, no job is ever retried, and one that nobody works on any more is ended:
the host is still due, and gets another. What one service of several does has such a row as well,
and its jobs a queue of their own.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final

import procrastinate
import psycopg
from procrastinate.exceptions import ConnectorException
from procrastinate.schema import SchemaManager
from psycopg_pool import AsyncConnectionPool, PoolClosed

from data.store.postgres.database.pool import CONNECTING, SILENCE
from data.store.postgres.hosts import Connections

logging.getLogger("procrastinate").setLevel(logging.ERROR)

VISITS: Final = "visits"
"""The queue of visits."""

DUTIES: Final = "duties"
"""The queue of what one service of several does."""

ROW: Final = "visit"
"""The task of every job: to do what is due of a row."""

PATIENCE: Final = 60.0
"""Seconds for which a database that went away is waited for."""

POLL: Final = 1.0
"""Seconds between two looks for jobs where there were none, about: each worker has its own pace."""

BEAT: Final = 5.0
"""Seconds between two signs of life of a worker."""

STALLED: Final = 45.0
"""Seconds without one after which its jobs are ended. It gives up its visits sooner by itself: with
their leases (scheduler.executors.leases)."""

REAPED: Final = 2.0
"""Seconds between two looks for jobs that nobody works on."""

CONNECTIONS: Final = 6
"""Connections of a worker at the most."""

# Stock 3.10 looks for other jobs of a lock by an index that begins with the job's number: it reads
# all of it for each job.
INDEX: Final = """
    CREATE INDEX IF NOT EXISTS communique_jobs_of_lock ON procrastinate_jobs (lock, priority, id)
    WHERE status IN ('todo', 'doing')
"""

# One by one in effect: what is queued already is passed over, and spoils nothing beside it. The
# LIMIT has each host looked for in the index, though the statistics may still say that the queue is
# empty; so does the collation, which is that of the index.
DEFER: Final = """
    WITH due AS (
        SELECT host, next_due FROM hosts h
        LEFT JOIN LATERAL (SELECT id FROM procrastinate_jobs j
            WHERE j.lock = ('visit:' || h.host) COLLATE "default"
            AND j.status IN ('todo', 'doing') LIMIT 1) q ON true
        WHERE next_due <= now() AND rests_until <= now() AND q.id IS NULL
        AND next_due >= COALESCE(%(watermark)s, '-infinity'::timestamptz)
        ORDER BY next_due LIMIT %(limit)s),
    deferred AS (
        INSERT INTO procrastinate_jobs (queue_name, task_name, lock, queueing_lock, args)
        SELECT CASE WHEN starts_with(host, 'duty:') THEN 'duties' ELSE 'visits' END,
               'visit', 'visit:' || host, 'visit:' || host,
               jsonb_build_object('host', host)
        FROM due ORDER BY next_due ON CONFLICT DO NOTHING RETURNING 1)
    SELECT (SELECT count(*) FROM deferred), (SELECT count(*) FROM due),
           (SELECT max(next_due) FROM due), now() - make_interval(secs => 2)
"""

STALLED_JOBS: Final = """
    SELECT j.id FROM procrastinate_jobs j LEFT JOIN procrastinate_workers w ON w.id = j.worker_id
    WHERE j.status = 'doing'
    AND (w.id IS NULL OR w.last_heartbeat < now() - make_interval(secs => %s))
"""

# A worker that lives and could not say that it was done, or had nothing to do: no such host.
UNHELD_JOBS: Final = """
    SELECT j.id FROM procrastinate_jobs j LEFT JOIN hosts h ON h.host = j.args ->> 'host'
    WHERE j.status = 'doing' AND j.queue_name IN ('visits', 'duties')
    AND (h.host IS NULL OR h.token = 0 OR h.next_due < now())
"""

ENDED: Final = "Job was not found"
"""What the database says where a job is to be ended that is ended already."""

# What finish_job does, for several, and whether or not they have ended meanwhile.
END: Final = """
    DELETE FROM procrastinate_jobs WHERE id = ANY (%s) AND status = 'doing' RETURNING id
"""


class PatientConnector(procrastinate.PsycopgConnector):
    """Procrastinate's way to the database, which waits for one that is being restarted.

    Procrastinate itself ends a worker, and waits for all of its visits, where one question fails.
    """

    async def execute_query_async(self, query: Any, **arguments: Any) -> None:
        """Have a statement done: that a job has ended, or that its worker lives, or ends.

        Where the database is gone for long, nobody has to hear of that: others find it out.
        """
        ask = super().execute_query_async
        try:
            await patiently(lambda: ask(query, **arguments))
        except ConnectorException as error:
            # Others ended the job of a worker that stood still: it is done with, as it should be.
            if ENDED not in str(error.__cause__) and not is_gone(error):
                raise

    async def execute_query_one_async(self, query: Any, **arguments: Any) -> dict[str, Any]:
        """The row that a statement gives."""
        ask = super().execute_query_one_async
        row: dict[str, Any] = await patiently(lambda: ask(query, **arguments))
        return row

    async def execute_query_all_async(self, query: Any, **arguments: Any) -> list[dict[str, Any]]:
        """The rows that a statement gives."""
        ask = super().execute_query_all_async
        rows: list[dict[str, Any]] = await patiently(lambda: ask(query, **arguments))
        return rows


async def patiently(ask: Callable[[], Awaitable[Any]]) -> Any:
    """Ask until the database answers, for PATIENCE seconds. Raises ConnectorException then."""
    until = time.monotonic() + PATIENCE
    while True:
        try:
            return await ask()
        except ConnectorException as error:
            # Connections that we closed ourselves do not come back.
            closed = isinstance(error.__cause__, PoolClosed)
            if not is_gone(error) or closed or time.monotonic() > until:
                raise
        await asyncio.sleep(random.uniform(0.1, 0.5))  # noqa: S311 - spreads, keeps no secret


def is_gone(error: ConnectorException) -> bool:
    """Whether the database could not be asked at all."""
    return isinstance(error.__cause__, psycopg.OperationalError | psycopg.InterfaceError)


def pool_to(url: str) -> AsyncConnectionPool[Any]:
    """Connections to the database of a store, not opened yet; each statement is committed."""
    return AsyncConnectionPool(
        url,
        kwargs={
            "autocommit": True,
            "connect_timeout": CONNECTING,
            "tcp_user_timeout": SILENCE,
            "keepalives_idle": SILENCE // 1000,
        },
        min_size=1,
        max_size=CONNECTIONS,
        timeout=PATIENCE / 2,
        check=AsyncConnectionPool.check_connection,
        open=False,
    )


async def prepare(connections: Connections) -> None:
    """Make Procrastinate's tables where there are none, and our index. Raises psycopg.Error."""
    async with connections.connection() as db, db.transaction():
        await db.execute("SELECT pg_advisory_xact_lock(hashtext('communique procrastinate'))")
        found = await db.execute("SELECT to_regclass('procrastinate_jobs') IS NULL")
        if (await found.fetchall())[0][0]:
            await db.execute(SchemaManager.get_schema().encode())
        await db.execute(INDEX.encode())


def app_of(visit: Callable[[str], Awaitable[None]]) -> procrastinate.App:
    """Procrastinate's app for a worker that visits hosts, or does what is due of other rows."""
    app = procrastinate.App(connector=PatientConnector())

    async def visit_host(host: str) -> None:
        await visit(host)

    app.task(name=ROW, queue=VISITS)(visit_host)
    return app


async def work(app: procrastinate.App, *, places: int, queue: str = VISITS) -> None:
    """Have an open app do jobs, so many at a time, until cancelled; then those under way end."""
    await app.run_worker_async(
        queues=[queue],
        concurrency=places,
        fetch_job_polling_interval=POLL * random.uniform(0.8, 1.2),  # noqa: S311 - as above
        # Nobody aborts jobs: who wants a visit ended ends its lease.
        abort_job_polling_interval=3600.0,
        listen_notify=False,
        delete_jobs="always",
        install_signal_handlers=False,
        update_heartbeat_interval=BEAT,
        stalled_worker_timeout=STALLED,
    )


class Deferrer:
    """Gives each host that is due a job, once, in the order in which they came due.

    Most looks begin where the last one ended: while any transaction is open in the database, what
    came due before it leaves dead entries in the index, more and more of them.
    """

    WHOLE: Final = 5.0
    """Seconds between two looks at all that is due; more, where one takes a tenth of that."""

    MOST: Final = 2000
    """Hosts of one look."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self._watermark: Any = None
        self._whole_at = float("-inf")

    async def defer(self) -> int:
        """Defer what is due, and say how many jobs that were. Raises psycopg.Error."""
        now = time.monotonic()
        whole = now >= self._whole_at
        arguments = {"watermark": None if whole else self._watermark, "limit": self.MOST}
        async with self._connections.connection() as db:
            found = await db.execute(DEFER, arguments)
            ((deferred, due, last, seen),) = await found.fetchall()
        if whole:
            took = time.monotonic() - now
            self._whole_at = now + max(self.WHOLE, 10 * took)
        self._watermark = last if due == self.MOST else seen
        return int(deferred)


class Reaper:
    """Ends the jobs that nobody works on any more."""

    def __init__(self) -> None:
        self._unheld: frozenset[int] = frozenset()

    async def reap(self, db: psycopg.AsyncConnection[Any]) -> int:
        """End jobs, and say how many. Raises psycopg.Error."""
        stalled = {row[0] for row in await (await db.execute(STALLED_JOBS, [STALLED])).fetchall()}
        unheld = {row[0] for row in await (await db.execute(UNHELD_JOBS)).fetchall()}
        # A worker claims its host right after it got the job: whoever was seen twice does not.
        dead = [*stalled, *(unheld & self._unheld)]
        self._unheld = frozenset(unheld)
        if not dead:
            return 0
        return len(await (await db.execute(END, [dead])).fetchall())

    async def reap_for_ever(self, url: str) -> None:
        """Reap again and again, on a connection of its own, whatever becomes of the database."""
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(
                    url, autocommit=True, connect_timeout=CONNECTING
                ) as db:
                    # After an outage all workers look dead until they have beaten.
                    await asyncio.sleep(2 * BEAT + REAPED)
                    while True:
                        await self.reap(db)
                        await asyncio.sleep(REAPED)
            except psycopg.Error:
                await asyncio.sleep(REAPED)
