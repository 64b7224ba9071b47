"""Release the leases of a parent that died. Its child does this, as it lives a little longer.

Otherwise no other worker could visit the hosts, and no other service could do the duties, until the
leases expired.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from typing import Final

import psycopg

from data.models import Lease
from data.store.postgres.database.pool import CONNECTING
from data.store.postgres.hosts import Connection, Hosts
from data.text.masking import masked

END_JOB: Final = "DELETE FROM procrastinate_jobs WHERE lock = %s AND status = 'doing'"
"""Deletes the current job of a row. As long as the job exists, the row gets no new one."""

log = logging.getLogger(__name__)


class OneConnection:
    """A single connection in place of a pool."""

    def __init__(self, db: Connection) -> None:
        self._db = db

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """Yield the connection for the length of a ``with`` block."""
        yield self._db


async def give_back(url: str, leases: Collection[Lease]) -> None:
    """Release the rows whose leases are still held, for a process that no longer writes under them.

    Hosts stay due if visits are due, and duties are due at once. If the database does not respond,
    the leases expire on their own.
    """
    try:
        async with await psycopg.AsyncConnection.connect(
            url, autocommit=True, connect_timeout=CONNECTING
        ) as db:
            hosts = Hosts(OneConnection(db))
            for lease in leases:
                kept = lease.is_duty
                gap = 0.0 if kept else None
                async with db.transaction():
                    if await hosts.finish(lease, gap=gap, rest=0.0, kept=kept):
                        await db.execute(END_JOB, [lease.job_lock])
    except psycopg.Error as error:
        problem = masked(str(error))
        log.warning("leases of a process that died could not be released: %s", problem)
