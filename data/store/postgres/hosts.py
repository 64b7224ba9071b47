"""The timetable of hosts, and the fence of those who visit them: one row a host.

A duty, which one of several services does, has such a row too; duty_key gives its name.

A host is due at ``next_due``. Who claims it gets a token and holds the host until a time of the
database's clock, the only one that counts; nobody else does meanwhile. What comes of a visit is
written only under that token (data.store.postgres.database.connection.Connection.under).
``rests_until`` is when the host may be asked again at the soonest, whoever does it.

Written for asyncio: whoever schedules and visits waits for many things at once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Final, NamedTuple, Protocol, TypeAlias

import psycopg

from data.models import Lease, Run
from data.store.postgres.database.schema import APPLIED, MIGRATIONS
from data.store.sql.database.rows import decode_run

DUTY_PREFIX: Final = "duty:"
"""Prefix of the names of rows that are duties. No host starts with it: its port is a number."""

JOB_LOCK_PREFIX: Final = "visit:"
"""Prefix of the Procrastinate lock of a row's jobs; the name of the row follows."""

Connection: TypeAlias = psycopg.AsyncConnection[tuple[Any, ...]]


class Connections(Protocol):
    """What gives connections, each for a moment: a pool, or one that several share."""

    def connection(self) -> AbstractAsyncContextManager[Connection]:
        """A connection that commits each statement, for the length of a ``with`` block."""


def duty_key(name: str) -> str:
    """The name of a duty's row, and of what is due of it."""
    return f"{DUTY_PREFIX}{name}"


class AskedVisit(NamedTuple):
    """A visit that a source is to have: ``file`` is the text of its source file.

    ``explicit``, ``backfill`` and ``accept`` are as in scheduler.children.crawl_lines.VisitJob.
    """

    source: str
    host: str
    file: str
    explicit: bool = False
    backfill: bool = False
    accept: bool = False


ASK_SOURCE: Final = """
    INSERT INTO host_sources (source, host, due, file, explicit, backfill, accept)
    VALUES (%s, %s, now(), %s, %s, %s, %s)
    ON CONFLICT (source) DO UPDATE SET host = excluded.host, due = excluded.due,
        file = excluded.file, explicit = excluded.explicit, backfill = excluded.backfill,
        accept = excluded.accept
"""

# Locks the row of a host that is visited, too, and so waits for an end of that visit which has not
# seen the source yet.
ASK_HOST: Final = """
    INSERT INTO hosts AS h (host, next_due) VALUES (%s, now())
    ON CONFLICT (host) DO UPDATE
    SET next_due = LEAST(h.next_due, GREATEST(excluded.next_due, h.rests_until))
    WHERE h.token = 0
"""

CLAIM: Final = """
    UPDATE hosts SET token = nextval('host_tokens'),
        next_due = now() + make_interval(secs => %(s)s),
        rests_until = now() + make_interval(secs => %(s)s + gap)
    WHERE host = %(host)s AND next_due <= now() AND rests_until <= now()
    RETURNING token
"""

# Due or not: who takes it says what is to be visited.
TAKE: Final = CLAIM.replace("next_due <= now() AND", "(token = 0 OR next_due <= now()) AND")

# In the order of the hosts, as every statement that changes several rows: none waits in a circle.
RENEW: Final = """
    UPDATE hosts h SET next_due = now() + make_interval(secs => %(s)s),
        rests_until = now() + make_interval(secs => %(s)s + gap)
    FROM (SELECT hosts.host FROM hosts
          JOIN unnest(%(hosts)s::text[], %(tokens)s::bigint[]) AS held (host, token)
          ON hosts.host = held.host AND hosts.token = held.token
          ORDER BY hosts.host FOR UPDATE OF hosts) mine
    WHERE h.host = mine.host RETURNING h.host, h.token
"""

HOLD: Final = "SELECT 1 FROM hosts WHERE host = %s AND token = %s AND token <> 0 FOR UPDATE"

FINISH: Final = """
    UPDATE hosts h SET token = 0, gap = pace.gap, rests_until = pace.rests_until,
        next_due = GREATEST(pace.rests_until, CASE WHEN %(kept)s THEN '-infinity' ELSE
            (SELECT COALESCE(min(due), 'infinity') FROM host_sources WHERE host = %(host)s) END)
    FROM (SELECT COALESCE(%(gap)s, gap) AS gap,
            now() + make_interval(secs => COALESCE(%(gap)s, gap) + %(rest)s) AS rests_until
          FROM hosts WHERE host = %(host)s) pace
    WHERE h.host = %(host)s
"""


# Settled at the beginning: what is asked for while it is done is due again.
TAKE_DUE: Final = """
    UPDATE host_sources s SET due = 'infinity' FROM hosts h
    WHERE h.host = %s AND h.token = %s AND s.host = h.host AND s.due <= now() RETURNING s.source
"""


class Hosts:
    """The rows of hosts in a store's database. All verbs raise psycopg.Error."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    async def ask(self, visits: Iterable[AskedVisit]) -> None:
        """Have sources due now: the host of each, as soon as it may be asked."""
        visits = sorted(visits, key=lambda one: one.host)
        async with self._connections.connection() as db, db.transaction():
            for one in visits:
                await db.execute(ASK_SOURCE, [*one])
            for host in dict.fromkeys(one.host for one in visits):
                await db.execute(ASK_HOST, [host])

    async def keep_sources(self, sources: Collection[str]) -> None:
        """Forget what is due of all sources but these."""
        async with self._connections.connection() as db:
            await db.execute(
                "DELETE FROM host_sources WHERE source <> ALL (%s) AND NOT starts_with(host, %s)",
                [[*sources], DUTY_PREFIX],
            )

    async def claim(self, host: str, *, seconds: float) -> Lease | None:
        """Hold a host for so many seconds; None where it is not due, or held."""
        async with self._connections.connection() as db:
            found = await db.execute(CLAIM, {"host": host, "s": seconds})
            row = await found.fetchone()
        return Lease(host, row[0]) if row else None

    async def take(self, visits: Sequence[AskedVisit], *, seconds: float) -> Lease | None:
        """Hold the host of visits, which are due from now on; None where it is held, or rests."""
        host = visits[0].host
        async with self._connections.connection() as db, db.transaction():
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

    async def due_visits(self, host: str) -> Sequence[AskedVisit]:
        """What is to be visited of a host now."""
        async with self._connections.connection() as db:
            found = await db.execute(
                "SELECT source, host, file, explicit, backfill, accept FROM host_sources"
                " WHERE host = %s AND due <= now() ORDER BY due, source",
                [host],
            )
            return [AskedVisit(*row) for row in await found.fetchall()]

    async def take_due(self, lease: Lease) -> Sequence[str]:
        """What is due of a row that is held, and is settled by that; nothing once it is lost."""
        async with self._connections.connection() as db:
            found = await db.execute(TAKE_DUE, [lease.host, lease.token])
            return [source for (source,) in await found.fetchall()]

    async def renew(self, leases: Collection[Lease], *, seconds: float) -> frozenset[Lease]:
        """Hold hosts for so many seconds from now, in one statement; those that are still held."""
        hosts, tokens = [one.host for one in leases], [one.token for one in leases]
        async with self._connections.connection() as db:
            found = await db.execute(RENEW, {"hosts": hosts, "tokens": tokens, "s": seconds})
            return frozenset(Lease(*row) for row in await found.fetchall())

    async def finish(
        self,
        lease: Lease,
        *,
        gap: float | None,
        rest: float,
        put_off: Collection[str] = (),
        kept: bool = False,
    ) -> bool:
        """Let go of a host, and say whether it was held until now.

        ``gap`` are the seconds that it wants between two requests, or None where that is not known
        better than before; it rests for these and ``rest`` more. What is due of it still stays due,
        but for sources that are ``put_off``: these are in a minute. What somebody is to have all
        the time, ``kept``, is due at once.
        """
        async with self._connections.connection() as db, db.transaction():
            held = await db.execute(HOLD, [lease.host, lease.token])
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

    async def last_run(self) -> int:
        """The number of the last report of a visit."""
        async with self._connections.connection() as db:
            found = await db.execute("SELECT COALESCE(max(number), 0) FROM runs")
            ((number,),) = await found.fetchall()
        return int(number)

    async def runs_after(self, number: int) -> Mapping[int, Run]:
        """The reports of visits after the one with a number, by theirs, in their order."""
        # Numbers are in the order of commits: one transaction writes at a time.
        async with self._connections.connection() as db:
            found = await db.execute(
                "SELECT number, report FROM runs WHERE number > %s ORDER BY number LIMIT 1000",
                [number],
            )
            return {row[0]: decode_run(row[1]) for row in await found.fetchall()}

    async def is_newer(self) -> bool:
        """Whether a newer version of Communique changed the database meanwhile."""
        async with self._connections.connection() as db:
            found = await db.execute(
                f"SELECT EXISTS (SELECT 1 FROM {APPLIED} WHERE name <> ALL (%s))", [[*MIGRATIONS]]
            )
            ((newer,),) = await found.fetchall()
        return bool(newer)

    async def keep_file(self, name: str, text: str | None) -> None:
        """Store the capture of a release's file."""
        async with self._connections.connection() as db:
            if text is None:
                await db.execute("DELETE FROM shared_files WHERE name = %s", [name])
            else:
                await db.execute(
                    "INSERT INTO shared_files (name, text) VALUES (%s, %s)"
                    " ON CONFLICT (name) DO UPDATE SET text = excluded.text",
                    [name, text],
                )

    async def file(self, name: str) -> str | None:
        """The text of a file of the leader's, or None where there is none."""
        async with self._connections.connection() as db:
            found = await db.execute("SELECT text FROM shared_files WHERE name = %s", [name])
            row = await found.fetchone()
        return str(row[0]) if row else None
