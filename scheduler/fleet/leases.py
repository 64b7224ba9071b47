"""Leases of a worker, which stops using them before they expire in the database.

The database's clock decides who holds a host. The worker uses its own monotonic clock, which it
reads before it sends a query. So for the worker, a lease ends earlier than in the database.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import Final

import psycopg
import structlog

from data.models import Lease
from data.store.postgres.fleet_state import AskedVisit, Hosts
from data.text.masking import masked
from scheduler.service.background import end_if_cancelled

LEASE_SECONDS: Final = 30.0
"""Duration of a lease in seconds. If a worker dies, other workers get its hosts after this time."""

SAFETY_MARGIN_SECONDS: Final = 2.0
"""Time in seconds before the end of a lease at which all visits under it must have stopped."""

log = structlog.get_logger()


class Leases:
    """The leases that one worker holds.

    After each renewal, ``on_renewal`` is called with the time at which all leases end. ``lost`` is
    called with each host that another worker has leased instead.
    """

    def __init__(
        self,
        hosts: Hosts,
        on_renewal: Callable[[float], Awaitable[None]],
        lost: Callable[[str], object],
        *,
        seconds: float = LEASE_SECONDS,
    ) -> None:
        self._hosts = hosts
        self._on_renewal = on_renewal
        self._lost = lost
        self._seconds = seconds
        self._held: set[Lease] = set()
        self.renewed = time.monotonic()
        """Time (monotonic clock) at which the last successful renewal was sent."""

    async def claim(self, host: str) -> Lease | None:
        """Lease a host that is due, and return the lease.

        Returns None if the host is not due, if another worker has leased it, or if the database's
        response came too late. Raises psycopg.Error if the database fails.
        """
        return await self._got(self._hosts.claim(host, seconds=self._seconds))

    async def take(self, visits: Sequence[AskedVisit]) -> Lease | None:
        """Lease the host of visits that a person requested, even if the host is not due.

        The result is the same as for ``claim``.
        """
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
        """Release a host. See Hosts.finish for the arguments. Raises psycopg.Error."""
        self._held.discard(lease)
        return await self._hosts.finish(lease, gap=gap, rest=rest, put_off=put_off, kept=kept)

    def forget(self, lease: Lease) -> None:
        """Stop renewing a lease, so that it expires."""
        self._held.discard(lease)

    async def renew(self) -> None:
        """Renew all leases once.

        Raises psycopg.Error if the database fails, and TimeoutError if it does not respond in time.
        """
        asked = time.monotonic()
        held = frozenset(self._held)
        async with asyncio.timeout(self._seconds / 4):
            still = await self._hosts.renew(held, seconds=self._seconds)
        self.renewed = asked
        for lease in held - still:
            # A host that was released during the query does not count as lost.
            if lease in self._held:
                self._held.discard(lease)
                self._lost(lease.host)
        await self._on_renewal(self.until)

    @property
    def until(self) -> float:
        """Return the time (monotonic clock) by which all visits under leases must have stopped."""
        return self.renewed + self._seconds - SAFETY_MARGIN_SECONDS

    async def renew_for_ever(self) -> None:
        """Renew all leases periodically. If the database does not respond, try again."""
        failing = False
        while True:
            end_if_cancelled()
            try:
                await self.renew()
            except (psycopg.Error, TimeoutError, OSError) as error:
                if not failing:
                    problem = masked(str(error)) or "the database did not respond in time"
                    log.warning("leases could not be renewed; retrying", problem=problem)
                failing = True
                await asyncio.sleep(self._seconds / 30)
            else:
                if failing:
                    log.info("leases renewed again")
                failing = False
                await asyncio.sleep(self._seconds / 4)
