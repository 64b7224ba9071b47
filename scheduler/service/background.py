"""Background tasks of the service, their errors, and maintenance of the store and the archive."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager, closing
from functools import partial
from typing import Any, Final

import structlog

from data.archive.log.tree_log import log_of
from data.archive.upload import Uploaded, upload
from data.errors import CommuniqueError
from data.network.bucket import open_bucket
from scheduler.home.home import Home

COPY_INTERVAL_SECONDS: Final = 3600.0
"""Time in seconds between two copies of an archive to its bucket."""

log = structlog.get_logger()


@asynccontextmanager
async def in_background(
    work: Coroutine[Any, Any, None], on_end: Callable[[], object]
) -> AsyncIterator[None]:
    """Context manager that runs a task during its block.

    ``on_end`` is called when the task ends for any reason. The task's error is raised at the end of
    the block.
    """
    working = asyncio.create_task(work)
    working.add_done_callback(lambda _: on_end())
    try:
        yield
    finally:
        working.cancel()
        await asyncio.wait({working})
    if not working.cancelled():
        working.result()


async def attempt(action: Callable[[], Awaitable[None]]) -> None:
    """Run an action and log any error, because the action will be tried again later."""
    try:
        await action()
    except (CommuniqueError, OSError) as error:
        log.error("background work failed; retrying later", problem=str(error))  # noqa: TRY400 - no traceback needed
    except Exception:
        # A mistake in our code must not end this work until the next restart.
        log.exception("background work failed unexpectedly; retrying later")


async def together(*works: Coroutine[Any, Any, None]) -> None:
    """Run coroutines until all have ended. If one fails, cancel the others and raise its error."""
    try:
        async with asyncio.TaskGroup() as group:
            for work in works:
                group.create_task(work)
    except BaseExceptionGroup as error:
        raise first_of(error) from error


def end_if_cancelled() -> None:
    """Raise CancelledError if the current task was cancelled and a library swallowed the exception.

    Before Python 3.12, ``asyncio.wait_for`` returns a result that is ready when its task is
    cancelled (CPython issue 86296). Connection pools use this function.
    """
    task = asyncio.current_task()
    if task and task.cancelling():
        raise asyncio.CancelledError


def first_of(errors: BaseExceptionGroup[BaseException]) -> BaseException:
    """Return the first error in an exception group, at any depth."""
    first = errors.exceptions[0]
    return first_of(first) if isinstance(first, BaseExceptionGroup) else first


async def tidy(home: Home) -> None:
    """Delete old reports from the store, and optimize it. Raises StoreError if the store fails."""
    await asyncio.to_thread(_tidy, home)


def _tidy(home: Home) -> None:
    with closing(home.store()) as store:
        store.maintain()


async def copy_for_ever(home: Home) -> None:
    """Copy this home directory's archive to archive.target periodically, if this setting is set.

    Every machine does this, because each has files that no other machine has.
    """
    # Also copy at the start, because the service may be restarted every night.
    while home.settings.archive.target:
        await attempt(partial(_copy, home))
        await asyncio.sleep(COPY_INTERVAL_SECONDS)


def copy_archive(home: Home, *, delete: bool = False) -> Uploaded:
    """Copy the archive and its log to archive.target. See data.archive.upload.upload."""
    bucket = open_bucket(home.settings.archive.target, home.settings.bucket)
    shared = not home.has_all_records
    with closing(log_of(home.path)) as archive_log:
        return upload(
            home.archive, archive_log, bucket, home.uploaded, delete=delete, shared=shared
        )


async def _copy(home: Home) -> None:
    done = await asyncio.to_thread(copy_archive, home)
    if done.files:
        log.info("archive uploaded", files=done.files, bytes=done.bytes, leaves=done.leaves)
