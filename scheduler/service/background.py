"""Work that goes on beside the service, for as long as that runs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any


@asynccontextmanager
async def in_background(
    work: Coroutine[Any, Any, None], failed: Callable[[], object]
) -> AsyncIterator[None]:
    """Do some work for the length of a ``with`` block; ``failed`` is called where it ends itself.

    What it failed by is raised at the end of the block.
    """
    working = asyncio.create_task(work)
    working.add_done_callback(lambda _: failed())
    try:
        yield
    finally:
        working.cancel()
        await asyncio.wait({working})
    if not working.cancelled():
        working.result()
