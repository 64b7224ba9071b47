"""Work that goes on beside the service, for as long as that runs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import structlog

from data.errors import CommuniqueError

log = structlog.get_logger()


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


async def attempt(action: Callable[[], Awaitable[None]]) -> None:
    """Do something that is tried again later where it fails, on a full disk, say."""
    try:
        await action()
    except (CommuniqueError, OSError) as error:
        log.error("failed; it is tried again", problem=str(error))  # noqa: TRY400 - no bug of ours


def first_of(errors: BaseExceptionGroup[BaseException]) -> BaseException:
    """The first error of a group, however deep it lies in it."""
    first = errors.exceptions[0]
    return first_of(first) if isinstance(first, BaseExceptionGroup) else first
