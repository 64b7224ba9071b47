"""How long push waits: after a failure, and between two looks at what is due."""

from __future__ import annotations

import asyncio
import random
import time

FIRST, LONGEST = 30.0, 6 * 3600.0
"""Seconds to wait after the first failure, and at the most."""

LOOK = 5.0
"""Seconds between two looks; another process may have published meanwhile."""


class Backoff:
    """Waits that double from ``first`` seconds on, and rests of ``look`` that can be ended."""

    def __init__(self, first: float = FIRST, look: float = LOOK) -> None:
        self._first = first
        self._look = look
        self._woken = asyncio.Event()
        self._chance = random.Random()  # noqa: S311 - spreads retries, keeps no secret

    def after(self, attempts: int) -> float:
        """When to try again, in seconds since 1970, after so many failures before this one."""
        wait = min(self._first * 2.0 ** min(attempts, 30), LONGEST)
        return time.time() + wait * self._chance.uniform(0.8, 1.2)

    def wake(self) -> None:
        """End the present rest, or the next."""
        self._woken.set()

    async def rest(self) -> None:
        """Rest until woken, or for a while."""
        try:
            async with asyncio.timeout(min(self._first, self._look)):
                await self._woken.wait()
        except TimeoutError:
            return
        self._woken.clear()
