"""What becomes of the leases of a worker that died: its child, which outlives it, gives them back.

Else nobody could visit their hosts until the leases ran out.
"""

from __future__ import annotations

import logging
import os
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager

import psycopg

from data.models import Lease
from data.store.postgres.database.pool import CONNECTING
from data.store.postgres.hosts import Connection, Hosts

log = logging.getLogger(__name__)


class OneConnection:
    """A connection for all questions."""

    def __init__(self, db: Connection) -> None:
        self._db = db

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """The connection."""
        yield self._db


def is_orphan(parent: int) -> bool:
    """Whether this process has lost the parent that started it."""
    return os.getppid() != parent


async def give_back(url: str, leases: Collection[Lease]) -> None:
    """Let go of hosts, of those that are still held; for who asks them for nothing any more.

    What is due of them stays due. Where the database can't be asked, the leases run out.
    """
    try:
        async with await psycopg.AsyncConnection.connect(
            url, autocommit=True, connect_timeout=CONNECTING
        ) as db:
            hosts = Hosts(OneConnection(db))
            for lease in leases:
                await hosts.finish(lease, gap=None, rest=0.0)
    except psycopg.Error:
        log.warning("the hosts of a worker that died could not be given back", exc_info=True)
