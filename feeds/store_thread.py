"""Call a store from an event loop, which must not wait for a disk or another writer."""

import asyncio
from collections.abc import Callable
from contextlib import closing
from typing import ParamSpec, TypeVar

from data.store.core.store import Store

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
        with closing(store):
            return work(*args, **kwargs)

    called = asyncio.ensure_future(asyncio.to_thread(call))
    try:
        return await asyncio.shield(called)
    except asyncio.CancelledError:
        await asyncio.wait({called})
        if not called.cancelled():
            called.exception()
        raise
