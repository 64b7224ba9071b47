"""Job queue in PostgreSQL, based on Procrastinate: workers get hosts, services get duties.

The queue only distributes work. The row of a host (data.store.postgres.fleet_state) ensures that
one worker at a time visits the host, and that each visit counts once. So a job contains only the
name of a row, and jobs are not retried. An abandoned job is deleted, and its row, which is still
due, gets another job.
"""

import asyncio
import logging
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from string import Template
from typing import Any, Final

import procrastinate
import psycopg
from procrastinate.exceptions import ConnectorException
from procrastinate.schema import SchemaManager
from psycopg_pool import AsyncConnectionPool, PoolClosed

from data.models.source import DUTY_PREFIX
from data.store.postgres.fleet_state import Connections
from data.store.postgres.pool import CONNECT_TIMEOUT_SECONDS, CONNECTION_OPTIONS
from scheduler.service.background import end_if_cancelled

logging.getLogger("procrastinate").setLevel(logging.ERROR)

VISIT_QUEUE: Final = "visits"
"""Name of the queue for visits to hosts. Visits for workers with the label eu are in the queue
visits@eu."""

DUTY_QUEUE: Final = "duties"
"""Name of the queue for duties."""

JOB_LOCK_PREFIX: Final = "visit:"
"""Prefix for the names of Procrastinate locks. The name of the host or duty follows, and then @ and
the label of the sources, if any."""

TASK_NAME: Final = "visit"
"""Name of the Procrastinate task that all jobs run. It performs the due work of a row."""

DATABASE_TIMEOUT_SECONDS: Final = 60.0
"""Maximum time in seconds that a worker waits for a database that does not respond."""

JOB_POLL_SECONDS: Final = 1.0
"""Mean time in seconds between two queries for jobs while the queue is empty. Each worker varies it
randomly."""

HEARTBEAT_SECONDS: Final = 5.0
"""Time in seconds between two heartbeats of a worker."""

STALLED_SECONDS: Final = 45.0
"""Time in seconds without a heartbeat after which the jobs of a worker are deleted. The worker
stops its visits earlier, when its leases end (scheduler.fleet.leases)."""

REAP_SECONDS: Final = 2.0
"""Time in seconds between two searches for abandoned jobs, which are deleted."""

MAX_CONNECTIONS: Final = 6
"""Maximum number of database connections per worker."""

# Procrastinate 3.10 searches the jobs of a lock with an index that begins with the number of the
# job, so each search reads the whole index.
INDEX_SQL: Final = """
    CREATE INDEX IF NOT EXISTS communique_jobs_of_lock ON procrastinate_jobs (lock, priority, id)
    WHERE status IN ('todo', 'doing')
"""

# A host gets one job per label of its due sources, so a job that no worker takes delays only the
# sources with its label. The lease still admits one worker at a time.
#
# A row whose job is queued already is skipped, and does not fail the others. The LIMIT makes the
# planner search each host in the index, even if its statistics still show an empty queue. So does
# the collation, which equals the collation of the index.
DEFER_SQL: Final = Template("""
    WITH due AS (
        SELECT h.host, next_due, COALESCE(label, '') AS label FROM hosts h
        LEFT JOIN LATERAL (SELECT DISTINCT '@' || NULLIF(s.vantage, '') AS label
            FROM host_sources s WHERE s.host = h.host AND s.due <= now()) l ON true
        LEFT JOIN LATERAL (SELECT id FROM procrastinate_jobs j
            WHERE j.lock = ('$LOCK' || h.host || COALESCE(label, '')) COLLATE "default"
            AND j.status IN ('todo', 'doing') LIMIT 1) q ON true
        WHERE next_due <= now() AND rests_until <= now() AND q.id IS NULL
        AND next_due >= COALESCE(%(watermark)s, '-infinity'::timestamptz)
        ORDER BY next_due LIMIT %(limit)s),
    deferred AS (
        INSERT INTO procrastinate_jobs (queue_name, task_name, lock, queueing_lock, args)
        SELECT CASE WHEN starts_with(host, '$DUTY') THEN '$DUTIES' ELSE '$VISITS' || label END,
               '$TASK', '$LOCK' || host || label, '$LOCK' || host || label,
               jsonb_build_object('host', host)
        FROM due ORDER BY next_due ON CONFLICT DO NOTHING RETURNING 1)
    SELECT (SELECT count(*) FROM deferred), (SELECT count(*) FROM due),
           (SELECT max(next_due) FROM due), now() - make_interval(secs => 2)
""").substitute(
    LOCK=JOB_LOCK_PREFIX, DUTY=DUTY_PREFIX, DUTIES=DUTY_QUEUE, VISITS=VISIT_QUEUE, TASK=TASK_NAME
)

STALLED_JOBS: Final = """
    SELECT j.id FROM procrastinate_jobs j LEFT JOIN procrastinate_workers w ON w.id = j.worker_id
    WHERE j.status = 'doing'
    AND (w.id IS NULL OR w.last_heartbeat < now() - make_interval(secs => %s))
"""

# Jobs whose worker is alive but could not report their end, or whose row no longer exists.
UNHELD_JOBS: Final = Template("""
    SELECT j.id FROM procrastinate_jobs j LEFT JOIN hosts h ON h.host = j.args ->> 'host'
    WHERE j.status = 'doing' AND (j.queue_name = '$DUTIES' OR starts_with(j.queue_name, '$VISITS'))
    AND (h.host IS NULL OR h.token = 0 OR h.next_due < now())
""").substitute(DUTIES=DUTY_QUEUE, VISITS=VISIT_QUEUE)
"""Query that selects running jobs whose host has no current lease."""

JOB_NOT_FOUND: Final = "Job was not found"
"""Part of the database's error message if a job that should be finished has been deleted."""

# Like finish_job, but for several jobs, and even if some of them have already ended.
END_SQL: Final = """
    DELETE FROM procrastinate_jobs WHERE id = ANY (%s) AND status = 'doing' RETURNING id
"""


class PatientConnector(procrastinate.PsycopgConnector):
    """Procrastinate's database connection, which waits while the database restarts.

    Procrastinate itself would stop a worker after one failed query, and wait for all of its visits.
    """

    async def execute_query_async(self, query: Any, **arguments: Any) -> None:
        """Execute a statement about the state of a job or worker.

        If the database stays unavailable, no error is raised, because other processes detect a
        worker that has died.
        """
        run = super().execute_query_async
        try:
            await patiently(lambda: run(query, **arguments))
        except ConnectorException as error:
            # The worker was suspended, and another process deleted its job.
            if JOB_NOT_FOUND not in str(error.__cause__) and not is_gone(error):
                raise

    async def execute_query_one_async(self, query: Any, **arguments: Any) -> dict[str, Any]:
        """Execute a query and return the first row of its result."""
        run = super().execute_query_one_async
        row: dict[str, Any] = await patiently(lambda: run(query, **arguments))
        return row

    async def execute_query_all_async(self, query: Any, **arguments: Any) -> list[dict[str, Any]]:
        """Execute a query and return all rows of its result."""
        run = super().execute_query_all_async
        rows: list[dict[str, Any]] = await patiently(lambda: run(query, **arguments))
        return rows


async def patiently(query: Callable[[], Awaitable[Any]]) -> Any:
    """Repeat a query until the database responds.

    Raises ConnectorException if it does not respond for DATABASE_TIMEOUT_SECONDS.
    """
    until = time.monotonic() + DATABASE_TIMEOUT_SECONDS
    while True:
        end_if_cancelled()
        try:
            return await query()
        except ConnectorException as error:
            # If this process has closed the pool, it does not open again.
            closed = isinstance(error.__cause__, PoolClosed)
            if not is_gone(error) or closed or time.monotonic() > until:
                raise
        await asyncio.sleep(random.uniform(0.1, 0.5))  # noqa: S311 - spreads load, not a secret


def is_gone(error: ConnectorException) -> bool:
    """Return whether an error means that the query did not reach the database."""
    return isinstance(error.__cause__, psycopg.OperationalError | psycopg.InterfaceError)


def pool_to(url: str) -> AsyncConnectionPool[Any]:
    """Return an unopened pool of connections to a database.

    Each statement is committed immediately.
    """
    return AsyncConnectionPool(
        url,
        kwargs=dict(CONNECTION_OPTIONS),
        min_size=1,
        max_size=MAX_CONNECTIONS,
        timeout=DATABASE_TIMEOUT_SECONDS / 2,
        check=AsyncConnectionPool.check_connection,
        open=False,
    )


async def prepare(connections: Connections) -> None:
    """Create Procrastinate's tables if they are missing, and an index. Raises psycopg.Error."""
    async with connections.connection() as db, db.transaction():
        await db.execute("SELECT pg_advisory_xact_lock(hashtext('communique procrastinate'))")
        found = await db.execute("SELECT to_regclass('procrastinate_jobs') IS NULL")
        if (await found.fetchall())[0][0]:
            await db.execute(SchemaManager.get_schema().encode())
        await db.execute(INDEX_SQL.encode())


def app_of(visit: Callable[[str], Awaitable[None]]) -> procrastinate.App:
    """Return the Procrastinate app of a worker.

    Each job calls ``visit`` with the name of a row in the table `hosts`.
    """
    app = procrastinate.App(connector=PatientConnector())

    async def visit_host(host: str) -> None:
        await visit(host)

    app.task(name=TASK_NAME, queue=VISIT_QUEUE)(visit_host)
    return app


def queues_of(vantage: str) -> list[str]:
    """Return the queues of a worker. ``vantage`` is the worker's label, or an empty string."""
    return [VISIT_QUEUE, *([f"{VISIT_QUEUE}@{vantage}"] if vantage else [])]


async def work(
    app: procrastinate.App, *, places: int, queues: Sequence[str] = (VISIT_QUEUE,)
) -> None:
    """Process jobs from the queues until cancelled, then finish the jobs in progress.

    ``places`` is the maximum number of concurrent jobs.
    """
    await app.run_worker_async(
        queues=[*queues],
        concurrency=places,
        fetch_job_polling_interval=JOB_POLL_SECONDS * random.uniform(0.8, 1.2),  # noqa: S311 - as above
        # Jobs are never aborted: a visit ends when its lease ends.
        abort_job_polling_interval=3600.0,
        listen_notify=False,
        delete_jobs="always",
        install_signal_handlers=False,
        update_heartbeat_interval=HEARTBEAT_SECONDS,
        stalled_worker_timeout=STALLED_SECONDS,
    )


class Deferrer:
    """Creates one job for each due host, in the order in which hosts became due.

    Most rounds search only rows that became due after the previous round. Searching all rows is
    slow while a transaction is open in the database, because dead entries of earlier rows
    accumulate in the index.
    """

    FULL_ROUND_SECONDS: Final = 5.0
    """Minimum time in seconds between two rounds over all due rows. After a slow round, it is ten
    times the round's duration."""

    MAX_HOSTS: Final = 2000
    """Maximum number of hosts that get a job per round."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self._watermark: Any = None
        self._full_at = float("-inf")

    async def defer(self) -> int:
        """Create jobs for due rows, and return the number of jobs. Raises psycopg.Error."""
        now = time.monotonic()
        is_full = now >= self._full_at
        arguments = {"watermark": None if is_full else self._watermark, "limit": self.MAX_HOSTS}
        async with self._connections.connection() as db:
            found = await db.execute(DEFER_SQL, arguments)
            ((deferred, due, last, seen),) = await found.fetchall()
        if is_full:
            took = time.monotonic() - now
            self._full_at = now + max(self.FULL_ROUND_SECONDS, 10 * took)
        self._watermark = last if due == self.MAX_HOSTS else seen
        return int(deferred)


class Reaper:
    """Deletes abandoned jobs: their workers have died or do not know the jobs."""

    def __init__(self) -> None:
        self._unheld: frozenset[int] = frozenset()

    async def reap(self, db: psycopg.AsyncConnection[Any]) -> int:
        """Delete abandoned jobs, and return their number. Raises psycopg.Error."""
        stalled = {
            row[0] for row in await (await db.execute(STALLED_JOBS, [STALLED_SECONDS])).fetchall()
        }
        unheld = {row[0] for row in await (await db.execute(UNHELD_JOBS)).fetchall()}
        # A worker claims the host right after it got the job. If a job is seen twice without a
        # claim, its worker never will claim the host.
        dead = [*stalled, *(unheld & self._unheld)]
        self._unheld = frozenset(unheld)
        if not dead:
            return 0
        return len(await (await db.execute(END_SQL, [dead])).fetchall())

    async def reap_for_ever(self, url: str) -> None:
        """Delete abandoned jobs periodically, on a separate connection.

        If the connection fails, a new one is opened.
        """
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(
                    url, autocommit=True, connect_timeout=CONNECT_TIMEOUT_SECONDS
                ) as db:
                    # After an outage of the database, all workers seem dead until their next
                    # heartbeat.
                    await asyncio.sleep(2 * HEARTBEAT_SECONDS + REAP_SECONDS)
                    while True:
                        await self.reap(db)
                        await asyncio.sleep(REAP_SECONDS)
            except psycopg.Error:
                await asyncio.sleep(REAP_SECONDS)
