"""Background tasks of the service, and their errors."""

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
    """Run a task for the length of a ``with`` block; ``failed`` is called when it ends by itself.

    The error of the task is raised at the end of the block.
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
    """Do something that will be tried again later if it fails, for example on a full disk."""
    try:
        await action()
    except (CommuniqueError, OSError) as error:
        log.error("failed; it will be tried again", problem=str(error))  # noqa: TRY400 - not a bug


def first_of(errors: BaseExceptionGroup[BaseException]) -> BaseException:
    """The first error of a group, at any depth."""
    first = errors.exceptions[0]
    return first_of(first) if isinstance(first, BaseExceptionGroup) else first
