"""The leases that a worker holds: renewed all together, and given up before the database may.

The database's clock says who holds a host. The worker goes by its own monotonic clock, read before
each question was sent: by that a lease is over sooner than in the database, never later.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import Final

import psycopg
import structlog

from data.models import Lease
from data.store.postgres.hosts import AskedVisit, Hosts
from data.text.redaction import redacted

SECONDS: Final = 30.0
"""Seconds for which a host is held: a worker that died keeps it from the others no longer."""

MARGIN: Final = 2.0
"""Seconds before the end of a lease at which whoever visits must be gone."""

log = structlog.get_logger()


class Leases:
    """What one worker holds. ``tell`` is told until when, ``lost`` of each host that is lost."""

    def __init__(
        self,
        hosts: Hosts,
        tell: Callable[[float], Awaitable[None]],
        lost: Callable[[str], object],
        *,
        seconds: float = SECONDS,
    ) -> None:
        self._hosts = hosts
        self._tell = tell
        self._lost = lost
        self._seconds = seconds
        self._held: set[Lease] = set()
        self.renewed = time.monotonic()
        """When the database was last asked of those that it answered, by the monotonic clock."""

    async def claim(self, host: str) -> Lease | None:
        """Hold a host; None where it is not due, is held, or the answer came too late to be used.

        Raises psycopg.Error.
        """
        return await self._got(self._hosts.claim(host, seconds=self._seconds))

    async def take(self, visits: Sequence[AskedVisit]) -> Lease | None:
        """Hold the host of visits that are to be made at once, due or not; see claim."""
        return await self._got(self._hosts.take(visits, seconds=self._seconds))

    async def _got(self, answer: Awaitable[Lease | None]) -> Lease | None:
        asked = time.monotonic()
        lease = await answer
        if lease is None or time.monotonic() - asked > self._seconds / 2:
            return None
        self._held.add(lease)
        return lease

    async def finish(
        self,
        lease: Lease,
        *,
        gap: float | None,
        rest: float,
        put_off: Collection[str] = (),
        kept: bool = False,
    ) -> bool:
        """Let go of a host; see Hosts.finish. Raises psycopg.Error."""
        self._held.discard(lease)
        return await self._hosts.finish(lease, gap=gap, rest=rest, put_off=put_off, kept=kept)

    def forget(self, lease: Lease) -> None:
        """Renew a lease no more: it runs out by itself."""
        self._held.discard(lease)

    async def renew(self) -> None:
        """Renew all that is held, once. Raises psycopg.Error, and TimeoutError."""
        asked = time.monotonic()
        held = frozenset(self._held)
        async with asyncio.timeout(self._seconds / 4):
            still = await self._hosts.renew(held, seconds=self._seconds)
        self.renewed = asked
        for lease in held - still:
            # What was given back meanwhile is not lost.
            if lease in self._held:
                self._held.discard(lease)
                self._lost(lease.host)
        await self._tell(self.until)

    @property
    def until(self) -> float:
        """When everything that is held must be let alone, by the monotonic clock."""
        return self.renewed + self._seconds - MARGIN

    async def renew_for_ever(self) -> None:
        """Renew all that is held again and again, whatever becomes of the database."""
        told = False
        while True:
            try:
                await self.renew()
            except (psycopg.Error, TimeoutError, OSError) as error:
                if not told:
                    problem = redacted(str(error)) or "the database did not answer in time"
                    log.warning("leases were not renewed; it is tried again", problem=problem)
                told = True
                await asyncio.sleep(self._seconds / 30)
            else:
                if told:
                    log.info("leases are renewed again")
                told = False
                await asyncio.sleep(self._seconds / 4)
