"""Release the leases of a parent process that died. The child process calls this.

Without this release, other workers could visit the hosts, and other services could perform the
duties, only after the leases expired.
"""

import logging
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from typing import Final

import psycopg

from data.models import Lease
from data.store.postgres.fleet_state import Connection, Hosts
from data.store.postgres.pool import CONNECT_TIMEOUT_SECONDS
from data.text.masking import masked

END_JOBS: Final = """
    DELETE FROM procrastinate_jobs WHERE args ->> 'host' = %s AND status = 'doing'
"""
"""SQL that deletes the running jobs of a host or duty, so that new jobs can be created for it."""

log = logging.getLogger(__name__)


class OneConnection:
    """A single database connection that can be used like a connection pool."""

    def __init__(self, db: Connection) -> None:
        self._db = db

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """Context manager that yields the connection."""
        yield self._db


async def give_back(url: str, leases: Collection[Lease]) -> None:
    """Release the hosts and duties that a dead process has leased, unless the leases were lost.

    Hosts remain due if visits are due, and duties are due immediately. If the database does not
    respond, the leases expire later.
    """
    try:
        async with await psycopg.AsyncConnection.connect(
            url, autocommit=True, connect_timeout=CONNECT_TIMEOUT_SECONDS
        ) as db:
            hosts = Hosts(OneConnection(db))
            for lease in leases:
                kept = lease.is_duty
                gap = 0.0 if kept else None
                async with db.transaction():
                    if await hosts.finish(lease, gap=gap, rest=0.0, kept=kept):
                        await db.execute(END_JOBS, [lease.host])
    except psycopg.Error as error:
        problem = masked(str(error))
        log.warning("leases of a process that died could not be released: %s", problem)
