"""What becomes of the leases of a process that died: its child, which outlives it, gives them back.

Else nobody could have their hosts, or do what it did of all services, until the leases ran out.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from typing import Final

import psycopg

from data.models import Lease
from data.store.postgres.database.pool import CONNECTING
from data.store.postgres.hosts import DUTY, Connection, Hosts
from data.text.redaction import redacted

END_JOB: Final = "DELETE FROM procrastinate_jobs WHERE lock = 'visit:' || %s AND status = 'doing'"
"""Ends the job of a row: as long as it is there, the row gets no other."""

log = logging.getLogger(__name__)


class OneConnection:
    """A connection for all questions."""

    def __init__(self, db: Connection) -> None:
        self._db = db

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """The connection."""
        yield self._db


async def give_back(url: str, leases: Collection[Lease]) -> None:
    """Let go of rows, of those that are still held; for who does nothing more under the leases.

    What is due of hosts stays due; what a service did has to be done by another one at once. Where
    the database can't be asked, the leases run out.
    """
    try:
        async with await psycopg.AsyncConnection.connect(
            url, autocommit=True, connect_timeout=CONNECTING
        ) as db:
            hosts = Hosts(OneConnection(db))
            for lease in leases:
                kept = lease.host.startswith(DUTY)
                gap = 0.0 if kept else None
                async with db.transaction():
                    if await hosts.finish(lease, gap=gap, rest=0.0, kept=kept):
                        await db.execute(END_JOB, [lease.host])
    except psycopg.Error as error:
        problem = redacted(str(error))
        log.warning("what a process held that died could not be given back: %s", problem)
