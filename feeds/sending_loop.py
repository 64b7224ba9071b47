"""Retry delays, pauses between polls, and calls to the store, for workers that send messages."""

import asyncio
import random
import time
from collections.abc import Callable, Iterable
from typing import ParamSpec, TypeVar

from data.store.core.store import Store

FIRST_RETRY_SECONDS, MAX_RETRY_SECONDS = 30.0, 6 * 3600.0
"""Delay in seconds after the first failure, and maximum delay."""

STORE_POLL_SECONDS = 5.0
"""Seconds between two polls of the store for changes that another process has published."""


class Backoff:
    """Retry delays and pauses between polls.

    The first retry delay is ``first`` seconds. It doubles after each failure. A pause lasts
    ``look`` seconds.
    """

    def __init__(
        self, first: float = FIRST_RETRY_SECONDS, look: float = STORE_POLL_SECONDS
    ) -> None:
        self._first = first
        self._look = look
        self._woken = asyncio.Event()
        self._random = random.Random()  # noqa: S311 - spreads retries, not for secrets

    def after(self, attempts: int) -> float:
        """Return the time of the next attempt, in seconds since 1970.

        ``attempts`` is the number of failed attempts before the one that just failed. The delay is
        varied randomly by 20 %.
        """
        wait = min(self._first * 2.0 ** min(attempts, 30), MAX_RETRY_SECONDS)
        return time.time() + wait * self._random.uniform(0.8, 1.2)

    def wake(self) -> None:
        """End the current pause between polls, or skip the next pause."""
        self._woken.set()

    async def rest(self) -> None:
        """Pause between two polls, until the time is over or `wake` is called."""
        try:
            async with asyncio.timeout(min(self._first, self._look)):
                await self._woken.wait()
        except TimeoutError:
            return
        self._woken.clear()


async def cancel(tasks: Iterable[asyncio.Task[None]]) -> None:
    """Cancel tasks, and wait until they end."""
    ending = [*tasks]
    for task in ending:
        task.cancel()
    await asyncio.gather(*ending, return_exceptions=True)


Given = ParamSpec("Given")
Result = TypeVar("Result")


async def in_thread(
    store: Store, work: Callable[Given, Result], *args: Given.args, **kwargs: Given.kwargs
) -> Result:
    """Call ``work`` in a thread, and close the thread's connection to ``store`` afterwards.

    A cancelled caller waits until the call ends. So a lock that the caller holds is released only
    after the last write.
    """

    def call() -> Result:
        try:
            return work(*args, **kwargs)
        finally:
            store.close_connection()

    called = asyncio.ensure_future(asyncio.to_thread(call))
    try:
        return await asyncio.shield(called)
    except asyncio.CancelledError:
        await asyncio.wait({called})
        if not called.cancelled():
            called.exception()
        raise
