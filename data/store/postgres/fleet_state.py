"""What the machines of one database learn from it: reports of visits, shared files, its version.

The functions are for asyncio. They raise psycopg.Error if the database fails.
"""

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol, TypeAlias

import psycopg

from data.models import Run
from data.store.postgres.database.schema import APPLIED, MIGRATIONS
from data.store.shared_sql.database.rows import decode_run

Connection: TypeAlias = psycopg.AsyncConnection[tuple[Any, ...]]


class Connections(Protocol):
    """A source of short-lived connections: a pool, or one shared connection."""

    def connection(self) -> AbstractAsyncContextManager[Connection]:
        """Return a connection for a ``with`` block. Each statement is committed separately."""


async def last_run(connections: Connections) -> int:
    """Return the number of the last report of a visit (run)."""
    async with connections.connection() as db:
        found = await db.execute("SELECT COALESCE(max(number), 0) FROM runs")
        ((number,),) = await found.fetchall()
    return int(number)


async def runs_after(connections: Connections, number: int) -> Mapping[int, Run]:
    """Return the reports of visits (runs) after a number, at most 1,000.

    The result maps the numbers of reports to reports, in order.
    """
    # Numbers are in the order of commits, because one transaction writes at a time.
    async with connections.connection() as db:
        found = await db.execute(
            "SELECT number, report FROM runs WHERE number > %s ORDER BY number LIMIT 1000",
            [number],
        )
        return {row[0]: decode_run(row[1]) for row in await found.fetchall()}


async def is_newer(connections: Connections) -> bool:
    """Return whether a newer version of Communique has migrated the database."""
    async with connections.connection() as db:
        found = await db.execute(
            f"SELECT EXISTS (SELECT 1 FROM {APPLIED} WHERE name <> ALL (%s))", [[*MIGRATIONS]]
        )
        ((newer,),) = await found.fetchall()
    return bool(newer)


async def keep_shared_file(connections: Connections, name: str, text: str | None) -> None:
    """Store a file of the leading service for all workers, or delete it if ``text`` is None."""
    async with connections.connection() as db:
        if text is None:
            await db.execute("DELETE FROM shared_files WHERE name = %s", [name])
        else:
            await db.execute(
                "INSERT INTO shared_files (name, text) VALUES (%s, %s)"
                " ON CONFLICT (name) DO UPDATE SET text = excluded.text",
                [name, text],
            )


async def shared_file(connections: Connections, name: str) -> str | None:
    """Return the text of a file of the leading service, or None if the file does not exist."""
    async with connections.connection() as db:
        found = await db.execute("SELECT text FROM shared_files WHERE name = %s", [name])
        row = await found.fetchone()
    return str(row[0]) if row else None
