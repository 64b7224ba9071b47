"""State that all machines with the same database share: hosts, leases, files and visit reports.

The schedule has one row per host. A duty of one service, such as publishing, also has a row
(data.models.source.duty_key).

A host is due at ``next_due``. A worker that claims it gets a token and a lease with an end time,
measured by the database's clock. Until then, other workers can't claim the host. The results of a
visit are written only with the token (see PostgresConnection.leased). ``rests_until`` is the
earliest time at which any worker may send the next request to the host.

All functions are for asyncio, because schedulers and workers wait for many things at the same time.
They raise psycopg.Error if the database fails.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Final, NamedTuple, Protocol, TypeAlias

import psycopg

from data.models import Lease, Run
from data.models.source import DUTY_PREFIX
from data.store.postgres.connection import HOST_LOCK
from data.store.postgres.schema import APPLIED, MIGRATIONS
from data.store.shared_sql.rows import decode_run

Connection: TypeAlias = psycopg.AsyncConnection[tuple[Any, ...]]

ASK_SOURCE: Final = """
    INSERT INTO host_sources (source, host, due, file, explicit, backfill, accept, vantage)
    VALUES (%s, %s, now(), %s, %s, %s, %s, %s)
    ON CONFLICT (source) DO UPDATE SET host = excluded.host, due = excluded.due,
        file = excluded.file, explicit = excluded.explicit, backfill = excluded.backfill,
        accept = excluded.accept, vantage = excluded.vantage
"""
"""Statement that schedules a visit to a source now."""

# This also locks the row of a host that is being visited. It therefore waits for the end of a visit
# that has not seen the source yet.
ASK_HOST: Final = """
    INSERT INTO hosts AS h (host, next_due) VALUES (%s, now())
    ON CONFLICT (host) DO UPDATE
    SET next_due = LEAST(h.next_due, GREATEST(excluded.next_due, h.rests_until))
    WHERE h.token = 0
"""
"""Statement that makes a host due now, or as soon as requests to it are allowed."""

CLAIM: Final = """
    UPDATE hosts SET token = nextval('host_tokens'),
        next_due = now() + make_interval(secs => %(s)s),
        rests_until = now() + make_interval(secs => %(s)s + gap)
    WHERE host = %(host)s AND next_due <= now() AND rests_until <= now()
    RETURNING token
"""
"""Statement that leases a due host, if requests to it are allowed now."""

# The caller decides which sources to visit, so the host doesn't have to be due.
TAKE: Final = CLAIM.replace("next_due <= now() AND", "(token = 0 OR next_due <= now()) AND")
"""Statement that leases a host without a lease, even if the host is not due, if requests to it are
allowed now."""

# Every statement that changes several rows locks them in the order of hosts, to avoid deadlocks.
RENEW: Final = """
    UPDATE hosts h SET next_due = now() + make_interval(secs => %(s)s),
        rests_until = now() + make_interval(secs => %(s)s + gap)
    FROM (SELECT hosts.host FROM hosts
          JOIN unnest(%(hosts)s::text[], %(tokens)s::bigint[]) AS held (host, token)
          ON hosts.host = held.host AND hosts.token = held.token
          ORDER BY hosts.host FOR UPDATE OF hosts) mine
    WHERE h.host = mine.host RETURNING h.host, h.token
"""
"""Statement that extends leases, except those that another worker has ended or replaced.

An expired lease is valid until another worker claims its host, because the claim changes the token.
"""

FINISH: Final = """
    UPDATE hosts h SET token = 0, gap = pace.gap, rests_until = pace.rests_until,
        next_due = GREATEST(pace.rests_until, CASE WHEN %(kept)s THEN '-infinity' ELSE
            (SELECT COALESCE(min(due), 'infinity') FROM host_sources WHERE host = %(host)s) END)
    FROM (SELECT COALESCE(%(gap)s, gap) AS gap,
            now() + make_interval(secs => COALESCE(%(gap)s, gap) + %(rest)s) AS rests_until
          FROM hosts WHERE host = %(host)s) pace
    WHERE h.host = %(host)s
"""
"""Statement that ends a lease and schedules the host again."""

# Settled before the work starts, so that requests during the work become due again.
TAKE_DUE: Final = """
    UPDATE host_sources s SET due = 'infinity' FROM hosts h
    WHERE h.host = %s AND h.token = %s AND s.host = h.host AND s.due <= now() RETURNING s.source
"""
"""Statement that claims all due visits or jobs of a leased host and returns their sources. Claimed
visits are no longer due.
"""


class Connections(Protocol):
    """A source of short-lived connections: a pool, or one shared connection."""

    def connection(self) -> AbstractAsyncContextManager[Connection]:
        """Return a connection for a ``with`` block. Each statement is committed separately."""


async def rows_of(
    connections: Connections, statement: str, arguments: Sequence[Any] | Mapping[str, Any] = ()
) -> list[tuple[Any, ...]]:
    """Execute a statement and return all rows of its result."""
    async with connections.connection() as db:
        found = await db.execute(statement.encode(), arguments)
        return await found.fetchall() if found.description else []


async def last_run(connections: Connections) -> int:
    """Return the number of the last report of a visit (run)."""
    ((number,),) = await rows_of(connections, "SELECT COALESCE(max(number), 0) FROM runs")
    return int(number)


async def runs_after(connections: Connections, number: int) -> Mapping[int, Run]:
    """Return the reports of visits (runs) after a number, at most 1,000.

    The result maps the numbers of reports to reports, in order.
    """
    # Numbers are in the order of commits, because one transaction writes at a time.
    rows = await rows_of(
        connections,
        "SELECT number, report FROM runs WHERE number > %s ORDER BY number LIMIT 1000",
        [number],
    )
    return {row[0]: decode_run(row[1]) for row in rows}


async def is_newer(connections: Connections) -> bool:
    """Return whether a newer version of Communique has migrated the database."""
    statement = f"SELECT EXISTS (SELECT 1 FROM {APPLIED} WHERE name <> ALL (%s))"
    ((newer,),) = await rows_of(connections, statement, [[*MIGRATIONS]])
    return bool(newer)


async def keep_shared_file(connections: Connections, name: str, text: str | None) -> None:
    """Store a file of the leading service for all workers, or delete it if ``text`` is None."""
    if text is None:
        await rows_of(connections, "DELETE FROM shared_files WHERE name = %s", [name])
    else:
        await rows_of(
            connections,
            "INSERT INTO shared_files (name, text) VALUES (%s, %s)"
            " ON CONFLICT (name) DO UPDATE SET text = excluded.text",
            [name, text],
        )


async def shared_file(connections: Connections, name: str) -> str | None:
    """Return the text of a file of the leading service, or None if the file does not exist."""
    rows = await rows_of(connections, "SELECT text FROM shared_files WHERE name = %s", [name])
    return str(rows[0][0]) if rows else None


class AskedVisit(NamedTuple):
    """A requested visit to a source. ``file`` is the content of the source file.

    ``vantage`` is the label of the workers that may make the visit, or empty for all workers.
    ``explicit``, ``backfill`` and ``accept`` have the same meaning as in
    scheduler.children.crawl_lines.VisitJob.
    """

    source: str
    host: str
    file: str
    explicit: bool = False
    backfill: bool = False
    accept: bool = False
    vantage: str = ""


class Hosts:
    """The rows of hosts in the database of a store.

    All methods raise psycopg.Error if the database fails.
    """

    def __init__(self, connections: Connections) -> None:
        self.connections = connections

    async def ask(self, visits: Iterable[AskedVisit]) -> None:
        """Make sources due now, and their hosts as soon as requests to them are allowed."""
        visits = sorted(visits, key=lambda one: one.host)
        async with self.connections.connection() as db, db.transaction():
            for one in visits:
                await db.execute(ASK_SOURCE, [*one])
            for host in dict.fromkeys(one.host for one in visits):
                await db.execute(ASK_HOST, [host])

    async def keep_sources(self, sources: Collection[str]) -> None:
        """Delete the scheduled visits to all sources except these."""
        await rows_of(
            self.connections,
            "DELETE FROM host_sources WHERE source <> ALL (%s) AND NOT starts_with(host, %s)",
            [[*sources], DUTY_PREFIX],
        )

    async def claim(self, host: str, *, seconds: float) -> Lease | None:
        """Lease a host for ``seconds``. Return None if it is not due or is already leased."""
        rows = await rows_of(self.connections, CLAIM, {"host": host, "s": seconds})
        return Lease(host, rows[0][0]) if rows else None

    async def take(self, visits: Sequence[AskedVisit], *, seconds: float) -> Lease | None:
        """Lease the host of these visits and make the visits due.

        Returns None if the host is already leased, or requests to it are not allowed yet.
        """
        host = visits[0].host
        async with self.connections.connection() as db, db.transaction():
            await db.execute(
                "INSERT INTO hosts (host, next_due) VALUES (%s, 'infinity') ON CONFLICT DO NOTHING",
                [host],
            )
            found = await db.execute(TAKE, {"host": host, "s": seconds})
            row = await found.fetchone()
            if row:
                for one in visits:
                    await db.execute(ASK_SOURCE, [*one])
        return Lease(host, row[0]) if row else None

    async def due_visits(self, host: str, vantage: str | None = None) -> Sequence[AskedVisit]:
        """Return the visits to a host that are due now and that a worker may make.

        ``vantage`` is the worker's label, or None for visits of all labels.
        """
        rows = await rows_of(
            self.connections,
            "SELECT source, host, file, explicit, backfill, accept, vantage FROM host_sources"
            " WHERE host = %s AND due <= now()"
            " AND (vantage = '' OR %s::text IS NULL OR vantage = %s) ORDER BY due, source",
            [host, vantage, vantage],
        )
        return [AskedVisit(*row) for row in rows]

    async def take_due(self, lease: Lease) -> Sequence[str]:
        """Claim all due visits or jobs of a leased host, and return their sources.

        Claimed visits are no longer due. Returns nothing if the lease is lost.
        """
        rows = await rows_of(self.connections, TAKE_DUE, [lease.host, lease.token])
        return [source for (source,) in rows]

    async def renew(self, leases: Collection[Lease], *, seconds: float) -> frozenset[Lease]:
        """Extend leases to ``seconds`` from now and return the leases that are still valid.

        An expired lease is valid again, unless its host was claimed in the meantime.
        """
        hosts, tokens = [one.host for one in leases], [one.token for one in leases]
        held = {"hosts": hosts, "tokens": tokens, "s": seconds}
        return frozenset(Lease(*row) for row in await rows_of(self.connections, RENEW, held))

    async def finish(
        self,
        lease: Lease,
        *,
        gap: float | None,
        rest: float,
        put_off: Collection[str] = (),
        kept: bool = False,
    ) -> bool:
        """End the lease of a host, and return whether it was still valid.

        ``gap`` is the time in seconds between two requests to the host, or None to keep the known
        value. The host gets no requests for ``gap`` plus ``rest`` seconds. Due visits to the
        sources in ``put_off`` are postponed by a minute; others remain due. ``kept`` is for the row
        of a duty that one service must always have: the row is due again immediately.
        """
        async with self.connections.connection() as db, db.transaction():
            held = await db.execute(HOST_LOCK, [lease.host, lease.token])
            if not await held.fetchone():
                return False
            if put_off:
                await db.execute(
                    "UPDATE host_sources SET due = now() + interval '1 minute'"
                    " WHERE source = ANY (%s) AND due <= now()",
                    [[*put_off]],
                )
            await db.execute(FINISH, {"host": lease.host, "gap": gap, "rest": rest, "kept": kept})
        return True
